import { Link } from 'wouter';
import { useAsk } from '../api/ask.ts';
import { useAskedAgain } from '../api/follow.ts';
import {
  IncidentChangesDocument,
  IncidentsDocument,
  type IncidentRowFragment,
} from '../generated/graphql.ts';
import { describeOutlier, formatExpected } from '../parts/format-number.ts';
import { formatSpan } from '../parts/format-time.ts';
import { groupIncidents, nameIncident } from './group-incidents.ts';
import { describeGroup } from './group-text.tsx';
import { serverClock } from '../api/server-clock.ts';

/** So many are named; the page of incidents has the rest. */
const NAMED = 4;

/** What is wrong now, one line an event: what, by how much, and since when. Nothing while nothing is. */
export function OpenIncidents() {
  const { data, askAgain } = useAsk(IncidentsDocument, {
    filter: { states: ['FIRING', 'RECOVERING'] },
    after: null,
  });
  useAskedAgain(IncidentChangesDocument, {}, askAgain);
  const groups = groupIncidents(data?.incidents.nodes ?? []);
  if (groups.length === 0) return null;
  const more = groups.length - NAMED;
  return (
    <section className="card open-incidents" aria-label="Open incidents">
      <ul>
        {groups.slice(0, NAMED).map(({ shown }) => (
          <OpenIncident key={shown.id} incident={shown} />
        ))}
      </ul>
      {more > 0 ? (
        <Link href="/incidents">
          {more}
          {data?.incidents.pageInfo.hasNextPage === true ? '+' : ''} more open incidents
        </Link>
      ) : null}
    </section>
  );
}

/** One line: what, by how much, and since when. */
export function OpenIncident({ incident }: { readonly incident: IncidentRowFragment }) {
  const { id, kind, state, instance, metric, group, peak, expected, startedAt } = incident;
  const name = nameIncident(incident);
  const unit = metric?.unit ?? null;
  const written = formatExpected(peak.value, expected, unit);
  return (
    <li className="line">
      <span className={state === 'FIRING' ? 'badge red' : 'badge yellow'}>
        {state === 'FIRING' ? '▲ firing' : '◆ recovering'}
      </span>
      <Link href={`/incidents/${encodeURIComponent(id)}`}>{name}</Link>
      <span>
        {group !== null
          ? describeGroup(group)
          : kind === 'NO_DATA'
            ? 'no data'
            : kind === 'OUTLIER'
              ? describeOutlier(incident.value, expected.value, unit)
              : `${written.value}, expected ${written.range}`}
      </span>
      <span className="quiet">
        {instance === name ? '' : `${instance} · `}for {formatSpan(serverClock.now() - Date.parse(startedAt))}
      </span>
    </li>
  );
}
