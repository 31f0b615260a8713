/** Reads the notes on the resources of several metrics at once, so that a list of metrics costs one statement. */
import type pg from 'pg';
import type { Annotation } from '../../generated/prisma/client.ts';

export interface AnnotationWindow {
  /** Both ends belong to the window; null for open. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Maximum number of notes per resource: the newest are read. */
  readonly limit: number;
}

interface AnnotationRow extends Annotation {
  readonly metricNumbers: readonly number[];
}

/** By metric, in the order of the times they are about; a metric without any is not in the answer. One statement. */
export async function readAnnotations(
  pool: pg.Pool,
  metricNumbers: readonly number[],
  { fromMs, toMs, limit }: AnnotationWindow,
): Promise<ReadonlyMap<number, readonly Annotation[]>> {
  const { rows } = await pool.query<AnnotationRow>(
    `SELECT resource.numbers AS "metricNumbers", note.* FROM (
       SELECT account_id, server, array_agg(number) AS numbers FROM metric WHERE number = ANY($1)
       GROUP BY account_id, server
     ) AS resource CROSS JOIN LATERAL (
       SELECT id, "timestamp", created_at AS "createdAt", device, user_name AS "user", account_id AS "accountId", server,
         message, data
       FROM annotation WHERE account_id = resource.account_id AND server = resource.server
         AND "timestamp" >= coalesce(to_timestamp($2::float8 / 1000), '-infinity')
         AND "timestamp" <= coalesce(to_timestamp($3::float8 / 1000), 'infinity')
       ORDER BY "timestamp" DESC, id DESC LIMIT $4
     ) AS note ORDER BY note."timestamp", note.id`,
    [metricNumbers, fromMs, toMs, limit],
  );
  const found = new Map<number, Annotation[]>();
  for (const { metricNumbers: numbers, ...annotation } of rows) {
    for (const number of numbers) {
      const ofMetric = found.get(number) ?? [];
      found.set(number, ofMetric);
      ofMetric.push(annotation);
    }
  }
  return found;
}
