/** Which pushed metrics a policy means. */
import type pg from 'pg';
import { listTagConditions, toLikePattern } from '../../metrics/tag-conditions.ts';
import type { PolicyMatch } from './policy.ts';

export interface MatchCounts {
  readonly matched: number;
  /** How many of them are monitored. */
  readonly monitored: number;
  /** Resources of those that are not. */
  readonly servers: readonly string[];
  /** Names of some that are not, the first by name. */
  readonly names: readonly string[];
}

const MAX_EXAMPLES = 10;

/** One statement. */
export async function countMatching(
  pool: Pick<pg.Pool, 'query'>,
  accountId: number,
  match: PolicyMatch,
): Promise<MatchCounts> {
  const values: unknown[] = [];
  const conditions = listConditions(accountId, match, (value) => `$${values.push(value)}`);
  const { rows } = await pool.query<{
    matched: number;
    monitored: number;
    servers: readonly string[];
    names: readonly string[];
  }>(
    `WITH matching AS (SELECT name, server, status FROM metric m WHERE ${conditions.join(' AND ')}),
       idle AS (SELECT name, server FROM matching WHERE status = 'UNMONITORED')
     SELECT (SELECT count(*) FROM matching)::int AS matched,
       (SELECT count(*) FROM matching WHERE status <> 'UNMONITORED')::int AS monitored,
       ARRAY(SELECT DISTINCT server FROM idle) AS servers,
       ARRAY(SELECT name FROM idle ORDER BY name LIMIT ${MAX_EXAMPLES}) AS names`,
    values,
  );
  return rows[0] ?? { matched: 0, monitored: 0, servers: [], names: [] };
}

/**
 * The keys of those that are not monitored, in their order.
 * @param after the last key of the page before; 0 for the first
 */
export async function listUnmonitored(
  pool: Pick<pg.Pool, 'query'>,
  accountId: number,
  match: PolicyMatch,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly number[]> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions = listConditions(accountId, match, bind);
  const { rows } = await pool.query<{ number: number }>(
    `SELECT number FROM metric m WHERE ${conditions.join(' AND ')} AND status = 'UNMONITORED'
       AND number > ${bind(after)} ORDER BY number LIMIT ${bind(limit)}`,
    values,
  );
  return rows.map(({ number }) => number);
}

function listConditions(
  accountId: number,
  { namePattern, tags, sources }: PolicyMatch,
  bind: (value: unknown) => string,
): readonly string[] {
  return [
    `m.account_id = ${bind(accountId)}::int`,
    "m.datasource = 'CUSTOM'",
    `'CUSTOM' = ANY (${bind(sources)}::text[])`,
    ...(namePattern === null ? [] : [`m.name LIKE ${bind(toLikePattern(namePattern))}`]),
    ...listTagConditions(tags, bind),
  ];
}
