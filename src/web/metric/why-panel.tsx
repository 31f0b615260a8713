import type { PointFragment } from '../generated/graphql.ts';
import { describeRarity, formatValue } from '../parts/format-number.ts';
import { ClassBadge } from '../parts/class-badge.tsx';
import { TimeText } from '../parts/time-text.tsx';
import type { Episode } from './episodes.ts';
import { explainPoint } from './explain.ts';

/** One point explained: what came, what was expected, how seldom that is, and since when. */
export function WhyPanel(props: {
  readonly title: string;
  readonly point: PointFragment;
  readonly unit: string | null;
  /** What it belongs to. */
  readonly event: Episode | null;
}) {
  const { title, point, unit, event } = props;
  const { expected, anomalyScore } = point;
  const reason = explainPoint(point);
  return (
    <section className="card stack" aria-label={title}>
      <div className="line spread">
        <h2>{title}</h2>
        <ClassBadge value={point.anomalyClass} />
      </div>
      {reason === null ? null : <p>{reason}</p>}
      <dl className="facts">
        <dt>At</dt>
        <dd>
          <TimeText time={point.timestamp} style="second" />
        </dd>
        <dt>Value</dt>
        <dd>{formatValue(point.value, unit)}</dd>
        {expected == null ? null : (
          <>
            <dt>Expected</dt>
            <dd>
              {formatValue(expected.value, unit)}
              <span className="quiet">
                {' '}
                ({formatValue(expected.low)} to {formatValue(expected.high)})
              </span>
            </dd>
            <dt>Off by</dt>
            <dd>{describeDeviation(point.value, expected.value, unit)}</dd>
          </>
        )}
        <dt>How seldom</dt>
        <dd>{anomalyScore == null ? 'not scored' : describeRarity(anomalyScore)}</dd>
        {event === null || event.points.length === 1 ? null : (
          <>
            <dt>Since</dt>
            <dd>
              <TimeText time={event.first.timestamp} />
            </dd>
            <dt>Until</dt>
            <dd>
              <TimeText time={event.last.timestamp} />
            </dd>
          </>
        )}
      </dl>
      {point.provisional ? <p className="quiet">Scored while the model was still learning.</p> : null}
    </section>
  );
}

function describeDeviation(value: number, expected: number, unit: string | null): string {
  const off = value - expected;
  const share =
    expected === 0 ? '' : ` (${off > 0 ? '+' : '−'}${formatValue(Math.abs(off / expected) * 100)} %)`;
  return `${off > 0 ? '+' : off < 0 ? '−' : ''}${formatValue(Math.abs(off), unit)}${share}`;
}
