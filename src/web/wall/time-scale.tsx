import type { Zone } from '../parts/preferences.ts';
import { useZone } from '../parts/preferences.ts';
import type { WindowName } from './bars.ts';

/** The times above the bars: every sixth bar is named, and the newest is now. */
export function TimeScale({
  starts,
  window,
}: {
  readonly starts: readonly number[];
  readonly window: WindowName;
}) {
  const zone = useZone();
  const marks = starts.filter((_, index) => index % 6 === 0);
  return (
    <div className="scale" aria-hidden="true">
      {marks.map((start) => (
        <span key={start}>{formatMark(start, window, zone)}</span>
      ))}
      <span className="now">now</span>
    </div>
  );
}

function formatMark(start: number, window: WindowName, zone: Zone): string {
  const style: Intl.DateTimeFormatOptions =
    window === 'WEEKS'
      ? { weekday: 'short', day: 'numeric' }
      : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return new Intl.DateTimeFormat(undefined, {
    ...style,
    ...(zone === 'UTC' ? { timeZone: 'UTC' } : {}),
  }).format(start);
}
