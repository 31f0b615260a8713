import { useEffect, useState } from 'react';
import { useAsk } from '../api/ask.ts';
import { ServerDocument, type ServerQuery, TroublesDocument } from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { formatSpan } from '../parts/format-time.ts';
import { PageTabs } from '../parts/page-tabs.tsx';
import { SERVER_PAGES } from '../parts/pages.ts';
import { TimeText } from '../parts/time-text.tsx';
import { CounterTable } from './counter-table.tsx';
import { LicenseCard } from './license-card.tsx';
import { RateTiles } from './rate-tiles.tsx';
import { keepReading, readCounters, type Reading } from './rates.ts';
import '../style/server.css';
import { Link } from 'wouter';
import { serverClock } from '../api/server-clock.ts';

const EVERY_MS = 2000;

/** How the server itself is doing. */
export function ServerPage() {
  const answer = useAsk(ServerDocument, {}, { policy: 'network-only' });
  const { data, askAgain } = answer;
  const [readings, setReadings] = useState<readonly Reading[]>([]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) askAgain();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [askAgain]);
  useEffect(() => {
    if (data === undefined) return;
    const next = readCounters(data.serverInfo.counters, Date.now());
    setReadings((old) => keepReading(old, next));
  }, [data]);
  return (
    <div className="stack">
      <PageTabs label="Server" pages={SERVER_PAGES} here="/server" />
      <Answered answer={answer} what="the server's state">
        {({ serverInfo }) => (
          <>
            <RateTiles readings={readings} />
            <div className="server-cards">
              <Facts info={serverInfo} />
              <LicenseCard info={serverInfo} />
              <TroubleList />
            </div>
            <CounterTable counters={serverInfo.counters} />
          </>
        )}
      </Answered>
    </div>
  );
}

function Facts({ info }: { readonly info: ServerQuery['serverInfo'] }) {
  return (
    <section className="card stack" aria-label="This server">
      <h2>This server</h2>
      <dl className="facts">
        <dt>Version</dt>
        <dd>{info.version}</dd>
        <dt>Up since</dt>
        <dd>
          <TimeText time={info.started} /> ({formatSpan(serverClock.now() - Date.parse(info.started))})
        </dd>
        <dt>Detector</dt>
        <dd>{info.detector}</dd>
        <dt>Database</dt>
        <dd>{info.database}</dd>
        <dt>Subscriptions</dt>
        <dd>{info.subscribers} open, of scores</dd>
        <dt>Self-monitoring</dt>
        <dd>
          {info.monitoringFlushSeconds === null
            ? 'not written to an InfluxDB'
            : `written to InfluxDB every ${info.monitoringFlushSeconds} s`}
        </dd>
      </dl>
    </section>
  );
}

/** Sources and metrics that cannot be read, and why. */
function TroubleList() {
  const answer = useAsk(TroublesDocument, {});
  return (
    <section className="card stack" aria-label="Data source errors">
      <h2>Data source errors</h2>
      <Answered answer={answer} what="errors">
        {({ metrics, regions }) => {
          const listed = regions.filter(({ problem }) => problem !== null);
          if (metrics.totalCount + listed.length === 0) return <p className="quiet">None.</p>;
          return (
            <ul className="stack">
              {listed.map(({ name, problem }) => (
                <li key={name}>
                  <strong>{name}</strong> <span className="quiet">{problem}</span>
                </li>
              ))}
              {metrics.nodes.map(({ id, name, displayName, statusReason }) => (
                <li key={id}>
                  <Link href={`/metric/${encodeURIComponent(id)}`}>{name}</Link>{' '}
                  <span className="quiet">
                    {displayName}: {statusReason}
                  </span>
                </li>
              ))}
              {metrics.totalCount > metrics.nodes.length ? <li>… and more</li> : null}
            </ul>
          );
        }}
      </Answered>
    </section>
  );
}
