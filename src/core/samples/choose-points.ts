/** Chooses the samples of a chart: all anomalies, and of each span of time the lowest and the highest value. */
import { findTime, PRESENT, type SampleColumns } from './packed/sample-columns.ts';

/** How the points of one metric are chosen. */
export interface PointPlan {
  readonly firstMs: number;
  readonly lastMs: number;
  /** Spans of time, each giving its lowest and highest value. */
  readonly buckets: number;
  /** The highest-scored anomalies that are kept; all of them unless there are more than points allowed. */
  readonly anomalies: number;
}

/** One sample of a chart. */
export interface SeriesPoint {
  readonly timestampMs: number;
  readonly value: number;
  readonly score: number | null;
  readonly expected: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Samples by an index: points, or columns of a block. */
interface Indexed {
  readonly timeOf: (index: number) => number;
  readonly valueOf: (index: number) => number;
  /** -1 where there is none. */
  readonly scoreOf: (index: number) => number;
}

/** In which span of time a sample lies. */
export function bucketOf({ firstMs, lastMs, buckets }: PointPlan, timestampMs: number): number {
  return Math.floor(((timestampMs - firstMs) / (lastMs - firstMs + 1)) * buckets);
}

/** Of some of a metric's samples those that stay, in time order: what stays of two choices is what stays of both. */
export function choosePoints(
  plan: PointPlan,
  points: readonly SeriesPoint[],
  anomalyScore: number,
): readonly SeriesPoint[] {
  const ordered = points.toSorted((a, b) => a.timestampMs - b.timestampMs);
  const samples = {
    timeOf: (index: number) => ordered[index]?.timestampMs ?? 0,
    valueOf: (index: number) => ordered[index]?.value ?? 0,
    scoreOf: (index: number) => ordered[index]?.score ?? -1,
  };
  const chosen = chooseIndexes(plan, samples, 0, ordered.length, anomalyScore);
  return chosen.flatMap((index) => ordered[index] ?? []);
}

/**
 * The same of a block.
 * @param plan null chooses all
 * @param range both ends belong to it; null for open
 */
export function chooseOfBlock(
  plan: PointPlan | null,
  block: SampleColumns,
  range: { readonly fromMs: number | null; readonly toMs: number | null },
  anomalyScore: number,
): readonly SeriesPoint[] {
  const first = range.fromMs === null ? 0 : findTime(block, range.fromMs);
  const end = range.toMs === null ? block.count : findTime(block, range.toMs + 1);
  const { timestampsMs, values, scores, expected, lows, highs, present } = block;
  const read = (bit: number, column: Float64Array, index: number) =>
    ((present[index] ?? 0) & bit) === 0 ? null : (column[index] ?? null);
  const samples = {
    timeOf: (index: number) => timestampsMs[index] ?? 0,
    valueOf: (index: number) => values[index] ?? 0,
    scoreOf: (index: number) => read(PRESENT.score, scores, index) ?? -1,
  };
  const chosen =
    plan === null
      ? Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index)
      : chooseIndexes(plan, samples, first, end, anomalyScore);
  return chosen.map((index) => ({
    timestampMs: samples.timeOf(index),
    value: samples.valueOf(index),
    score: read(PRESENT.score, scores, index),
    expected: read(PRESENT.expected, expected, index),
    low: read(PRESENT.low, lows, index),
    high: read(PRESENT.high, highs, index),
  }));
}

/**
 * Samples in time order. Of equal scores the earliest stays; of equal lowest values the first, of equal highest ones the
 * last.
 */
function chooseIndexes(
  plan: PointPlan,
  { timeOf, valueOf, scoreOf }: Indexed,
  first: number,
  end: number,
  anomalyScore: number,
): readonly number[] {
  const anomalies: number[] = [];
  const kept = new Set<number>();
  let [bucket, lowest, highest] = [-1, first, first];
  for (let index = first; index < end; index++) {
    if (plan.anomalies > 0 && scoreOf(index) >= anomalyScore) anomalies.push(index);
    if (plan.buckets === 0) continue;
    const own = bucketOf(plan, timeOf(index));
    if (own !== bucket) {
      if (bucket >= 0) kept.add(lowest).add(highest);
      [bucket, lowest, highest] = [own, index, index];
    }
    if (valueOf(index) < valueOf(lowest)) lowest = index;
    if (valueOf(index) >= valueOf(highest)) highest = index;
  }
  if (bucket >= 0) kept.add(lowest).add(highest);
  anomalies.sort((a, b) => scoreOf(b) - scoreOf(a) || a - b);
  for (const index of anomalies.slice(0, plan.anomalies)) kept.add(index);
  return [...kept].sort((a, b) => a - b);
}
