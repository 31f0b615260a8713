/** Which metrics have certain tags, as the database says. */
import type pg from 'pg';
import { listTagConditions } from './tag-conditions.ts';
import type { TagFilter } from './tag-filter.ts';

/**
 * @param filters checked ones: every one has to match the tags of the series, or else of its resource
 * @returns those of the given metrics they match
 */
export async function readTagged(
  pool: Pick<pg.Pool, 'query'>,
  filters: readonly TagFilter[],
  metricNumbers: readonly number[],
): Promise<readonly number[]> {
  if (metricNumbers.length === 0) return [];
  const values: unknown[] = [metricNumbers];
  const conditions = listTagConditions(filters, (value) => `$${values.push(value)}`);
  const { rows } = await pool.query<{ number: number }>(
    `SELECT number FROM metric m WHERE number = ANY($1::int[]) AND ${conditions.join(' AND ')}`,
    values,
  );
  return rows.map(({ number }) => number);
}
