import { Link } from 'wouter';
import type { PointFragment } from '../../generated/graphql.ts';
import { NO_INCIDENT_WORDS } from './no-incident.ts';

/** The incident a point belongs to, one for each rule, or why there is none. Nothing for a point that asks for none. */
export function IncidentOf({ point }: { readonly point: PointFragment }) {
  const { incidents, noIncidentReason } = point;
  if (incidents.length > 0) {
    return (
      <span className="incident-of">
        {incidents.map(({ id, ruleName }) => (
          <Link key={id} href={`/incidents/${encodeURIComponent(id)}`}>
            Incident ({ruleName})
          </Link>
        ))}
      </span>
    );
  }
  if (noIncidentReason === null) return null;
  return <span className="incident-of quiet">{NO_INCIDENT_WORDS[noIncidentReason]}</span>;
}
