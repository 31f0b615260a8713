import { formatTime } from './format-time.ts';
import { useZone } from './preferences.ts';

/** A time in the zone that is shown, with the exact one in UTC as its tooltip. */
export function TimeText(props: { readonly time: string; readonly style?: 'minute' | 'second' | 'day' }) {
  const { time, style = 'minute' } = props;
  const zone = useZone();
  return (
    <time dateTime={time} title={time}>
      {formatTime(time, zone, style)}
    </time>
  );
}
