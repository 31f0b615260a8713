import { useAsk } from '../../api/ask.ts';
import { PointAnomalyDocument, type PointFragment } from '../../generated/graphql.ts';
import { describeRarity, formatWithin } from '../../parts/format-number.ts';
import { PointBadge } from '../../parts/class-badge.tsx';
import { TimeText } from '../../parts/time-text.tsx';
import { describeDeviation, explainPoint } from './explain.ts';
import { IncidentOf } from './incident-of.tsx';

/** One point explained: what came, what was expected, how rare that is, since when, and which incident it is of. */
export function WhyPanel(props: {
  readonly title: string;
  readonly metricId: string;
  readonly point: PointFragment;
  readonly unit: string | null;
}) {
  const { title, metricId, point, unit } = props;
  const { expected, anomalyScore } = point;
  const reason = explainPoint(point);
  const write = formatWithin(expected ?? { low: 0, high: 0 }, unit);
  return (
    <section className="card stack" aria-label={title}>
      <div className="line spread">
        <h2>{title}</h2>
        <PointBadge point={point} />
      </div>
      {reason === null ? null : <p>{reason}</p>}
      <dl className="facts">
        <dt>At</dt>
        <dd>
          <TimeText time={point.timestamp} style="second" />
        </dd>
        <dt>Value</dt>
        <dd>{write(point.value)}</dd>
        {expected == null ? null : (
          <>
            <dt>Expected</dt>
            <dd>
              {write(expected.value)}
              <span className="quiet">
                {' '}
                ({write(expected.low)} to {write(expected.high)})
              </span>
            </dd>
            <dt>Deviation</dt>
            <dd>{describeDeviation(point.value, expected.value, unit)}</dd>
          </>
        )}
        <dt>Rarity</dt>
        <dd>{anomalyScore == null ? 'not scored' : describeRarity(anomalyScore, point.rowId)}</dd>
        <Span metricId={metricId} point={point} />
      </dl>
      <IncidentOf point={point} />
      {point.provisional ? (
        <p className="quiet">Provisional: the model was still learning, or excludes this time.</p>
      ) : null}
    </section>
  );
}

/** From when until when the anomaly lasts, however little of it the chart shows. */
function Span({ metricId, point }: { readonly metricId: string; readonly point: PointFragment }) {
  const { data } = useAsk(PointAnomalyDocument, { id: metricId, at: point.timestamp });
  const [found] = data?.metric?.data.nodes ?? [];
  if (found?.rowId !== point.rowId || found.anomaly == null) return null;
  const { from, to, lasts } = found.anomaly;
  return (
    <>
      <dt>Since</dt>
      <dd>
        <TimeText time={from} />
      </dd>
      <dt>Until</dt>
      <dd>{lasts ? 'ongoing' : <TimeText time={to} />}</dd>
    </>
  );
}
