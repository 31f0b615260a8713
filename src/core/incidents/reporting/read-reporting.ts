/** When metrics reported in the last weeks: from their newest samples, and from the stored bars, which are few. */
import type pg from 'pg';
import { BAR_MINUTES } from '../../bars/bar-window.ts';
import { findSamples } from '../../samples/find-samples.ts';
import type { StoredSample } from '../../samples/stored-sample.ts';
import { HISTORY_WEEKS, SLOT_MS, type ReportingHistory } from './silence-limit.ts';

/** Bounds the bars that are read at once. */
const METRICS_AT_ONCE = 50;
const NEWEST_SAMPLES = 50;
/** Of fewer no step is known. */
const MIN_SAMPLES = 10;
const HISTORY_MS = HISTORY_WEEKS * 7 * 86_400_000;

interface PauseRow {
  readonly number: number;
  readonly from_ms: number;
  readonly to_ms: number;
  /** Null when there are none. */
  readonly begins: readonly number[] | null;
  readonly ends: readonly number[] | null;
}

const READ_PAUSES = `
  SELECT number, min(start) AS from_ms, max(start) AS to_ms,
    array_agg(previous ORDER BY start) FILTER (WHERE start - previous > $4::float8) AS begins,
    array_agg(start ORDER BY start) FILTER (WHERE start - previous > $4::float8) AS ends
  FROM (
    SELECT number, start, lag(start) OVER (PARTITION BY number ORDER BY start) AS previous
    FROM unnest($1::int[]) AS number CROSS JOIN LATERAL (
      SELECT extract(epoch FROM start)::float8 * 1000 AS start FROM bar
      WHERE metric_number = number AND minutes = $2 AND start >= to_timestamp($3::float8 / 1000)
    ) AS slot
  ) AS slots GROUP BY number`;

/** @returns by metric; one with too few samples, or none in the last four weeks, is not in the answer */
export async function readReporting(
  pool: Pick<pg.Pool, 'query'>,
  metricNumbers: readonly number[],
  nowMs: number,
): Promise<ReadonlyMap<number, ReportingHistory>> {
  const found = new Map<number, ReportingHistory>();
  for (let from = 0; from < metricNumbers.length; from += METRICS_AT_ONCE) {
    const numbers = metricNumbers.slice(from, from + METRICS_AT_ONCE);
    const ranges = numbers.map((metricNumber) => ({ metricNumber, fromMs: null, toMs: null }));
    const order = { descending: true, limit: NEWEST_SAMPLES };
    const newest = await findSamples(pool, ranges, { isScored: true }, order);
    const values = [numbers, BAR_MINUTES.HOURS, nowMs - HISTORY_MS, SLOT_MS];
    const { rows } = await pool.query<PauseRow>(READ_PAUSES, values);
    const pauses = new Map(rows.map((row) => [row.number, row]));
    for (const [index, number] of numbers.entries()) {
      const history = toHistory(newest[index] ?? [], pauses.get(number));
      if (history !== null) found.set(number, history);
    }
  }
  return found;
}

/** @param newest newest first */
function toHistory(newest: readonly StoredSample[], row: PauseRow | undefined): ReportingHistory | null {
  const [last] = newest;
  if (last === undefined || row === undefined || newest.length < MIN_SAMPLES) return null;
  const steps = newest
    .slice(1)
    .map(({ timestampMs }, index) => (newest[index]?.timestampMs ?? timestampMs) - timestampMs)
    .sort((a, b) => a - b);
  const ends = row.ends ?? [];
  return {
    last,
    stepMs: steps[Math.floor(steps.length / 2)] ?? 0,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    pauses: (row.begins ?? []).map((fromMs, index) => ({ fromMs, toMs: ends[index] ?? fromMs })),
  };
}
