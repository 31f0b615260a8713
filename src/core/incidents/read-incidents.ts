/**
 * Reads pages of incidents, ordered by the time they began, then by number: rules work through a pushed history in
 * any order, so the numbers alone are not chronological.
 */
import type pg from 'pg';
import type { Incident, Prisma, PrismaClient } from '../../generated/prisma/client.ts';

/** The place of an incident in the list. Texts, as numbers of 64 bits are in JSON. */
export interface IncidentPlace {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly number: string;
}

/** A part of the list of incidents. */
export interface IncidentWindow {
  /** Neither end belongs to the window; null for open. */
  readonly newerThan: IncidentPlace | null;
  readonly olderThan: IncidentPlace | null;
  readonly order: 'asc' | 'desc';
  /** Maximum number of incidents; per metric where several metrics are asked for. */
  readonly limit: number;
}

/** The column of each field, as the Prisma schema maps them. */
const COLUMNS: Readonly<Record<keyof Incident, string>> = {
  id: 'id',
  kind: 'kind',
  number: 'number',
  ruleId: 'rule_id',
  ruleName: 'rule_name',
  metricId: 'metric_id',
  metricNumber: 'metric_number',
  metricName: 'metric_name',
  metricUnit: 'metric_unit',
  instance: 'instance',
  server: 'server',
  location: 'location',
  datasource: 'datasource',
  state: 'state',
  open: 'open',
  mutedBy: 'muted_by',
  startedAt: 'started_at',
  lastPointAt: 'last_point_at',
  lastHotAt: 'last_hot_at',
  hotPoints: 'hot_points',
  calmSince: 'calm_since',
  endedAt: 'ended_at',
  endReason: 'end_reason',
  score: 'score',
  value: 'value',
  expected: 'expected',
  low: 'low',
  high: 'high',
  aspect: 'aspect',
  peakScore: 'peak_score',
  peakValue: 'peak_value',
  peakAt: 'peak_at',
  notifiedAt: 'notified_at',
  seen: 'seen',
  acknowledgedAt: 'acknowledged_at',
  acknowledgedBy: 'acknowledged_by',
  groupKey: 'group_key',
  group: 'group_facts',
  createdAt: 'created_at',
  changeNumber: 'change_number',
};
const SELECTED = Object.entries(COLUMNS)
  .map(([field, column]) => `${column} AS "${field}"`)
  .join(', ');

/** Numbers of 64 bits come as texts. */
interface IncidentRow extends Omit<Incident, 'number' | 'changeNumber'> {
  readonly wantedId: string;
  readonly number: string;
  readonly changeNumber: string;
}

/** Of all metrics that `where` lets through, in the order asked for. */
export function readIncidents(
  prisma: Pick<PrismaClient, 'incident'>,
  where: Prisma.IncidentWhereInput,
  { newerThan, olderThan, order, limit }: IncidentWindow,
): Promise<readonly Incident[]> {
  return prisma.incident.findMany({
    where: {
      AND: [
        where,
        ...(newerThan === null ? [] : [isBeyond(newerThan, 'gt')]),
        ...(olderThan === null ? [] : [isBeyond(olderThan, 'lt')]),
      ],
    },
    orderBy: [{ startedAt: order }, { number: order }],
    take: limit,
  });
}

/** The first condition says nothing new, but gives the index a place to begin at. */
function isBeyond({ startedAt, number }: IncidentPlace, side: 'gt' | 'lt'): Prisma.IncidentWhereInput {
  const [at, id] = [new Date(startedAt), BigInt(number)];
  return side === 'gt'
    ? { startedAt: { gte: at }, OR: [{ startedAt: { gt: at } }, { number: { gt: id } }] }
    : { startedAt: { lte: at }, OR: [{ startedAt: { lt: at } }, { number: { lt: id } }] };
}

/**
 * A page for each of several metrics at once, so that a list of metrics costs one statement.
 * @returns by metric, in the order asked for; a metric without any is not in the answer
 */
export async function readIncidentsOf(
  pool: Pick<pg.Pool, 'query'>,
  metricIds: readonly string[],
  { newerThan, olderThan, order, limit }: IncidentWindow,
): Promise<ReadonlyMap<string, readonly Incident[]>> {
  const direction = order === 'asc' ? 'ASC' : 'DESC';
  const { rows } = await pool.query<IncidentRow>(
    `SELECT wanted.id AS "wantedId", page.* FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
       SELECT ${SELECTED} FROM incident
       WHERE metric_id = wanted.id
         AND ($2::timestamptz IS NULL OR (started_at, number) > ($2, $3::bigint))
         AND ($4::timestamptz IS NULL OR (started_at, number) < ($4, $5::bigint))
       ORDER BY started_at ${direction}, number ${direction} LIMIT $6
     ) AS page ORDER BY page."startedAt" ${direction}, page.number ${direction}`,
    [
      metricIds,
      newerThan?.startedAt ?? null,
      newerThan?.number ?? null,
      olderThan?.startedAt ?? null,
      olderThan?.number ?? null,
      limit,
    ],
  );
  const found = new Map<string, Incident[]>();
  for (const { wantedId, number, changeNumber, ...incident } of rows) {
    const ofMetric = found.get(wantedId) ?? [];
    found.set(wantedId, ofMetric);
    ofMetric.push({ ...incident, number: BigInt(number), changeNumber: BigInt(changeNumber) });
  }
  return found;
}

/** How many incidents each metric has; a metric without any is not in the answer. One statement. */
export async function countIncidentsOf(
  pool: pg.Pool,
  metricIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ readonly metricId: string; readonly count: number }>(
    `SELECT metric_id AS "metricId", count(*)::int AS count FROM incident
     WHERE metric_id = ANY($1::uuid[]) GROUP BY metric_id`,
    [metricIds],
  );
  return new Map(rows.map(({ metricId, count }) => [metricId, count]));
}
