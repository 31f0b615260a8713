import { TimeText } from '../parts/time-text.tsx';
import type { Range } from './range.ts';
import type { Flag } from './chart/value-plot.ts';

const SIGNS = { incident: '⚑ incident', annotation: '⚐ annotation', preview: '⚑ would alert' } as const;

/** The chart's flags in words, for those that lie in its time. Nothing where there are none. */
export function FlagList({ flags, range }: { readonly flags: readonly Flag[]; readonly range: Range }) {
  const shown = flags.filter(({ timeMs }) => timeMs >= range.fromMs && timeMs <= range.toMs);
  if (shown.length === 0) return null;
  return (
    <ul className="flags" aria-label="Flags">
      {shown.map(({ timeMs, kind, text }) => (
        <li key={`${timeMs} ${kind} ${text}`} className="line">
          <span className="badge">{SIGNS[kind]}</span>
          <TimeText time={new Date(timeMs).toISOString()} />
          <span className="quiet">{text}</span>
        </li>
      ))}
    </ul>
  );
}
