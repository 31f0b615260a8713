/** Pages of a table in an order of texts: which rows come next, and where each stands. One statement. */
import type pg from 'pg';

/** A row, and its place: what each column of the order holds. */
export interface KeysetRow {
  readonly id: string;
  readonly place: readonly string[];
}

export interface KeysetPage {
  /** Neither end belongs to the page; null for open. */
  readonly after: readonly string[] | null;
  readonly before: readonly string[] | null;
  readonly limit: number;
  /** From the end of the list, then in reverse. */
  readonly fromEnd: boolean;
}

/** Conditions with the values of their places in the statement. */
export interface BoundConditions {
  readonly conditions: readonly string[];
  readonly values: unknown[];
}

/**
 * @param table with its alias, as `resource r`
 * @param columns the order; the last one is unique
 */
export async function readKeyset(
  pool: pg.Pool,
  { table, columns, where }: { table: string; columns: readonly string[]; where: BoundConditions },
  { after, before, limit, fromEnd }: KeysetPage,
): Promise<readonly KeysetRow[]> {
  const values = [...where.values];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const row = columns.map((column) => `${column}::text`).join(', ');
  const beyond = (side: '<' | '>', place: readonly string[] | null) =>
    place === null ? [] : [`(${row}) ${side} (${place.map((value) => `${bind(value)}::text`).join(', ')})`];
  const conditions = [...where.conditions, ...beyond('>', after), ...beyond('<', before)];
  const direction = fromEnd ? 'DESC' : 'ASC';
  const { rows } = await pool.query<KeysetRow>(
    `SELECT ${columns.at(-1) ?? ''} AS id, ARRAY[${row}] AS place FROM ${table} WHERE ${conditions.join(' AND ')}
     ORDER BY ${columns.map((column) => `${column}::text ${direction}`).join(', ')} LIMIT ${bind(limit)}`,
    values,
  );
  return rows;
}

export async function countRows(
  pool: pg.Pool,
  table: string,
  { conditions, values }: BoundConditions,
): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${table} WHERE ${conditions.join(' AND ')}`,
    values,
  );
  return rows[0]?.count ?? 0;
}
