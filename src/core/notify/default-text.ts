/** The text of a message whose rule has no template. */
import {
  hasInstance,
  listWorst,
  rateSeverity,
  writeEndReason,
  writeExpected,
  writeFinding,
  writeRate,
  writeReason,
} from './incident-words.ts';
import type { AnomalousGroup, IncidentFacts, MessageKind } from './message.ts';
import { listTimeLines, writeDuration, writeShortTime } from './message-times.ts';

interface Footer {
  readonly ruleName: string;
  /** Of the incident or the list of incidents; null where the address of the page is not known. */
  readonly link: string | null;
  readonly runbookUrl: string | null;
}

/** @param zone IANA name of the zone of local times */
export function writeOneIncident(
  kind: MessageKind,
  facts: IncidentFacts,
  zone: string,
  footer: Footer,
): string {
  const { instance, location, startedAt, endedAt, group } = facts;
  return [
    writeOpening(kind, facts),
    '',
    ...(kind === 'END' ? [] : [`Severity: ${rateSeverity(facts)}`]),
    ...(hasInstance(facts) ? [`Instance: ${instance}`] : []),
    ...(group === null ? [`Metric: ${facts.metricName}`] : []),
    ...listTimeLines('Time', startedAt, zone),
    ...(endedAt === null ? [] : listTimeLines('Ended', endedAt, zone)),
    ...(location === '' ? [] : [`AWS Region: ${location}`]),
    ...(group === null ? listValue(facts) : listGroup(group)),
    ...listFooter(footer),
  ].join('\n');
}

function listValue(facts: IncidentFacts): readonly string[] {
  const expected = hasExpectation(facts) ? [`Expected: ${writeExpected(facts)}`] : [];
  return [`Value: ${writeFinding(facts)}`, ...expected];
}

function listGroup(group: AnomalousGroup): readonly string[] {
  return [`Metrics: ${writeRate(group)}`, 'Worst:', ...listWorst(group).map((line) => `- ${line}`)];
}

/**
 * Incidents of one resource stand together, with one footer for all.
 * @param incidents the first of them, in the order in which they began
 * @param count of all of them
 */
export function writeManyIncidents(
  kind: MessageKind,
  incidents: readonly IncidentFacts[],
  { count, zoneOf, footer }: CountedIncidents,
): string {
  const sections = [...groupByInstance(incidents)].map(([instance, block]) => {
    const location = block[0]?.location ?? '';
    const title = location === '' || instance.includes(location) ? instance : `${instance} (${location})`;
    const lines = block.map((facts) => `- ${writeListed(kind, facts, zoneOf(facts))}`);
    return [...(instance === '' ? [] : [title]), ...lines].join('\n');
  });
  const unlisted = count - incidents.length;
  return [
    writeCount(kind, incidents, count),
    ...sections,
    ...(unlisted > 0 ? [`… and ${unlisted} more.`] : []),
    listFooter(footer).join('\n').trimStart(),
  ].join('\n\n');
}

interface CountedIncidents {
  readonly count: number;
  readonly zoneOf: (facts: IncidentFacts) => string;
  readonly footer: Footer;
}

/** By the name of the instance, empty for metrics that are their own. */
function groupByInstance(incidents: readonly IncidentFacts[]): ReadonlyMap<string, readonly IncidentFacts[]> {
  const groups = new Map<string, IncidentFacts[]>();
  for (const facts of incidents) {
    const instance = hasInstance(facts) ? facts.instance : '';
    const group = groups.get(instance);
    if (group === undefined) groups.set(instance, [facts]);
    else group.push(facts);
  }
  return groups;
}

function writeOpening(kind: MessageKind, facts: IncidentFacts): string {
  if (kind === 'TEST') return 'This is a test. Nothing happened; a real message looks like this:';
  if (kind === 'END') return `Resolved after ${writeLength(facts)}: ${writeEndReason(facts)}.`;
  const reason = writeReason(facts);
  if (facts.kind === 'NO_DATA') return `Metric stopped reporting. ${reason}`;
  if (facts.kind === 'ANOMALY_RATE') return reason;
  if (facts.kind === 'OUTLIER') return `Outlier detected. ${reason}`;
  return reason === '' ? 'Anomaly detected.' : `Anomaly detected. ${reason}`;
}

/** @param incidents of which `count` may be more: what is not listed is not named by its kind */
function writeCount(kind: MessageKind, incidents: readonly IncidentFacts[], count: number): string {
  if (kind === 'END') return `${count} incidents ended.`;
  const kinds = new Set(incidents.map((facts) => facts.kind));
  if (kinds.size === 1 && kinds.has('ANOMALY')) return `${count} anomalies detected.`;
  const isNoData = incidents.length === count && kinds.size === 1 && kinds.has('NO_DATA');
  return isNoData ? `${count} metrics stopped reporting.` : `${count} incidents began.`;
}

/** What a flat line was expected to be is about what it is; and of what did not come nothing was expected. */
function hasExpectation({ kind, aspect }: IncidentFacts): boolean {
  return kind === 'ANOMALY' && aspect !== 'SILENCE';
}

function writeListed(kind: MessageKind, facts: IncidentFacts, zone: string): string {
  const { startedAt } = facts;
  const name = facts.kind === 'ANOMALY_RATE' ? 'anomaly rate' : facts.metricName;
  if (kind === 'END') {
    return `${name}: resolved after ${writeLength(facts)} (${writeEndReason(facts)})`;
  }
  const expected = !hasExpectation(facts) ? '' : `, expected ${writeExpected(facts)}`;
  const since = writeShortTime(startedAt, zone);
  return `${rateSeverity(facts)} ${name}: ${writeFinding(facts)}${expected}, since ${since}`;
}

function writeLength({ startedAt, endedAt }: Pick<IncidentFacts, 'startedAt' | 'endedAt'>): string {
  return writeDuration(endedAt === null ? 0 : endedAt.getTime() - startedAt.getTime());
}

function listFooter({ ruleName, link, runbookUrl }: Footer): readonly string[] {
  return [
    ...(link === null ? [] : [`Open: ${link}`]),
    ...(runbookUrl === null ? [] : [`Runbook: ${runbookUrl}`]),
    '',
    `Sent by the rule ${ruleName}.`,
  ];
}
