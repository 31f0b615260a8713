/** Reads the members of several autostacks at once, so that a list of autostacks costs no more statements than one. */
import type pg from 'pg';
import type { PrismaClient, Resource } from '../../generated/prisma/client.ts';

/** Which members of each autostack, in the order of their ids. */
export interface MemberWindow {
  /** Ids of resources as their source has them; neither end belongs to the window, null for open. */
  readonly after: string | null;
  readonly before: string | null;
  readonly order: 'asc' | 'desc';
  /** Maximum number of members per autostack. */
  readonly limit: number;
}

/** @returns by the uuid of the autostack, in the order asked for; one without any is not in the answer */
export async function readMembersOf(
  { pool, prisma }: { readonly pool: pg.Pool; readonly prisma: Pick<PrismaClient, 'resource'> },
  stackIds: readonly string[],
  { after, before, order, limit }: MemberWindow,
): Promise<ReadonlyMap<string, readonly Resource[]>> {
  const direction = order === 'asc' ? 'ASC' : 'DESC';
  const { rows } = await pool.query<{ readonly stackId: string; readonly ids: readonly string[] }>(
    `SELECT wanted.id AS "stackId", array_agg(page.id ORDER BY page.resource_id ${direction}) AS ids
     FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
       SELECT r.id, r.resource_id FROM autostack_member m JOIN resource r ON r.id = m.resource_id
       WHERE m.autostack_id = wanted.id AND m.left_at IS NULL
         AND ($2::text IS NULL OR r.resource_id > $2) AND ($3::text IS NULL OR r.resource_id < $3)
       ORDER BY r.resource_id ${direction} LIMIT $4
     ) AS page GROUP BY wanted.id`,
    [stackIds, after, before, limit],
  );
  const ids = [...new Set(rows.flatMap((row) => row.ids))];
  const resources = await prisma.resource.findMany({ where: { id: { in: ids } } });
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  return new Map(
    rows.map((row) => [
      row.stackId,
      // One that was deleted meanwhile is left out.
      row.ids.flatMap((id) => byId.get(id) ?? []),
    ]),
  );
}

/** How many members each autostack has; one without any is not in the answer. One statement. */
export async function countMembersOf(
  pool: pg.Pool,
  stackIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ readonly stackId: string; readonly count: number }>(
    `SELECT autostack_id AS "stackId", count(*)::int AS count FROM autostack_member
     WHERE autostack_id = ANY($1::uuid[]) AND left_at IS NULL GROUP BY autostack_id`,
    [stackIds],
  );
  return new Map(rows.map(({ stackId, count }) => [stackId, count]));
}
