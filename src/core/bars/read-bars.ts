/** Reads stored bars: the highest of several metrics together, for many such groups in one statement. */
import type pg from 'pg';

/** 24 slots, or any span of time, and how wide a bar is. */
export interface StoredBarRange {
  readonly minutes: number;
  /** Belongs to the range. */
  readonly fromMs: number;
  /** Does not. */
  readonly toMs: number;
}

export interface StoredBar {
  readonly startMs: number;
  /** Highest settled score; null when all were made while learning. */
  readonly score: number | null;
  readonly provisionalScore: number | null;
}

/** What bars are read for, with the metrics of each. */
const OWNERS = {
  METRIC: 'SELECT number AS owner, number FROM unnest($1::int[]) AS u (number)',
  RESOURCE: 'SELECT resource_id AS owner, number FROM metric WHERE resource_id = ANY($1::uuid[])',
  AUTOSTACK: 'SELECT autostack_id AS owner, number FROM metric WHERE autostack_id = ANY($1::uuid[])',
} as const;
export type BarOwner = keyof typeof OWNERS;

/** Condition on the table `bar`; the slots of the range. */
export function isInRange(range: StoredBarRange, bind: (value: unknown) => string): string {
  return `bar.minutes = ${bind(range.minutes)} AND bar.start >= to_timestamp(${bind(range.fromMs)}::float8 / 1000)
    AND bar.start < to_timestamp(${bind(range.toMs)}::float8 / 1000)`;
}

/**
 * The bars of each owner, oldest first; where nothing was scored there is none, and an owner without any is not in
 * the answer. One statement.
 */
export async function readBars<Key extends string | number>(
  pool: pg.Pool,
  owner: BarOwner,
  keys: readonly Key[],
  range: StoredBarRange,
): Promise<ReadonlyMap<Key, readonly StoredBar[]>> {
  const values: unknown[] = [keys];
  const { rows } = await pool.query<[Key, number, number | null, number | null]>({
    text: `SELECT o.owner, extract(epoch FROM b.start)::float8, max(b.score), max(b.provisional_score)
     FROM (${OWNERS[owner]}) AS o CROSS JOIN LATERAL (
       SELECT start, score, provisional_score FROM bar
       WHERE bar.metric_number = o.number AND ${isInRange(range, (value) => `$${values.push(value)}`)} OFFSET 0
     ) AS b GROUP BY 1, 2 ORDER BY 2`,
    values,
    rowMode: 'array',
  });
  return groupRows(rows, ([, seconds, score, provisionalScore]) => ({
    startMs: seconds * 1000,
    score,
    provisionalScore,
  }));
}

export interface BarCount {
  readonly startMs: number;
  readonly count: number;
}

/** Only these count; the counts of wider ones are sums of theirs. */
const COUNTED_MINUTES = 5;

/** How many scored samples lie in each slot of the range; slots without any are left out. */
export async function readBarCounts<Key extends string | number>(
  pool: pg.Pool,
  owner: BarOwner,
  keys: readonly Key[],
  range: StoredBarRange,
): Promise<ReadonlyMap<Key, readonly BarCount[]>> {
  const values: unknown[] = [keys, range.minutes * 60];
  const { rows } = await pool.query<[Key, number, number]>({
    text: `SELECT o.owner, floor(extract(epoch FROM b.start) / $2::float8) * $2, sum(b.count)::float8
     FROM (${OWNERS[owner]}) AS o CROSS JOIN LATERAL (
       SELECT start, count FROM bar
       WHERE bar.metric_number = o.number AND ${isInRange({ ...range, minutes: COUNTED_MINUTES }, (value) => `$${values.push(value)}`)}
       OFFSET 0
     ) AS b GROUP BY 1, 2`,
    values,
    rowMode: 'array',
  });
  return groupRows(rows, ([, seconds, count]) => ({ startMs: seconds * 1000, count }));
}

function groupRows<Key, Row extends readonly [Key, ...unknown[]], T>(
  rows: readonly Row[],
  toValue: (row: Row) => T,
): ReadonlyMap<Key, readonly T[]> {
  const groups = new Map<Key, T[]>();
  for (const row of rows) {
    const group = groups.get(row[0]);
    if (group === undefined) groups.set(row[0], [toValue(row)]);
    else group.push(toValue(row));
  }
  return groups;
}
