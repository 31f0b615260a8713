/** Why a red point belongs to no incident, in words. */
import type { NoIncidentReason } from '../../generated/graphql.ts';

export const NO_INCIDENT_WORDS: Readonly<Record<NoIncidentReason, string>> = {
  LEARNING: 'No incident: the model was still learning.',
  EXCLUDED: 'No incident: the model excludes this time.',
  QUIET_PERIOD: 'No incident: an anomaly at least as rare came shortly before.',
  CONTINUES: 'No incident: it continues an earlier anomaly that has none.',
  POLICY: "No incident: the metric's alert sensitivity leaves out deviations like this.",
  NO_RULE: 'No incident: no alert rule asks for it.',
};
