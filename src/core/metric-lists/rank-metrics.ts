/** Metrics by how anomalous they were in a window: reads their bars and nothing of their samples. */
import type pg from 'pg';
import { RED_SCORE, YELLOW_SCORE } from '../../detector/likelihood.ts';
import { isInRange, type StoredBar, type StoredBarRange } from '../bars/read-bars.ts';
import {
  type CountedPlaces,
  listMetricConditions,
  type MetricSelection,
  selectCount,
  splitTotal,
} from './select-metrics.ts';

/** A place in the ranking: by rank, then name, then id. */
export interface RankedPlace {
  /** A whole number too long for a JavaScript number. */
  readonly rank: string;
  readonly name: string;
  readonly id: string;
}

/** One page of the ranking, the highest first, or from its end. One statement. */
export async function readRankedMetrics(
  pool: pg.Pool,
  question: {
    readonly selection: MetricSelection;
    readonly range: StoredBarRange;
    readonly after: RankedPlace | null;
    readonly before: RankedPlace | null;
    readonly limit: number;
    readonly fromEnd: boolean;
    /** Whether to count the whole list too. */
    readonly counted: boolean;
  },
): Promise<CountedPlaces<RankedPlace>> {
  const { selection, range, after, before, limit, fromEnd, counted } = question;
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const beyond = ({ rank, name, id }: RankedPlace, worse: '<' | '>', later: '<' | '>') =>
    `(rank ${worse} ${bind(rank)}::bigint
      OR rank = ${bind(rank)}::bigint AND (name, id) ${later} (${bind(name)}, ${bind(id)}::uuid))`;
  const ranked = selectRanked(selection, range, bind);
  const places = [
    ...(after === null ? [] : [beyond(after, '<', '>')]),
    ...(before === null ? [] : [beyond(before, '>', '<')]),
  ];
  const [best, first] = fromEnd ? ['ASC', 'DESC'] : ['DESC', 'ASC'];
  const total = counted ? `, (${selectCount(selection, range, bind)}) AS total` : '';
  const { rows } = await pool.query<RankedPlace & { readonly total?: number }>(
    `SELECT id, name, rank::text AS rank ${total} FROM (${ranked}) AS ranked ${places.length === 0 ? '' : 'WHERE'}
     ${places.join(' AND ')} ORDER BY ranked.rank ${best}, name ${first}, id ${first} LIMIT ${bind(limit)}`,
    values,
  );
  return splitTotal(rows, after === null && before === null);
}

/** Metrics, or all monitored metrics of one server, as one row of a wall. */
export interface RankedRow {
  /** The metric's id, or the server. */
  readonly key: string;
  readonly name: string;
  readonly server: string;
  /** By name. */
  readonly metrics: readonly { readonly id: string; readonly number: number }[];
  /** The bars of each, in no order. */
  readonly bars: readonly (readonly StoredBar[])[];
  /** Highest of its metrics. */
  readonly rank: number;
}

/** The monitored metrics as rows, one each or one per server; `total` is how many there are beyond the limit too. */
export async function readRankedRows(
  pool: pg.Pool,
  question: {
    readonly selection: MetricSelection;
    readonly range: StoredBarRange;
    readonly by: 'METRIC' | 'RESOURCE';
    readonly order: 'ANOMALY' | 'NAME';
    readonly limit: number;
  },
): Promise<{ readonly rows: readonly RankedRow[]; readonly total: number }> {
  const { selection, range, by, order, limit } = question;
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const ranked = selectRanked(selection, range, bind);
  const shown = by === 'METRIC' ? 'min(name)' : 'coalesce(min(tag_name), server)';
  const { rows } = await pool.query<RowOfMetrics>(
    `WITH best AS (
       SELECT ${by === 'METRIC' ? 'id::text' : 'server'} AS key, ${shown} AS name, min(server) AS server,
         array_agg(number ORDER BY name, id) AS numbers, array_agg(id::text ORDER BY name, id) AS ids,
         max(ranked.rank) AS rank, (count(*) OVER ())::int AS total
       FROM (${ranked}) AS ranked WHERE status <> 'UNMONITORED'
       GROUP BY ${by === 'METRIC' ? 'id' : 'server'}
       ORDER BY ${order === 'ANOMALY' ? 'max(ranked.rank) DESC, ' : ''}2, 1 LIMIT ${bind(limit)}
     )
     SELECT best.key, best.name, server, numbers, ids, total, best.rank::float8 / ${RANK_UNITS} AS rank, (
       -- Only of the rows that are shown: making them of all takes most of the time.
       SELECT json_agg((SELECT ${BARS_AS_JSON} FROM bar
         WHERE bar.metric_number = metric.number AND ${isInRange(range, bind)}) ORDER BY metric.place)
       FROM unnest(numbers) WITH ORDINALITY AS metric (number, place)
     ) AS bars FROM best ORDER BY ${order === 'ANOMALY' ? 'best.rank DESC, ' : ''}best.name, best.key`,
    values,
  );
  return { rows: rows.map(toRankedRow), total: rows[0]?.total ?? 0 };
}

/** As JSON, which is read ten times faster than rows: a wall has tens of thousands of bars. */
const BARS_AS_JSON = 'json_agg(json_build_array(extract(epoch FROM start), score, provisional_score))';

interface RowOfMetrics {
  readonly key: string;
  readonly name: string;
  readonly server: string;
  readonly numbers: readonly number[];
  readonly ids: readonly string[];
  /** For each metric its bars, or null. */
  readonly bars: readonly (readonly BarAsJson[] | null)[];
  readonly rank: number;
  readonly total: number;
}

type BarAsJson = readonly [seconds: number, score: number | null, provisionalScore: number | null];

function toRankedRow({ key, name, server, numbers, ids, bars, rank }: RowOfMetrics): RankedRow {
  const metrics = numbers.map((number, place) => ({ number, id: ids[place] ?? '' }));
  const stored = bars.map((list) => (list ?? []).map(toStoredBar));
  return { key, name, server, metrics, bars: stored, rank };
}

function toStoredBar([seconds, score, provisionalScore]: BarAsJson): StoredBar {
  return { startMs: seconds * 1000, score, provisionalScore };
}

/** Ranks are whole numbers of these: sums of them do not depend on the order they are added in. */
const RANK_UNITS = 1e8;

/**
 * Weight of a bar: its class's tier, which no number of bars of a lower class in a window reaches, and its height.
 * What was scored while learning weighs next to nothing.
 */
const BAR_WEIGHT = `greatest(${weigh('score')}, ${weigh('provisional_score')} * 1e-9) * ${RANK_UNITS}`;

function weigh(score: string): string {
  const height = `ln(1 - ${score} + 1e-10) / ln(1e-10)`;
  return `CASE WHEN ${score} >= ${RED_SCORE} THEN 1e9 + 1 WHEN ${score} >= ${YELLOW_SCORE} THEN 1e6 + ${height}
    WHEN ${score} > 0 THEN 1e3 + ${height} ELSE 0 END::float8`;
}

function selectRanked(
  selection: MetricSelection,
  range: StoredBarRange,
  bind: (value: unknown) => string,
): string {
  return `SELECT m.id, m.number, m.name, m.server, m.tag_name, m.status, r.rank FROM metric m CROSS JOIN LATERAL (
      SELECT coalesce(sum((${BAR_WEIGHT})::bigint), 0)::bigint AS rank FROM bar
      WHERE bar.metric_number = m.number AND ${isInRange(range, bind)} OFFSET 0
    ) AS r WHERE ${listMetricConditions(selection, range, bind).join(' AND ')}`;
}
