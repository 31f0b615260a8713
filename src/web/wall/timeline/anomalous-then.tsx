import { Link } from 'wouter';
import { describeError, useAsk } from '../../api/ask.ts';
import { AnomalousThenDocument, type AnomalousThenQuery } from '../../generated/graphql.ts';
import { ClassBadge } from '../../parts/class-badge.tsx';
import { formatSpan, formatTime } from '../../parts/format-time.ts';
import { Notice, Waiting } from '../../parts/notice.tsx';
import { useZone } from '../../parts/preferences.ts';
import { TimeText } from '../../parts/time-text.tsx';
import type { Span } from './use-brush.ts';
import { serverClock } from '../../api/server-clock.ts';

type Answer = AnomalousThenQuery['anomalyCorrelations'];
type Found = Extract<NonNullable<Answer>, { __typename: 'AnomalyCorrelations' }>['nodes'][number];

/** What was anomalous in a span of time; beside a metric, what else was. */
export function AnomalousThen(props: {
  readonly span: Span;
  /** The metric others are compared with; null for none. */
  readonly metricId: string | null;
  readonly onClose: (() => void) | null;
}) {
  const { span, metricId, onClose } = props;
  const zone = useZone();
  const { data, error } = useAsk(AnomalousThenDocument, {
    from: new Date(span.fromMs).toISOString(),
    to: new Date(span.toMs).toISOString(),
    metricId,
  });
  const answer = data?.anomalyCorrelations;
  const title = metricId === null ? 'Anomalous' : 'What else was anomalous';
  return (
    <section className="card stack anomalous-then" aria-label={title}>
      <div className="line spread">
        <h2>
          {title}: {formatTime(span.fromMs, zone)}, {formatSpan(span.toMs - span.fromMs)}
        </h2>
        {onClose === null ? null : <button onClick={onClose}>Close</button>}
      </div>
      {error === undefined ? null : <Notice kind="problem">{describeError(error)}</Notice>}
      {answer == null ? error === undefined ? <Waiting what="what was anomalous" /> : null : null}
      {answer?.__typename === 'AnomalyCorrelations' ? (
        <>
          <p className="quiet" role="status">
            {describeCount(answer.totalCount, answer.nodes.length, metricId !== null)}
          </p>
          <ol>
            {answer.nodes.map((found) => (
              <FoundMetric key={found.metric?.id ?? found.firstAnomalousAt} found={found} span={span} />
            ))}
          </ol>
        </>
      ) : answer == null ? null : (
        <Notice kind="problem">{answer.failure}</Notice>
      )}
    </section>
  );
}

function describeCount(total: number, shown: number, isBeside: boolean): string {
  if (total === 0) return isBeside ? 'No other metric was anomalous then.' : 'No metric was anomalous then.';
  const counted = `${total.toLocaleString('en')} ${total === 1 ? 'metric' : 'metrics'}`;
  const order = isBeside ? 'the most similar first' : 'the most severe first';
  return shown < total
    ? `${shown} of ${counted}, ${order}.`
    : total === 1
      ? `${counted}.`
      : `${counted}, ${order}.`;
}

function FoundMetric({ found, span }: { readonly found: Found; readonly span: Span }) {
  const { metric, anomalyClass, firstAnomalousAt, anomalousShare, similarity } = found;
  if (metric === null) return null;
  const around = span.toMs - span.fromMs;
  const query = new URLSearchParams({
    from: new Date(span.fromMs - around).toISOString(),
    to: new Date(Math.min(span.toMs + around, serverClock.now())).toISOString(),
  });
  return (
    <li className="line">
      <ClassBadge value={anomalyClass} />
      <Link href={`/metric/${encodeURIComponent(metric.id)}?${query.toString()}`}>{metric.name}</Link>
      <span className="quiet">
        {metric.server === metric.name ? '' : `${metric.server} · `}since <TimeText time={firstAnomalousAt} />
        {` · ${Math.max(1, Math.round(100 * anomalousShare))} % of the time`}
        {similarity === null ? '' : ` · similarity ${similarity.toFixed(2)}`}
      </span>
    </li>
  );
}
