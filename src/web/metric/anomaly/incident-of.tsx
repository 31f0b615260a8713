import { Link } from 'wouter';
import type { PointFragment, NoIncidentReason } from '../../generated/graphql.ts';

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

const NO_INCIDENT_WORDS: Readonly<Record<NoIncidentReason, string>> = {
  LEARNING: 'No incident: the model was still learning.',
  EXCLUDED: 'No incident: the model excludes this time.',
  QUIET_PERIOD: 'No incident: an anomaly at least as rare came shortly before.',
  CONTINUES: 'No incident: it continues an earlier anomaly that has none.',
  POLICY: "No incident: the metric's alert sensitivity leaves out deviations like this.",
  NO_RULE: 'No incident: no alert rule asks for it.',
};
