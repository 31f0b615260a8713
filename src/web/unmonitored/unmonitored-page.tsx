import { useState } from 'react';
import { Link } from 'wouter';
import { useAsk, useDo } from '../api/ask.ts';
import { useAskedAgain } from '../api/follow.ts';
import {
  StartMonitoringDocument,
  UnmonitoredDocument,
  type UnmonitoredQuery,
  WallStatusDocument,
} from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Notice } from '../parts/notice.tsx';
import { TimeText } from '../parts/time-text.tsx';
import { TurnPage } from '../parts/turn-page.tsx';
import { useListPlace, useUrlState } from '../parts/url-state.ts';
import { PolicyList } from './policy-list.tsx';
import { describeStart } from './start-spec.ts';
import { useMonitorAllLike } from './use-monitor-all-like.ts';

type Metric = NonNullable<UnmonitoredQuery['metrics']>['nodes'][number];

/** Metrics whose points are stored and not scored: those of Graphite and line protocol begin so. */
export function UnmonitoredPage() {
  const [text, setText] = useUrlState('q');
  const [after, setAfter] = useListPlace();
  const answer = useAsk(UnmonitoredDocument, { text: text === '' ? null : text, after });
  useAskedAgain(WallStatusDocument, {}, answer.askAgain);
  const start = useDo(StartMonitoringDocument);
  const like = useMonitorAllLike(answer.askAgain);
  const [refused, setRefused] = useState<readonly string[]>([]);
  const problems = [...refused, ...like.problems];
  const startAll = async (metrics: readonly Metric[]) => {
    const inputs = metrics.map(describeStart).filter((input) => input !== null);
    const outcome = await start({ input: { metrics: inputs } });
    setRefused(
      'problem' in outcome
        ? [outcome.problem]
        : outcome.data.monitorMetrics.results.flatMap(({ error }) => (error === null ? [] : [error.message])),
    );
    answer.askAgain();
  };
  return (
    <div className="stack">
      <Link href="/">← Overview</Link>
      <h1>Not monitored</h1>
      <p className="quiet">Points of these metrics are stored but not scored.</p>
      <div className="line">
        <input
          type="search"
          placeholder="Search metrics"
          aria-label="Search metrics"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <button
          onClick={() => void like.monitorAllLike(text)}
          title="Monitors pushed metrics with this in their names: those below, and every new one from its first point."
        >
          {text === '' ? 'Monitor all, new ones too' : 'Monitor all like this, new ones too'}
        </button>
      </div>
      {problems.length === 0 ? null : (
        <Notice kind="problem" title="Some metrics could not be started.">
          {[...new Set(problems)].map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </Notice>
      )}
      <Answered answer={answer} what="the metrics">
        {({ metrics: { nodes, totalCount, pageInfo } }) => (
          <>
            {nodes.length === 0 ? (
              <Notice
                title={text === '' ? 'Every metric is monitored.' : 'No such metric is left unmonitored.'}
              />
            ) : (
              <MetricTable metrics={nodes} totalCount={totalCount} onStart={(some) => void startAll(some)} />
            )}
            <TurnPage after={after} pageInfo={pageInfo} onTurn={setAfter} words={['First', 'Next']} />
          </>
        )}
      </Answered>
      <PolicyList />
    </div>
  );
}

function MetricTable(props: {
  readonly metrics: readonly Metric[];
  readonly totalCount: number;
  readonly onStart: (metrics: readonly Metric[]) => void;
}) {
  const { metrics, totalCount, onStart } = props;
  const startable = metrics.filter((metric) => describeStart(metric) !== null);
  return (
    <>
      <div className="line spread">
        <span className="quiet" role="status">
          {totalCount.toLocaleString('en')} {totalCount === 1 ? 'metric' : 'metrics'}
        </span>
        {startable.length > 1 ? (
          <button onClick={() => onStart(startable)}>Start monitoring these {startable.length}</button>
        ) : null}
      </div>
      <ul className="unmonitored">
        {metrics.map((metric) => (
          <li key={metric.id} className="card line spread">
            <span>
              <Link href={`/metric/${encodeURIComponent(metric.id)}`}>
                <strong>{metric.name}</strong>
              </Link>
              <span className="quiet">
                {' '}
                {metric.lastRowId.toLocaleString('en')} {metric.lastRowId === 1 ? 'point' : 'points'}
                {metric.lastTimestamp === null ? null : (
                  <>
                    , latest <TimeText time={metric.lastTimestamp} />
                  </>
                )}
              </span>
            </span>
            {describeStart(metric) === null ? (
              <Link href="/add">Add it by its resource</Link>
            ) : (
              <button onClick={() => onStart([metric])} aria-label={`Start monitoring ${metric.name}`}>
                Start monitoring
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
