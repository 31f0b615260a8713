/** Subject and text of a message: from the rule's templates, or from those below. */
import { DateTime } from 'luxon';
import { RED_SCORE } from '../../detector/likelihood.ts';
import { LISTED_INCIDENTS, type IncidentFacts, type MessageKind } from './message.ts';
import { findZone } from './region-zones.ts';
import { fillTemplate, type Variable } from './template.ts';

export interface Texts {
  /** Null for the default. */
  readonly subject: string | null;
  readonly body: string | null;
  /** IANA name; null for the zone of the metric. */
  readonly timeZone: string | null;
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
const OPENINGS = {
  START: 'Anomaly detected.',
  END: 'Resolved after {duration}: {endReasonText}.',
  TEST: 'This is a test. Nothing happened; a real message looks like this:',
} as const;
/** Why an incident ended, where it is not said what the metric does now. */
const END_SUBJECTS: Readonly<Record<string, string>> = { RECOVERED: 'RESOLVED', SILENT: 'NO DATA' };
const END_WORDS: Readonly<Record<string, string>> = {
  RECOVERED: 'recovered',
  SILENT: 'no data',
  UNMONITORED: 'monitoring stopped',
  METRIC_DELETED: 'metric deleted',
  SUPERSEDED: 'a far rarer anomaly began',
  RULE_CHANGED: 'rule changed',
};
const TIME_FORMAT = 'cccc, LLLL dd, yyyy hh:mm a';
const SHOWN_DIGITS = 6;

/**
 * Several incidents are listed one under the other, the first of them only when there are very many.
 * @param publicUrl address of the page, without a slash at its end; null where none is set: then there are no links
 */
export function writeMessage(
  occasion: Occasion,
  texts: Texts,
  publicUrl: string | null,
): { readonly subject: string; readonly text: string } {
  const listed = occasion.incidents.slice(0, LISTED_INCIDENTS);
  const parts = listed.map((incident) => {
    const values = listValues(occasion, incident, texts.timeZone, publicUrl);
    return {
      subject: fillTemplate(texts.subject ?? chooseSubject(occasion.kind, incident), values),
      text: fillTemplate(texts.body ?? writeDefaultBody(occasion.kind, incident, publicUrl !== null), values)
        // Where a variable is empty.
        .replaceAll(/ +$/gm, '')
        .replaceAll(/(?<=\S) {2,}/g, ' '),
    };
  });
  const others = occasion.count - 1;
  const unlisted = occasion.count - listed.length;
  const subject = `${parts[0]?.subject ?? ''}${others > 0 ? ` and ${others} more` : ''}`;
  const texted = parts.map(({ text }) => text);
  if (unlisted > 0) texted.push(`… and ${unlisted} more.`);
  // A header has one line.
  return { subject: subject.replace(/\s+/g, ' ').trim(), text: texted.join('\n\n') };
}

/** What ended for want of data is not said to be normal. */
function chooseSubject(kind: MessageKind, { metricName, instance, endReason }: IncidentFacts): string {
  const about = metricName === instance ? '{metric}' : '{metric} on {instance}';
  if (kind === 'TEST') return TEST_SUBJECT;
  if (kind === 'START') return `[Lapwing] {severity}: ${about}: {value} {metric.unit} {deviation}`;
  const ended = END_SUBJECTS[endReason ?? ''];
  return ended === undefined
    ? `[Lapwing] CLOSED: ${about} ({endReasonText})`
    : `[Lapwing] ${ended}: ${about}`;
}

const TEST_SUBJECT = '[Lapwing] Test of the rule {rule}';

/** Pushed metrics have no resource but themselves, and only AWS has regions. */
function writeDefaultBody(
  kind: MessageKind,
  { datasource, location }: IncidentFacts,
  hasLink: boolean,
): string {
  return [
    OPENINGS[kind],
    '',
    ...(kind === 'END' ? [] : ['Severity: {severity}']),
    ...(datasource === 'CUSTOM' ? [] : ['Instance: {instance}']),
    'Metric: {metric}',
    'Time (UTC): {timestampUTC}',
    'Time ({timezoneLocal}): {timestampLocal}',
    ...(kind === 'END' ? ['Ended (UTC): {endTimestampUTC}'] : []),
    ...(location === '' ? [] : ['AWS Region: {region}']),
    'Value: {value} {metric.unit} {deviation}',
    'Expected: {expected} ({low} to {high})',
    ...(hasLink ? ['Open: {link}'] : []),
    '',
    'Sent by the rule {rule}.',
  ].join('\n');
}

function listValues(
  { id, kind, ruleName, count }: Occasion,
  incident: IncidentFacts,
  timeZone: string | null,
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
    notification: `Notification:${id}`,
    'notification.id': `Notification:${id}`,
    incident: `Incident:${incident.id}`,
    timestampUTC: formatTime(startedAt, 'UTC'),
    timestampLocal: formatTime(startedAt, zone),
    timezoneLocal: DateTime.fromJSDate(startedAt, { zone }).setLocale('en-US').toFormat('ZZZZ'),
    region: incident.location,
    state: STATES[kind],
    endTimestampUTC: endedAt === null ? '' : formatTime(endedAt, 'UTC'),
    endTimestampLocal: endedAt === null ? '' : formatTime(endedAt, zone),
    endReason: incident.endReason ?? '',
    endReasonText: END_WORDS[incident.endReason ?? ''] ?? '',
    duration: endedAt === null ? '' : formatDuration(endedAt.getTime() - startedAt.getTime()),
    severity: incident.score >= RED_SCORE ? 'CRITICAL' : 'WARNING',
    deviation: describeDeviation(incident),
    link: publicUrl === null ? '' : linkToIncident(publicUrl, incident.id),
    value: formatNumber(incident.value),
    expected: formatNumber(incident.expected),
    low: formatNumber(incident.low),
    high: formatNumber(incident.high),
    score: String(incident.score),
    rule: ruleName,
    count: String(count),
  };
}

/** The incident's page. */
export function linkToIncident(publicUrl: string, id: string): string {
  return `${publicUrl}/incidents/${encodeURIComponent(`Incident:${id}`)}`;
}

/** Such as (+12 % vs. expected); empty where nothing was expected to compare with. */
function describeDeviation({ value, expected }: IncidentFacts): string {
  if (expected === 0) return '';
  const percent = Number((((value - expected) / Math.abs(expected)) * 100).toPrecision(3));
  return `(${percent > 0 ? '+' : percent < 0 ? '-' : ''}${Math.abs(percent)} % vs. expected)`;
}

/** In its two largest units, such as 1 h 20 min. */
function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = (first < 0 ? parts.slice(-1) : parts.slice(first, first + 2)).filter(
    ([count], place) => count > 0 || (place === 0 && first < 0),
  );
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

function formatTime(time: Date, zone: string): string {
  return DateTime.fromJSDate(time, { zone }).setLocale('en-US').toFormat(TIME_FORMAT);
}

function formatNumber(value: number): string {
  return String(Number(value.toPrecision(SHOWN_DIGITS)));
}
