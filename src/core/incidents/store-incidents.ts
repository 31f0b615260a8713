/** Incidents in the database: many at a time, in the transaction of the caller. */
import type pg from 'pg';
import type { IncidentKind } from '../../generated/prisma/client.ts';
import { nameQuiet } from './metric-facts.ts';
import type { Incident } from './incident.ts';

/** Column → how PostgreSQL reads it from JSON, and where it stands in an incident. */
const COLUMNS = {
  id: ['uuid', 'id'],
  kind: ['incident_kind', 'kind'],
  rule_id: ['uuid', 'ruleId'],
  rule_name: ['text', 'ruleName'],
  metric_id: ['uuid', 'metricId'],
  metric_number: ['int', 'metricNumber'],
  metric_name: ['text', 'metricName'],
  metric_unit: ['text', 'metricUnit'],
  instance: ['text', 'instance'],
  server: ['text', 'server'],
  location: ['text', 'location'],
  datasource: ['datasource', 'datasource'],
  state: ['incident_state', 'state'],
  muted_by: ['incident_mute', 'mutedBy'],
  started_at: ['timestamptz', 'startedMs'],
  last_point_at: ['timestamptz', 'lastPointMs'],
  last_hot_at: ['timestamptz', 'lastHotMs'],
  hot_points: ['int', 'hotPoints'],
  calm_since: ['timestamptz', 'calmSinceMs'],
  ended_at: ['timestamptz', 'endedMs'],
  end_reason: ['incident_end', 'endReason'],
  score: ['float8', 'score'],
  value: ['float8', 'value'],
  expected: ['float8', 'expected'],
  low: ['float8', 'low'],
  high: ['float8', 'high'],
  aspect: ['view', 'aspect'],
  peak_score: ['float8', 'peakScore'],
  peak_value: ['float8', 'peakValue'],
  peak_at: ['timestamptz', 'peakMs'],
  notified_at: ['timestamptz', 'notifiedMs'],
  group_key: ['text', 'groupKey'],
  group_facts: ['jsonb', 'group'],
} as const satisfies Record<string, readonly [type: string, field: keyof Incident]>;

const entries = Object.entries(COLUMNS);
const names = entries.map(([name]) => name);
/** What may differ from one writing of an incident to the next. */
const CHANGING = [
  ...[
    'state',
    'muted_by',
    'last_point_at',
    'last_hot_at',
    'hot_points',
    'calm_since',
    'ended_at',
    'end_reason',
  ],
  ...[
    'score',
    'value',
    'expected',
    'low',
    'high',
    'aspect',
    'peak_score',
    'peak_value',
    'peak_at',
    'notified_at',
    'group_facts',
  ],
];
const selectColumn = ([name, [type, field]]: (typeof entries)[number]) =>
  type === 'timestamptz'
    ? `(extract(epoch FROM ${name}) * 1000)::float8 AS "${field}"`
    : `${name} AS "${field}"`;

/** Rows are of type Incident. */
export const SELECT_INCIDENT = `
  SELECT ${entries.map(selectColumn).join(', ')}, acknowledged_at IS NOT NULL AS "isAcknowledged" FROM incident`;

const SAVE = `
  INSERT INTO incident (${names.join(', ')}, open, created_at)
  SELECT ${names.join(', ')}, CASE WHEN state = 'ENDED' THEN NULL ELSE true END, $2
  FROM jsonb_to_recordset($1::jsonb) AS row (${entries.map(([name, [type]]) => `${name} ${type}`).join(', ')})
  ON CONFLICT (id) DO UPDATE SET open = EXCLUDED.open,
    ${CHANGING.map((name) => `${name} = EXCLUDED.${name}`).join(', ')}`;

/** The open ones of one kind of some metrics, held until the transaction ends. */
export async function readOpenIncidents(
  client: pg.PoolClient,
  kind: IncidentKind,
  metricNumbers: readonly number[],
): Promise<readonly Incident[]> {
  const { rows } = await client.query<Incident>(
    `${SELECT_INCIDENT} WHERE open AND metric_number = ANY($1::int[]) AND kind = $2 FOR UPDATE`,
    [metricNumbers, kind],
  );
  return rows;
}

/** All open ones, by pages: those whose id is greater than `afterId`, held until the transaction ends. */
export async function readOpenPage(
  client: pg.PoolClient,
  afterId: string,
  limit: number,
): Promise<readonly Incident[]> {
  const { rows } = await client.query<Incident>(
    `${SELECT_INCIDENT} WHERE open AND id > $1 ORDER BY id LIMIT $2 FOR UPDATE`,
    [afterId, limit],
  );
  return rows;
}

/** Open ones of a rule, held until the transaction ends. */
export async function readOpenOfRule(
  client: pg.PoolClient,
  ruleId: string,
  limit: number,
): Promise<readonly Incident[]> {
  const { rows } = await client.query<Incident>(
    `${SELECT_INCIDENT} WHERE open AND rule_id = $1 ORDER BY id LIMIT $2 FOR UPDATE`,
    [ruleId, limit],
  );
  return rows;
}

/** New ones and changed ones. Of those that are there only their course changes. */
export async function saveIncidents(
  client: pg.PoolClient,
  incidents: readonly Incident[],
  now: Date,
): Promise<void> {
  if (incidents.length === 0) return;
  await client.query(SAVE, [JSON.stringify(incidents.map(toRow)), now]);
}

/** Those that were never confirmed. */
export async function dropIncidents(client: pg.PoolClient, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await client.query('DELETE FROM incident WHERE id = ANY($1::uuid[])', [ids]);
}

/** When each rule last notified of incidents of a kind of each of some servers, in milliseconds, by `nameQuiet`. */
export async function readLastNotified(
  client: pg.PoolClient,
  kind: IncidentKind,
  ruleIds: readonly string[],
  servers: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await client.query<{
    rule_id: string;
    account_id: number;
    server: string;
    told_ms: number;
  }>(
    `SELECT i.rule_id, m.account_id, i.server, (extract(epoch FROM max(i.notified_at)) * 1000)::float8 AS told_ms
     FROM incident AS i JOIN metric AS m ON m.number = i.metric_number
     WHERE i.rule_id = ANY($1::uuid[]) AND i.server = ANY($2::text[]) AND i.notified_at IS NOT NULL
       AND i.kind = $3
     GROUP BY i.rule_id, m.account_id, i.server`,
    [ruleIds, servers, kind],
  );
  return new Map(
    rows.map(({ rule_id: ruleId, account_id: accountId, server, told_ms: toldMs }) => [
      nameQuiet(ruleId, { accountId, server }),
      toldMs,
    ]),
  );
}

function toRow(incident: Incident): Record<string, unknown> {
  return Object.fromEntries(
    entries.map(([name, [type, field]]) => {
      const value = incident[field];
      return [name, type === 'timestamptz' && typeof value === 'number' ? new Date(value) : value];
    }),
  );
}
