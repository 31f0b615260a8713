/** Subject and text of a message: from the rule's templates, or the default ones. */
import { writeManyIncidents, writeOneIncident } from './default-text.ts';
import {
  linkToIncident,
  linkToMessage,
  nameMetric,
  rateSeverity,
  shortenUnit,
  writeDeviation,
  writeEndReason,
  writeFinding,
  writeNumber,
  writeReason,
} from './incident-words.ts';
import { LISTED_INCIDENTS, type IncidentFacts, type MessageKind } from './message.ts';
import { writeDuration, writeTime, writeZone } from './message-times.ts';
import { findZone } from './region-zones.ts';
import { fillTemplate, type Variable } from './template.ts';

export interface Texts {
  /** Null for the default. */
  readonly subject: string | null;
  readonly body: string | null;
  /** IANA name; null for the zone of the metric. */
  readonly timeZone: string | null;
  /** Of what to do about it; null for no link. */
  readonly runbookUrl: string | null;
}

export interface Occasion {
  readonly id: string;
  readonly kind: MessageKind;
  readonly ruleName: string;
  readonly count: number;
  /** At least one. */
  readonly incidents: readonly IncidentFacts[];
}

const STATES = { START: 'STARTED', END: 'ENDED', TEST: 'TEST' } as const;
/** Why an incident ended, where it is not said what the metric does now. */
const END_SUBJECTS: Readonly<Record<string, string>> = { RECOVERED: 'RESOLVED', SILENT: 'NO DATA' };

/**
 * Several incidents are listed, the first of them only when there are very many.
 * @param publicUrl address of the page, without a slash at its end; null where none is set: then there are no links
 */
export function writeMessage(
  occasion: Occasion,
  texts: Texts,
  publicUrl: string | null,
): { readonly subject: string; readonly text: string } {
  const [first] = occasion.incidents;
  const others = occasion.count - 1;
  const subject = first === undefined ? '' : chooseSubject(occasion, first, texts, publicUrl);
  const counted = others > 0 ? `${subject} and ${others} more` : subject;
  const filled = texts.body === null ? '' : fillForEach(texts.body, occasion, texts, publicUrl);
  const text = filled.trim() === '' ? writeDefaultText(occasion, texts, publicUrl) : filled;
  // A header has one line.
  return { subject: counted.replace(/\s+/g, ' ').trim(), text };
}

/** Of a template whose variables are all empty, the default: most receivers refuse what has no title. */
function chooseSubject(
  occasion: Occasion,
  facts: IncidentFacts,
  texts: Texts,
  publicUrl: string | null,
): string {
  const filled = fillTemplate(texts.subject ?? '', listValues(occasion, facts, texts, publicUrl));
  return filled.trim() === '' ? writeSubject(occasion, facts) : filled;
}

/** What ended for want of data is not said to be normal. */
function writeSubject({ kind, ruleName }: Occasion, facts: IncidentFacts): string {
  const about = nameMetric(facts);
  if (kind === 'TEST') return `[Lapwing] Test of the rule ${ruleName}`;
  if (kind === 'START') return `[Lapwing] ${rateSeverity(facts)}: ${about}: ${writeFinding(facts)}`;
  const ended = END_SUBJECTS[facts.endReason ?? ''];
  return ended === undefined
    ? `[Lapwing] CLOSED: ${about} (${writeEndReason(facts)})`
    : `[Lapwing] ${ended}: ${about}`;
}

function writeDefaultText(
  { kind, ruleName, count, incidents }: Occasion,
  { timeZone, runbookUrl }: Texts,
  publicUrl: string | null,
): string {
  const zoneOf = ({ location }: IncidentFacts) => timeZone ?? findZone(location);
  const [only] = incidents;
  const link = linkToMessage({ count, incidents }, publicUrl);
  if (count > 1 || only === undefined) {
    const listed = incidents.slice(0, LISTED_INCIDENTS);
    return writeManyIncidents(kind, listed, { count, zoneOf, footer: { ruleName, link, runbookUrl } });
  }
  return writeOneIncident(kind, only, zoneOf(only), { ruleName, link, runbookUrl });
}

/** The template of a rule, one text for each incident. */
function fillForEach(body: string, occasion: Occasion, texts: Texts, publicUrl: string | null): string {
  const listed = occasion.incidents.slice(0, LISTED_INCIDENTS);
  const filled = listed.map((incident) =>
    fillTemplate(body, listValues(occasion, incident, texts, publicUrl))
      // Where a variable is empty.
      .replaceAll(/ +$/gm, '')
      .replaceAll(/(?<=\S) {2,}/g, ' '),
  );
  const unlisted = occasion.count - listed.length;
  return [...filled, ...(unlisted > 0 ? [`… and ${unlisted} more.`] : [])].join('\n\n');
}

function listValues(
  { id, kind, ruleName, count }: Occasion,
  incident: IncidentFacts,
  { timeZone, runbookUrl }: Texts,
  publicUrl: string | null,
): Record<Variable, string> {
  const zone = timeZone ?? findZone(incident.location);
  const { startedAt, endedAt } = incident;
  return {
    instance: incident.instance,
    metric: incident.metricName,
    'metric.id': incident.metricId === null ? '' : `Metric:${incident.metricId}`,
    'metric.name': incident.metricName,
    'metric.server': incident.server,
    'metric.unit': incident.metricUnit ?? '',
    unit: shortenUnit(incident.metricUnit),
    notification: `Notification:${id}`,
    'notification.id': `Notification:${id}`,
    incident: `Incident:${incident.id}`,
    timestampUTC: writeTime(startedAt, 'UTC'),
    timestampLocal: writeTime(startedAt, zone),
    timezoneLocal: writeZone(startedAt, zone),
    region: incident.location,
    state: STATES[kind],
    endTimestampUTC: endedAt === null ? '' : writeTime(endedAt, 'UTC'),
    endTimestampLocal: endedAt === null ? '' : writeTime(endedAt, zone),
    endReason: incident.endReason ?? '',
    endReasonText: writeEndReason(incident),
    duration: endedAt === null ? '' : writeDuration(endedAt.getTime() - startedAt.getTime()),
    severity: rateSeverity(incident),
    reason: writeReason(incident),
    deviation: writeDeviation(incident),
    link: publicUrl === null ? '' : linkToIncident(publicUrl, incident.id),
    runbook: runbookUrl ?? '',
    value: writeNumber(incident.value),
    expected: writeNumber(incident.expected),
    low: writeNumber(incident.low),
    high: writeNumber(incident.high),
    score: String(incident.score),
    rule: ruleName,
    count: String(count),
  };
}
