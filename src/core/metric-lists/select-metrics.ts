/** Which metrics a list is of, as conditions on the table `metric m`. */
import type pg from 'pg';
import type { Datasource, MetricStatus } from '../../model.ts';
import { toLikePattern } from '../metrics/like-pattern.ts';
import type { TagFilter } from '../metrics/tag-filter.ts';
import { listTagConditions } from '../metrics/tag-conditions.ts';
import { isInRange, type StoredBarRange } from '../bars/read-bars.ts';

/** All conditions have to hold; null lets everything through. */
export interface MetricSelection {
  /** Only metrics of this account. */
  readonly accountId: number | null;
  /** Their uuids. */
  readonly ids: readonly string[] | null;
  /** Whole names. */
  readonly names: readonly string[] | null;
  /** In any case of letters. */
  readonly nameContains: string | null;
  /** Of the whole name, with the wildcards of tag filters. */
  readonly namePattern: string | null;
  readonly datasources: readonly Datasource[] | null;
  readonly statuses: readonly MetricStatus[] | null;
  readonly servers: readonly string[] | null;
  readonly locations: readonly string[] | null;
  readonly autostackIds: readonly string[] | null;
  /** Of a resource that is a member of one of these autostacks now. */
  readonly memberOfAutostackIds: readonly string[] | null;
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
  const counted = selectCount(selection, range, (value) => `$${values.push(value)}`);
  const { rows } = await pool.query<{ count: number }>(counted, values);
  return rows[0]?.count ?? 0;
}

/** The statement that counts them, as `count`. @param bind gives a value its place in the statement */
export function selectCount(
  selection: MetricSelection,
  range: StoredBarRange,
  bind: (value: unknown) => string,
): string {
  const conditions = listMetricConditions(selection, range, bind);
  return `SELECT count(*)::int AS count FROM metric m WHERE ${conditions.join(' AND ')}`;
}

/** A page of a list, and how many there are on all pages where its statement says so. */
export interface CountedPlaces<Place> {
  readonly places: readonly Place[];
  readonly total: number | null;
}

/**
 * Splits the number of all from the rows, each of which has it where it was asked for.
 * @param fromEnds whether the page begins at an end of the list: without a row there is none anywhere
 */
export function splitTotal<Place extends object>(
  rows: readonly (Place & { readonly total?: number })[],
  fromEnds: boolean,
): CountedPlaces<Place> {
  const [first] = rows;
  return { places: rows, total: first === undefined && fromEnds ? 0 : (first?.total ?? null) };
}

/** @returns at least one condition @param bind gives a value its place in the statement */
export function listMetricConditions(
  selection: MetricSelection,
  range: StoredBarRange,
  bind: (value: unknown) => string,
): readonly string[] {
  const { nameContains, namePattern, leastScore, memberOfAutostackIds: memberOf } = selection;
  const isOneOf = (column: string, type: string, values: readonly string[] | null) =>
    values === null ? [] : [`m.${column} = ANY(${bind(values)}::${type}[])`];
  return [
    'true',
    ...(selection.accountId === null ? [] : [`m.account_id = ${bind(selection.accountId)}::int`]),
    ...(nameContains === null ? [] : [`strpos(lower(m.name), lower(${bind(nameContains)})) > 0`]),
    ...(namePattern === null ? [] : [`m.name LIKE ${bind(toLikePattern(namePattern))}`]),
    ...isOneOf('id', 'uuid', selection.ids),
    ...isOneOf('name', 'text', selection.names),
    ...isOneOf('datasource', 'datasource', selection.datasources),
    ...isOneOf('status', 'metric_status', selection.statuses),
    ...isOneOf('server', 'text', selection.servers),
    ...isOneOf('location', 'text', selection.locations),
    ...isOneOf('autostack_id', 'uuid', selection.autostackIds),
    ...(memberOf === null
      ? []
      : [
          `m.resource_id IN (SELECT resource_id FROM autostack_member
             WHERE autostack_id = ANY(${bind(memberOf)}::uuid[]) AND left_at IS NULL)`,
        ]),
    ...listTagConditions(selection.tags, bind),
    ...(leastScore === null ? [] : [hasBarOfScore(range, leastScore, bind)]),
  ];
}

function hasBarOfScore(range: StoredBarRange, leastScore: number, bind: (value: unknown) => string): string {
  return `EXISTS (SELECT FROM bar WHERE bar.metric_number = m.number AND ${isInRange(range, bind)}
    AND bar.score >= ${bind(leastScore)} OFFSET 0)`;
}
