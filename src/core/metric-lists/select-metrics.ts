/** Which metrics a list is of, as conditions on the table `metric m`. */
import type pg from 'pg';
import type { Datasource, MetricStatus } from '../../model.ts';
import type { TagFilter } from '../metrics/tag-filter.ts';
import { listTagConditions } from '../metrics/tag-conditions.ts';
import { isInRange, type StoredBarRange } from '../bars/read-bars.ts';

/** All conditions have to hold; null lets everything through. */
export interface MetricSelection {
  /** Only metrics of this account. */
  readonly accountId: number | null;
  /** In any case of letters. */
  readonly nameContains: string | null;
  readonly datasource: Datasource | null;
  readonly status: MetricStatus | null;
  readonly server: string | null;
  readonly location: string | null;
  readonly autostackId: string | null;
  /** Checked filters on the tags of the series and of its resource; every one has to match. */
  readonly tags: readonly TagFilter[];
  /** Having a bar in the window with at least this settled score. */
  readonly leastScore: number | null;
}

/** How many metrics the selection lets through. */
export async function countMetrics(
  pool: pg.Pool,
  selection: MetricSelection,
  range: StoredBarRange,
): Promise<number> {
  const values: unknown[] = [];
  const conditions = listMetricConditions(selection, range, (value) => `$${values.push(value)}`);
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM metric m WHERE ${conditions.join(' AND ')}`,
    values,
  );
  return rows[0]?.count ?? 0;
}

/** @returns at least one condition @param bind gives a value its place in the statement */
export function listMetricConditions(
  selection: MetricSelection,
  range: StoredBarRange,
  bind: (value: unknown) => string,
): readonly string[] {
  const { nameContains, leastScore } = selection;
  const equal = (column: string, type: string, value: string | null) =>
    value === null ? [] : [`m.${column} = ${bind(value)}::${type}`];
  return [
    'true',
    ...(selection.accountId === null ? [] : [`m.account_id = ${bind(selection.accountId)}::int`]),
    ...(nameContains === null ? [] : [`strpos(lower(m.name), lower(${bind(nameContains)})) > 0`]),
    ...equal('datasource', 'datasource', selection.datasource),
    ...equal('status', 'metric_status', selection.status),
    ...equal('server', 'text', selection.server),
    ...equal('location', 'text', selection.location),
    ...equal('autostack_id', 'uuid', selection.autostackId),
    ...listTagConditions(selection.tags, bind),
    ...(leastScore === null ? [] : [hasUnusualBar(range, leastScore, bind)]),
  ];
}

function hasUnusualBar(range: StoredBarRange, leastScore: number, bind: (value: unknown) => string): string {
  return `EXISTS (SELECT FROM bar WHERE bar.metric_number = m.number AND ${isInRange(range, bind)}
    AND bar.score >= ${bind(leastScore)} OFFSET 0)`;
}
