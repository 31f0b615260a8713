import { useState } from 'react';
import { Link } from 'wouter';
import { useApi } from '../api/api.ts';
import { useAsk } from '../api/ask.ts';
import { useEvery } from '../api/use-every.ts';
import { useStore } from '../api/store.ts';
import { writeRemoteWrite, writeSnippets } from '../add/snippets.ts';
import { UnmonitoredDocument } from '../generated/graphql.ts';
import { CopyBlock } from '../parts/copy-block.tsx';
import { Notice } from '../parts/notice.tsx';
import { useMonitorAllLike } from './use-monitor-all-like.ts';
import '../style/add.css';

const EXAMPLE = 'my.first.metric';
/** So many of those that have come are named. */
const MAX_NAMED = 5;
const EVERY_MS = 2000;

/** What a server without a monitored metric shows: three ways to begin, and what has come by one of them. */
export function FirstRun() {
  const { key } = useApi();
  const needsKey = useStore(key.value) !== null;
  const { origin } = location;
  const [curl] = writeSnippets({ name: EXAMPLE, origin, graphiteAddress: null, needsKey });
  return (
    <div className="stack">
      <Arrived />
      <section className="stack" aria-label="Ways to begin">
        <h2>No metrics yet. Three ways to begin:</h2>
        <div className="ways">
          <article className="card stack" aria-label="Push a metric">
            <h3>1. Push a metric</h3>
            <p>Paste this into a terminal, as often as there is a value. It appears above.</p>
            {curl === undefined ? null : <CopyBlock title="curl" text={curl.text} />}
            <Link href="/add/pushed">Other ways to push: Graphite, InfluxDB line protocol, JavaScript</Link>
          </article>
          <article className="card stack" aria-label="Read CloudWatch">
            <h3>2. Read Amazon CloudWatch</h3>
            <p>
              Start the server where AWS credentials are found (environment, profile, or the role of the
              instance). Then choose a region and resources.
            </p>
            <div className="line">
              <Link href="/add" className="button main">
                Add data source
              </Link>
            </div>
          </article>
          <article className="card stack" aria-label="Prometheus or an agent">
            <h3>3. Prometheus or an agent</h3>
            <p>
              Prometheus, Grafana Alloy, vmagent and the OpenTelemetry Collector send here by remote write:
            </p>
            <CopyBlock title="prometheus.yml" text={writeRemoteWrite(origin, needsKey)} />
            <Link href="/add/prometheus">Or read an expression from a Prometheus</Link>
          </article>
        </div>
      </section>
    </div>
  );
}

/** Metrics that came and are not monitored yet. Nothing while there is none. */
function Arrived() {
  const answer = useAsk(UnmonitoredDocument, { text: null, after: null });
  // A metric that is only stored changes no status that is followed.
  useEvery(EVERY_MS, answer.askAgain);
  const { problems, monitorAllLike } = useMonitorAllLike(answer.askAgain);
  const [isAsked, setAsked] = useState(false);
  const metrics = answer.data?.metrics;
  if (metrics === undefined || metrics.totalCount === 0) return null;
  const { totalCount, nodes } = metrics;
  const names = nodes.slice(0, MAX_NAMED).map(({ name }) => name);
  const more = totalCount - names.length;
  return (
    <Notice
      title={`${totalCount.toLocaleString('en')} ${totalCount === 1 ? 'metric has' : 'metrics have'} arrived`}
    >
      <p>
        {names.join(', ')}
        {more > 0 ? ` and ${more.toLocaleString('en')} more` : ''}: stored, but not monitored yet.
      </p>
      <div className="line">
        <button
          className="main"
          disabled={isAsked}
          onClick={() => {
            setAsked(true);
            void monitorAllLike('').then(() => setAsked(false));
          }}
        >
          Monitor all, new ones too
        </button>
        <Link href="/unmonitored" className="button">
          Choose
        </Link>
      </div>
      {problems.map((problem) => (
        <p key={problem} role="alert">
          {problem}
        </p>
      ))}
    </Notice>
  );
}
