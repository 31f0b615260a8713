/** Rules of overlapping scope open an incident each for one event: it is listed once. */
import type { IncidentRowFragment } from '../generated/graphql.ts';

export interface IncidentGroup {
  /** The one that is shown: the most severe state, of several the one that began first. */
  readonly shown: IncidentRowFragment;
  /** All of them, in the order of the list. */
  readonly incidents: readonly IncidentRowFragment[];
}

/** What it is about: a metric, or the group of which many metrics are anomalous at once. */
export function nameIncident({
  group,
  instance,
  metricName,
}: Pick<IncidentRowFragment, 'group' | 'instance' | 'metricName'>): string {
  return group === null ? metricName : instance;
}

type Timed = Pick<IncidentRowFragment, 'startedAt' | 'endedAt'>;

const SEVEREST_FIRST = ['FIRING', 'RECOVERING', 'PENDING', 'ENDED'] as const;

/**
 * @param incidents newest first
 * @returns newest first; incidents of one metric whose times overlap are one group
 */
export function groupIncidents(incidents: readonly IncidentRowFragment[]): readonly IncidentGroup[] {
  const groups: IncidentRowFragment[][] = [];
  for (const incident of incidents) {
    const group = groups.find((known) => isSameEvent(known, incident));
    if (group === undefined) groups.push([incident]);
    else group.push(incident);
  }
  return groups.flatMap((group) => {
    const shown = chooseShown(group);
    return shown === undefined ? [] : [{ shown, incidents: group }];
  });
}

function isSameEvent(group: readonly IncidentRowFragment[], incident: IncidentRowFragment): boolean {
  if (group.some(({ kind }) => kind !== incident.kind)) return false;
  // Rules look at other groups of metrics each.
  if (incident.kind === 'ANOMALY_RATE') return false;
  const sameMetric = group.filter(({ metric, metricName, instance }) =>
    metric === null || incident.metric === null
      ? metricName === incident.metricName && instance === incident.instance
      : metric.id === incident.metric.id,
  );
  // A rule has one incident at a time on a metric: what it opens next is another event.
  if (sameMetric.some(({ ruleName }) => ruleName === incident.ruleName)) return false;
  return sameMetric.some((other) => overlap(other, incident));
}

/** What ends at the moment the other begins gave way to it: another event. */
function overlap(one: Timed, other: Timed): boolean {
  const endOf = ({ endedAt }: Timed) => (endedAt === null ? Number.POSITIVE_INFINITY : Date.parse(endedAt));
  return Date.parse(one.startedAt) < endOf(other) && Date.parse(other.startedAt) < endOf(one);
}

function chooseShown(group: readonly IncidentRowFragment[]): IncidentRowFragment | undefined {
  const [first] = group.toSorted(
    (a, b) =>
      SEVEREST_FIRST.indexOf(a.state) - SEVEREST_FIRST.indexOf(b.state) ||
      Date.parse(a.startedAt) - Date.parse(b.startedAt),
  );
  return first;
}
