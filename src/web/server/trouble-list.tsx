import { Link } from 'wouter';
import { useAsk } from '../api/ask.ts';
import { TroublesDocument } from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';

/** Sources and metrics that cannot be read, and why. */
export function TroubleList() {
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
