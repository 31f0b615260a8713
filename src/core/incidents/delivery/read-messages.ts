/** Incidents as messages show them. */
import type pg from 'pg';
import type { IncidentFacts, MessageKind } from '../../notify/message.ts';
import type { Incident } from '../incident.ts';
import { SELECT_INCIDENT } from '../store-incidents.ts';

/** The first incidents of a message, in the order they began to be known. */
export async function readMessageIncidents(
  pool: pg.Pool,
  notificationId: string,
  kind: MessageKind,
  limit: number,
): Promise<readonly IncidentFacts[]> {
  const { rows } = await pool.query<Incident>(
    `${SELECT_INCIDENT} JOIN notification_incident ON incident_id = id
     WHERE notification_id = $1 ORDER BY number LIMIT $2`,
    [notificationId, limit],
  );
  return rows.map((incident) => toFacts(incident, kind));
}

/** One page of the incidents that fire on a rule, and were notified. */
export async function readFiring(
  pool: pg.Pool,
  ruleId: string,
  afterId: string,
  limit: number,
): Promise<readonly IncidentFacts[]> {
  const { rows } = await pool.query<Incident>(
    `${SELECT_INCIDENT} WHERE open AND rule_id = $1 AND notified_at IS NOT NULL AND id > $2 ORDER BY id LIMIT $3`,
    [ruleId, afterId, limit],
  );
  return rows.map((incident) => toFacts(incident, 'START'));
}

// Alertmanager knows an alert by what both incidents have in common, and would take the one that fires for over.
const FIRES_AGAIN = `EXISTS (
  SELECT FROM incident AS again
  WHERE again.open AND again.notified_at IS NOT NULL AND again.rule_id = incident.rule_id
    AND again.kind = incident.kind
    AND (again.metric_number = incident.metric_number OR again.group_key = incident.group_key))`;

/** The ids of those incidents of a message that are over, while their alert fires again. */
export async function readFiringAgain(pool: pg.Pool, notificationId: string): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM incident JOIN notification_incident ON incident_id = id
     WHERE notification_id = $1 AND open IS NULL AND ${FIRES_AGAIN}`,
    [notificationId],
  );
  return new Set(rows.map(({ id }) => id));
}

/** One page of the incidents whose end a channel was sent since then, but for those whose alert fires again. */
export async function readEndedLately(
  pool: pg.Pool,
  { channelId, sentSince }: { readonly channelId: string; readonly sentSince: Date },
  afterId: string,
  limit: number,
): Promise<readonly IncidentFacts[]> {
  const { rows } = await pool.query<Incident>(
    `${SELECT_INCIDENT} WHERE id > $3 AND id IN (
       SELECT incident_id FROM notification JOIN notification_incident ON notification_id = notification.id
       WHERE channel_id = $1 AND notification.kind = 'END' AND notification.state = 'SENT' AND sent_at >= $2)
     AND NOT ${FIRES_AGAIN}
     ORDER BY id LIMIT $4`,
    [channelId, sentSince, afterId, limit],
  );
  return rows.map((incident) => toFacts(incident, 'END'));
}

/** A message about a start says nothing of an end that may have come meanwhile: every attempt says the same. */
function toFacts(incident: Incident, kind: MessageKind): IncidentFacts {
  const {
    id,
    kind: incidentKind,
    metricId,
    metricName,
    metricUnit,
    instance,
    server,
    location,
    datasource,
  } = incident;
  const { score, value, expected, low, high, aspect, group, endedMs, endReason } = incident;
  const isOver = kind === 'END' && endedMs !== null;
  return {
    id,
    kind: incidentKind,
    metricId,
    metricName,
    metricUnit,
    instance,
    server,
    location,
    datasource,
    startedAt: new Date(incident.startedMs),
    endedAt: isOver ? new Date(endedMs) : null,
    endReason: isOver ? endReason : null,
    score,
    value,
    expected,
    low,
    high,
    aspect,
    group,
  };
}
