import { useState } from 'react';
import { Link } from 'wouter';
import { findProblem, useDo } from '../api/ask.ts';
import {
  EndSilenceDocument,
  type MetricHeadFragment,
  RetryMetricDocument,
  MonitorMetricDocument,
} from '../generated/graphql.ts';
import { describeLearningLeft } from '../parts/format-time.ts';
import { Notice } from '../parts/notice.tsx';
import { TimeText } from '../parts/time-text.tsx';
import { describeStart } from '../unmonitored/start-spec.ts';
import { serverClock } from '../api/server-clock.ts';

/**
 * What keeps a metric from being judged, or somebody from being notified of it, and what can be done about it. Nothing
 * where nothing does.
 */
export function MetricState(props: {
  readonly metric: MetricHeadFragment;
  readonly onSilenceEnded: () => void;
}) {
  const { metric, onSilenceEnded } = props;
  const { status, statusReason, learning, collectorError, silences } = metric;
  return (
    <>
      {silences
        .filter(({ endsAt }) => Date.parse(endsAt) > serverClock.now())
        .map((silence) => (
          <Silenced key={silence.id} silence={silence} onEnded={onSilenceEnded} />
        ))}
      {status === 'ERROR' ? <Failed metric={metric} reason={statusReason} /> : null}
      {status === 'ERROR' || statusReason == null ? null : (
        <Notice kind="warning" title="Problem">
          <p>{statusReason}</p>
        </Notice>
      )}
      {collectorError == null ? null : (
        <Notice kind="warning" title="The data source is temporarily unavailable.">
          <p>
            {collectorError.message} Since <TimeText time={collectorError.since} />; retrying until{' '}
            <TimeText time={collectorError.deadline} />.
          </p>
        </Notice>
      )}
      {status === 'PENDING_DATA' ? (
        <Notice title="Waiting for data">{describeMissing(learning.samplesUntilScored)}</Notice>
      ) : null}
      {status === 'CREATE_PENDING' ? (
        <Notice title="Starting">The data points that are stored are being scored.</Notice>
      ) : null}
      {status === 'ACTIVE' && !learning.done ? (
        <Notice title="Learning">
          <label className="field learning">
            <span>{describeLearning(learning)} No alerts until then.</span>
            <progress value={learning.rows} max={learning.needed} />
          </label>
        </Notice>
      ) : null}
      {status === 'UNMONITORED' ? <Unmonitored metric={metric} /> : null}
    </>
  );
}

/** @param missing 0 for the moment between the last one and its score */
function describeMissing(missing: number): string {
  if (missing === 0) return 'Scoring starts now.';
  return `Scoring starts after ${missing.toLocaleString('en')} more data ${missing === 1 ? 'point' : 'points'}.`;
}

function describeLearning({ rows, needed, endsAt }: MetricHeadFragment['learning']): string {
  const left = describeLearningLeft(endsAt === null ? null : Date.parse(endsAt), serverClock.now());
  const counted = `${rows.toLocaleString('en')} of ${needed.toLocaleString('en')} data points collected`;
  return left === '' ? `${counted}.` : `${counted}, ${left}.`;
}

function Unmonitored({ metric }: { readonly metric: MetricHeadFragment }) {
  const monitor = useDo(MonitorMetricDocument);
  const [problem, setProblem] = useState<string | null>(null);
  const input = describeStart(metric);
  const start = async () => {
    if (input !== null) setProblem(findProblem(await monitor({ input })));
  };
  return (
    <Notice title="Not monitored">
      <p>Data is stored but not scored.</p>
      {input === null ? (
        <Link href="/add">Add it by its resource</Link>
      ) : (
        <button className="main" onClick={() => void start()}>
          Start monitoring
        </button>
      )}
      {problem === null ? null : <p role="alert">{problem}</p>}
    </Notice>
  );
}

function Silenced(props: {
  readonly silence: MetricHeadFragment['silences'][number];
  readonly onEnded: () => void;
}) {
  const { id, server, endsAt, comment, createdBy } = props.silence;
  const end = useDo(EndSilenceDocument);
  const [problem, setProblem] = useState<string | null>(null);
  const endNow = async () => {
    const found = findProblem(await end({ input: { id } }));
    setProblem(found);
    if (found === null) props.onEnded();
  };
  return (
    <Notice kind="warning" title={server === null ? 'Silenced' : `Every metric of ${server} is silenced`}>
      <p>
        Nobody is notified until <TimeText time={endsAt} />
        {createdBy === null ? '' : ` · by ${createdBy}`}
        {comment === null ? '' : ` · ${comment}`}
      </p>
      <button onClick={() => void endNow()}>End silence</button>
      {problem === null ? null : <p role="alert">{problem}</p>}
    </Notice>
  );
}

function Failed(props: { readonly metric: MetricHeadFragment; readonly reason: string | null }) {
  const retry = useDo(RetryMetricDocument);
  const [problem, setProblem] = useState<string | null>(null);
  const tryAgain = async () => {
    setProblem(findProblem(await retry({ input: { id: props.metric.id } })));
  };
  return (
    <Notice kind="problem" title="Monitoring stopped because of an error.">
      <p>{props.reason}</p>
      <button className="main" onClick={() => void tryAgain()}>
        Try again
      </button>
      {problem === null ? null : <p>{problem}</p>}
    </Notice>
  );
}
