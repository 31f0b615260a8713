/** Reads a page of incidents of each of several metrics at once, so that a list of metrics costs no more than one. */
import type pg from 'pg';
import type { Incident, PrismaClient } from '../../generated/prisma/client.ts';

/** A part of the list of a metric's incidents, which are numbered as they come to be. */
export interface IncidentWindow {
  /** Neither end belongs to the window; null for open. Texts, as numbers of 64 bits are in JSON. */
  readonly afterNumber: string | null;
  readonly beforeNumber: string | null;
  readonly order: 'asc' | 'desc';
  /** Maximum number of incidents per metric. */
  readonly limit: number;
}

/** A statement of PostgreSQL takes no more than 65,535 values. */
const IDS_PER_STATEMENT = 10_000;

/** By metric, in the order asked for; a metric without any is not in the answer. */
export async function readIncidents(
  { pool, prisma }: { readonly pool: pg.Pool; readonly prisma: PrismaClient },
  metricIds: readonly string[],
  { afterNumber, beforeNumber, order, limit }: IncidentWindow,
): Promise<ReadonlyMap<string, readonly Incident[]>> {
  const direction = order === 'asc' ? 'ASC' : 'DESC';
  const { rows } = await pool.query<{ readonly metricId: string; readonly ids: readonly string[] }>(
    `SELECT wanted.id AS "metricId", array_agg(page.id ORDER BY page.number ${direction}) AS ids
     FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
       SELECT id, number FROM incident
       WHERE metric_id = wanted.id AND ($2::bigint IS NULL OR number > $2) AND ($3::bigint IS NULL OR number < $3)
       ORDER BY number ${direction} LIMIT $4
     ) AS page GROUP BY wanted.id`,
    [metricIds, afterNumber, beforeNumber, limit],
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

async function findIncidents(prisma: PrismaClient, ids: readonly string[]): Promise<Map<string, Incident>> {
  const found = new Map<string, Incident>();
  for (let start = 0; start < ids.length; start += IDS_PER_STATEMENT) {
    const part = ids.slice(start, start + IDS_PER_STATEMENT);
    for (const incident of await prisma.incident.findMany({ where: { id: { in: part } } }))
      found.set(incident.id, incident);
  }
  return found;
}
