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

/** A statement of PostgreSQL takes no more than 65,535 values. */
const IDS_PER_STATEMENT = 10_000;

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
 * A page for each of several metrics at once, so that a list of metrics costs no more than one.
 * @returns by metric, in the order asked for; a metric without any is not in the answer
 */
export async function readIncidentsOf(
  { pool, prisma }: { readonly pool: pg.Pool; readonly prisma: PrismaClient },
  metricIds: readonly string[],
  { newerThan, olderThan, order, limit }: IncidentWindow,
): Promise<ReadonlyMap<string, readonly Incident[]>> {
  const direction = order === 'asc' ? 'ASC' : 'DESC';
  const { rows } = await pool.query<{ readonly metricId: string; readonly ids: readonly string[] }>(
    `SELECT wanted.id AS "metricId", array_agg(page.id ORDER BY page.started_at ${direction}, page.number ${direction}) AS ids
     FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
       SELECT id, number, started_at FROM incident
       WHERE metric_id = wanted.id
         AND ($2::timestamptz IS NULL OR (started_at, number) > ($2, $3::bigint))
         AND ($4::timestamptz IS NULL OR (started_at, number) < ($4, $5::bigint))
       ORDER BY started_at ${direction}, number ${direction} LIMIT $6
     ) AS page GROUP BY wanted.id`,
    [
      metricIds,
      newerThan?.startedAt ?? null,
      newerThan?.number ?? null,
      olderThan?.startedAt ?? null,
      olderThan?.number ?? null,
      limit,
    ],
  );
  const byId = await findIncidents(
    prisma,
    rows.flatMap(({ ids }) => ids),
  );
  return new Map(
    rows.map(({ metricId, ids }) => [
      metricId,
      // One that was deleted meanwhile is left out.
      ids.flatMap((id) => byId.get(id) ?? []),
    ]),
  );
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

async function findIncidents(prisma: PrismaClient, ids: readonly string[]): Promise<Map<string, Incident>> {
  const found = new Map<string, Incident>();
  for (let start = 0; start < ids.length; start += IDS_PER_STATEMENT) {
    const part = ids.slice(start, start + IDS_PER_STATEMENT);
    for (const incident of await prisma.incident.findMany({ where: { id: { in: part } } }))
      found.set(incident.id, incident);
  }
  return found;
}
