/** Subject and text of a message: from the rule's templates, or from those below. */
import { DateTime } from 'luxon';
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
const SUBJECTS = {
  START: 'Lapwing: Unusual behavior seen on: {instance}',
  END: 'Lapwing: Back to normal: {instance}',
  TEST: 'Lapwing: Test of the rule {rule}',
} as const;
const OPENINGS = {
  START: 'Unusual behavior was seen:',
  END: 'What was unusual is over ({endReason}):',
  TEST: 'This is a test. Nothing happened; a real message looks like this:',
} as const;
const TIME_FORMAT = 'cccc, LLLL dd, yyyy hh:mm a';
const SHOWN_DIGITS = 6;

/** Several incidents are listed one under the other, the first of them only when there are very many. */
export function writeMessage(
  occasion: Occasion,
  texts: Texts,
): { readonly subject: string; readonly text: string } {
  const listed = occasion.incidents.slice(0, LISTED_INCIDENTS);
  const parts = listed.map((incident) => {
    const values = listValues(occasion, incident, texts.timeZone);
    return {
      subject: fillTemplate(texts.subject ?? chooseSubject(occasion.kind, incident), values),
      text: fillTemplate(texts.body ?? writeDefaultBody(occasion.kind, incident), values),
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

/** What ended because nobody looks any more is not said to be normal. */
function chooseSubject(kind: MessageKind, { endReason }: IncidentFacts): string {
  const isUnknown = kind === 'END' && endReason !== 'RECOVERED';
  return isUnknown ? 'Lapwing: No longer followed: {instance} ({endReason})' : SUBJECTS[kind];
}

/** Pushed metrics have no resource but themselves, and only AWS has regions. */
function writeDefaultBody(kind: MessageKind, { datasource, location }: IncidentFacts): string {
  return [
    OPENINGS[kind],
    '',
    ...(datasource === 'CUSTOM' ? [] : ['Instance: {instance}']),
    'Metric: {metric}',
    'Time (UTC): {timestampUTC}',
    'Time ({timezoneLocal}): {timestampLocal}',
    ...(kind === 'END' ? ['Ended (UTC): {endTimestampUTC}'] : []),
    ...(location === '' ? [] : ['AWS Region: {region}']),
    'Value: {value} (expected {expected}, {low} to {high})',
    '',
    'Sent by the rule {rule}. `updateNotificationRule` changes what it tells and whom.',
  ].join('\n');
}

function listValues(
  { id, kind, ruleName, count }: Occasion,
  incident: IncidentFacts,
  timeZone: string | null,
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
    value: formatNumber(incident.value),
    expected: formatNumber(incident.expected),
    low: formatNumber(incident.low),
    high: formatNumber(incident.high),
    score: String(incident.score),
    rule: ruleName,
    count: String(count),
  };
}

function formatTime(time: Date, zone: string): string {
  return DateTime.fromJSDate(time, { zone }).setLocale('en-US').toFormat(TIME_FORMAT);
}

function formatNumber(value: number): string {
  return String(Number(value.toPrecision(SHOWN_DIGITS)));
}
