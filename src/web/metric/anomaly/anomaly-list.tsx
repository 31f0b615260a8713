import type { PointFragment } from '../../generated/graphql.ts';
import { ClassBadge } from '../../parts/class-badge.tsx';
import { formatValue } from '../../parts/format-number.ts';
import { formatSpan } from '../../parts/format-time.ts';
import { TimeText } from '../../parts/time-text.tsx';
import type { Episode } from './episodes.ts';
import { IncidentOf } from './incident-of.tsx';

/** The anomalies of the time that is shown, newest first: each can be looked at, and each of its points. */
export function AnomalyList(props: {
  readonly episodes: readonly Episode[];
  readonly unit: string | null;
  readonly chosen: PointFragment | null;
  readonly onChoose: (point: PointFragment) => void;
}) {
  const { episodes, unit, chosen, onChoose } = props;
  return (
    <section className="card stack" aria-label="Anomalies">
      <h2>Anomalies in this range</h2>
      {episodes.length === 0 ? <p className="quiet">None.</p> : null}
      <ul className="anomalies">
        {episodes.map((episode) => {
          const isChosen = episode.points.some(({ rowId }) => rowId === chosen?.rowId);
          return (
            <li key={episode.first.rowId}>
              <button className="bare" aria-pressed={isChosen} onClick={() => onChoose(episode.first)}>
                <ClassBadge value={episode.worst.anomalyClass} />
                <TimeText time={episode.first.timestamp} />
                <span className="lasted">{describeLength(episode)}</span>
              </button>
              <IncidentOf point={episode.worst} />
              {isChosen && episode.points.length > 1 ? (
                <PointList episode={episode} unit={unit} chosen={chosen} onChoose={onChoose} />
              ) : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function PointList(props: {
  readonly episode: Episode;
  readonly unit: string | null;
  readonly chosen: PointFragment | null;
  readonly onChoose: (point: PointFragment) => void;
}) {
  const { episode, unit, chosen, onChoose } = props;
  return (
    <ul className="points" aria-label="Its points">
      {episode.points.map((point) => (
        <li key={point.rowId}>
          <button
            className="bare"
            aria-pressed={point.rowId === chosen?.rowId}
            onClick={() => onChoose(point)}
          >
            <ClassBadge value={point.anomalyClass} />
            <TimeText time={point.timestamp} />
            <strong>{formatValue(point.value, unit)}</strong>
          </button>
          {isLikeWorst(point, episode) ? null : <IncidentOf point={point} />}
        </li>
      ))}
    </ul>
  );
}

/** What holds for the whole event is said once, above its points. */
function isLikeWorst(point: PointFragment, { worst }: Episode): boolean {
  const name = ({ incidents, noIncidentReason }: PointFragment) =>
    `${noIncidentReason ?? ''} ${incidents.map(({ id }) => id).join(' ')}`;
  return name(point) === name(worst);
}

function describeLength({ points, first, last }: Episode): string {
  if (points.length === 1) return '1 point';
  return `${points.length} points in ${formatSpan(Date.parse(last.timestamp) - Date.parse(first.timestamp))}`;
}
