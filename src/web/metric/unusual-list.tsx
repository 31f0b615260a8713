import type { PointFragment } from '../generated/graphql.ts';
import { ClassBadge } from '../parts/class-badge.tsx';
import { formatValue } from '../parts/format-number.ts';
import { TimeText } from '../parts/time-text.tsx';

/** The unusual points of the time that is shown, newest first: each can be looked at. */
export function UnusualList(props: {
  readonly points: readonly PointFragment[];
  readonly unit: string | null;
  readonly chosen: number | null;
  readonly onChoose: (point: PointFragment) => void;
}) {
  const { points, unit, chosen, onChoose } = props;
  return (
    <section className="card stack" aria-label="Unusual points">
      <h2>Unusual in this time</h2>
      {points.length === 0 ? <p className="quiet">Nothing.</p> : null}
      <ul className="unusual">
        {points.map((point) => (
          <li key={point.rowId}>
            <button className="bare" aria-pressed={point.rowId === chosen} onClick={() => onChoose(point)}>
              <ClassBadge value={point.anomalyClass} />
              <TimeText time={point.timestamp} />
              <strong>{formatValue(point.value, unit)}</strong>
              <span className="begins">{point.episode ? 'begins' : ''}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
