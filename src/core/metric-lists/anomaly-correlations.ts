/** What else was anomalous then: metrics ranked by how anomalous they were in a range, and how alike in time. */
import type pg from 'pg';
import { isInRange, type StoredBarRange } from '../bars/read-bars.ts';
import { ordersOfScore, YELLOW_SCORE } from '../../detector/likelihood.ts';
import { countIntervals, widenRange } from './anomaly-rate.ts';
import { listMetricConditions, type MetricSelection } from './select-metrics.ts';

/** An interval at which a metric was at least yellow. */
export interface AnomalousInterval {
  readonly startMs: number;
  readonly score: number;
}

export interface AnomalyCorrelation {
  readonly metricNumber: number;
  /** Highest score in the range. */
  readonly score: number;
  /** Start of its first anomalous interval. */
  readonly firstMs: number;
  /** Intervals of the range at which it was anomalous, as a share of all of them. */
  readonly share: number;
  /** Sum of its severities: orders of magnitude beyond the last that is not anomalous, over the intervals. */
  readonly severity: number;
  /**
   * Cosine of the angle between its severities and those of the metric asked for, interval by interval: 1 where both
   * rise and fall together, 0 where they were never anomalous at the same time. Null when none was asked for.
   */
  readonly similarity: number | null;
}

/** Severity of a score that is just yellow, less one: orders of magnitude that do not count. */
const CALM_ORDERS = ordersOfScore(YELLOW_SCORE) - 1;

/**
 * The metrics of the selection that were anomalous in the range, the most alike first when a metric is given, else the
 * most severe. One statement.
 * @param reference the metric others are compared with; it is not among them
 */
export async function readAnomalyCorrelations(
  pool: pg.Pool,
  question: {
    readonly selection: MetricSelection;
    readonly range: StoredBarRange;
    readonly reference: number | null;
  },
): Promise<readonly AnomalyCorrelation[]> {
  const { selection, range, reference } = question;
  const found = await readAnomalousIntervals(pool, selection, range, reference);
  return rankByLikeness(found, countIntervals(range), reference);
}

async function readAnomalousIntervals(
  pool: pg.Pool,
  selection: MetricSelection,
  range: StoredBarRange,
  reference: number | null,
): Promise<ReadonlyMap<number, readonly AnomalousInterval[]>> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const wider = widenRange(range);
  // Few are anomalous: a look at the wider bars, which hold the highest of the narrow ones, spares the others a longer one.
  const mayBe =
    wider === null
      ? ''
      : `AND EXISTS (SELECT FROM bar WHERE bar.metric_number = m.number AND ${isInRange(wider, bind)}
           AND score >= ${YELLOW_SCORE} OFFSET 0)`;
  const { rows } = await pool.query<[number, readonly number[], readonly number[]]>({
    text: `SELECT m.number, b.starts, b.scores FROM metric m CROSS JOIN LATERAL (
        SELECT array_agg(extract(epoch FROM start)::float8 * 1000 ORDER BY start) AS starts,
               array_agg(score ORDER BY start) AS scores
        FROM bar WHERE bar.metric_number = m.number AND ${isInRange(range, bind)} AND score >= ${YELLOW_SCORE}
      ) AS b
      WHERE b.starts IS NOT NULL ${mayBe}
        AND (${listMetricConditions(selection, range, bind).join(' AND ')} OR m.number = ${bind(reference)}::int)`,
    values,
    rowMode: 'array',
  });
  return new Map(
    rows.map(([number, starts, scores]) => [
      number,
      starts.map((startMs, place) => ({ startMs, score: scores[place] ?? 0 })),
    ]),
  );
}

/** @param intervals of the range @param reference null, or the number of one that may be among the metrics */
export function rankByLikeness(
  metrics: ReadonlyMap<number, readonly AnomalousInterval[]>,
  intervals: number,
  reference: number | null,
): readonly AnomalyCorrelation[] {
  const compared = reference === null ? null : toSeverities(metrics.get(reference) ?? []);
  const ranked: AnomalyCorrelation[] = [];
  for (const [metricNumber, anomalous] of metrics) {
    const [first] = anomalous;
    if (first === undefined || metricNumber === reference) continue;
    const severities = toSeverities(anomalous);
    ranked.push({
      metricNumber,
      score: Math.max(...anomalous.map(({ score }) => score)),
      firstMs: first.startMs,
      share: anomalous.length / intervals,
      severity: [...severities.values()].reduce((sum, severity) => sum + severity, 0),
      similarity: compared === null ? null : measureCosine(severities, compared),
    });
  }
  return ranked.sort(
    (a, b) =>
      (b.similarity ?? 0) - (a.similarity ?? 0) || b.severity - a.severity || a.metricNumber - b.metricNumber,
  );
}

function toSeverities(anomalous: readonly AnomalousInterval[]): ReadonlyMap<number, number> {
  return new Map(anomalous.map(({ startMs, score }) => [startMs, ordersOfScore(score) - CALM_ORDERS]));
}

/** 0 where either has none. */
function measureCosine(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number {
  let product = 0;
  for (const [startMs, severity] of a) product += severity * (b.get(startMs) ?? 0);
  const length = Math.sqrt(sumSquares(a) * sumSquares(b));
  return length === 0 ? 0 : Math.min(1, product / length);
}

function sumSquares(severities: ReadonlyMap<number, number>): number {
  return [...severities.values()].reduce((sum, severity) => sum + severity * severity, 0);
}
