/** The anomaly rate: which share of metrics is anomalous at each interval of a range. Reads bars and no samples. */
import type pg from 'pg';
import { isInRange, type StoredBarRange } from '../bars/read-bars.ts';
import { RED_SCORE, YELLOW_SCORE } from '../../detector/likelihood.ts';
import { listMetricConditions, type MetricSelection } from './select-metrics.ts';

export interface AnomalyRateInterval {
  readonly startMs: number;
  /** Metrics that were scored in it by a model that has learned. */
  readonly scored: number;
  readonly red: number;
  /** At least yellow: those that were red included. */
  readonly anomalous: number;
}

/** Widths of stored bars, narrowest first. */
const WIDTHS = [5, 60, 480] as const;
/** Bars of one metric that are read at most; as many as fit are drawn beside each other. */
export const MAX_INTERVALS = 48;

/**
 * The bars that cover a range: the narrowest of which MAX_INTERVALS are enough, else the widest. Their first and last
 * reach beyond its ends.
 */
export function coverRange(fromMs: number, toMs: number): StoredBarRange {
  const widths = WIDTHS.map((minutes) => spanBars(minutes, fromMs, toMs));
  const narrowest = widths.find((range) => countIntervals(range) <= MAX_INTERVALS);
  return narrowest ?? spanBars(480, fromMs, toMs);
}

function spanBars(minutes: number, fromMs: number, toMs: number): StoredBarRange {
  const widthMs = minutes * 60_000;
  return {
    minutes,
    fromMs: Math.floor(fromMs / widthMs) * widthMs,
    toMs: Math.max(Math.ceil(toMs / widthMs), Math.floor(fromMs / widthMs) + 1) * widthMs,
  };
}

/** The same time in the next wider bars; null for the widest. */
export function widenRange({ minutes, fromMs, toMs }: StoredBarRange): StoredBarRange | null {
  const wider = WIDTHS.find((width) => width > minutes);
  return wider === undefined ? null : spanBars(wider, fromMs, toMs);
}

export function countIntervals({ minutes, fromMs, toMs }: StoredBarRange): number {
  return (toMs - fromMs) / (minutes * 60_000);
}

/** One for each interval of the range, oldest first, also where nothing was scored. One statement. */
export async function readAnomalyRate(
  pool: pg.Pool,
  selection: MetricSelection,
  range: StoredBarRange,
): Promise<readonly AnomalyRateInterval[]> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const { rows } = await pool.query<[number, number, number, number]>({
    text: `SELECT extract(epoch FROM b.start)::float8 * 1000, count(*)::int,
        (count(*) FILTER (WHERE b.score >= ${RED_SCORE}))::int, (count(*) FILTER (WHERE b.score >= ${YELLOW_SCORE}))::int
      FROM metric m CROSS JOIN LATERAL (
        SELECT start, score FROM bar
        WHERE bar.metric_number = m.number AND ${isInRange(range, bind)} AND score IS NOT NULL OFFSET 0
      ) AS b WHERE ${listMetricConditions(selection, range, bind).join(' AND ')} GROUP BY b.start`,
    values,
    rowMode: 'array',
  });
  const found = new Map(rows.map(([startMs, ...counts]) => [startMs, counts]));
  return Array.from({ length: countIntervals(range) }, (_, place) => {
    const startMs = range.fromMs + place * range.minutes * 60_000;
    const [scored = 0, red = 0, anomalous = 0] = found.get(startMs) ?? [];
    return { startMs, scored, red, anomalous };
  });
}
