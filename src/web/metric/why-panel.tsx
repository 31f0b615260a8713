import type { PointFragment } from '../generated/graphql.ts';
import { describeRarity, formatValue } from '../parts/format-number.ts';
import { ClassBadge } from '../parts/class-badge.tsx';
import { TimeText } from '../parts/time-text.tsx';

const VIEWS = {
  LEVEL: 'The value itself is not where it was expected.',
  SILENCE: 'The series has gone flat where it never was.',
  TIME_OF_DAY: 'The value is unusual for this time of the day or of the week.',
  TREND: 'It has been rising or falling over the last hours as it does not usually.',
  VOLATILITY: 'It varies more, or less, than it usually does.',
} as const;

/** One point explained: what came, what was expected, how seldom that is, and since when. */
export function WhyPanel(props: {
  readonly title: string;
  readonly point: PointFragment;
  readonly unit: string | null;
  /** When what it belongs to began. */
  readonly since: string | null;
}) {
  const { title, point, unit, since } = props;
  const { expected, anomalyScore, view } = point;
  return (
    <section className="card stack" aria-label={title}>
      <div className="line spread">
        <h2>{title}</h2>
        <ClassBadge value={point.anomalyClass} />
      </div>
      {view == null ? null : <p>{VIEWS[view]}</p>}
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
        {since === null ? null : (
          <>
            <dt>Since</dt>
            <dd>
              <TimeText time={since} />
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
