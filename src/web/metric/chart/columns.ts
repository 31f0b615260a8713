/** The columns a chart draws: equally long, in time order. */
import type { LiveScore } from '../../api/score-feed.ts';
import type { MetricSeriesQuery } from '../../generated/graphql.ts';

export interface Columns {
  /** Seconds since 1970, as uPlot wants them. */
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  readonly expected: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly scores: readonly (number | null)[];
}

export const NO_COLUMNS: Columns = { times: [], values: [], expected: [], low: [], high: [], scores: [] };

type DrawnScore = Pick<LiveScore, 'timestamp' | 'value' | 'expected' | 'anomalyScore'>;
type Series = NonNullable<NonNullable<MetricSeriesQuery['metric']>['series']>;

export function readColumns(series: Series): Columns {
  return {
    times: series.timestamps.map((timestamp) => Date.parse(timestamp) / 1000),
    values: series.values,
    expected: series.expected,
    low: series.expectedLow,
    high: series.expectedHigh,
    scores: series.anomalyScores,
  };
}

/** Appends what is newer than the last time, and lets go of what is older than `fromMs`. */
export function appendScores(columns: Columns, scores: readonly DrawnScore[], fromMs: number): Columns {
  const newest = columns.times.at(-1) ?? Number.NEGATIVE_INFINITY;
  const fresh = scores.filter(({ timestamp }) => Date.parse(timestamp) / 1000 > newest);
  if (fresh.length === 0) return columns;
  // One point before the left end stays: the line comes in from there.
  const firstInside = columns.times.findIndex((time) => time * 1000 >= fromMs);
  const cut = firstInside < 0 ? 0 : Math.max(0, firstInside - 1);
  const join = <T>(old: readonly T[], read: (score: DrawnScore) => T) => [
    ...old.slice(cut),
    ...fresh.map(read),
  ];
  return {
    times: join(columns.times, ({ timestamp }) => Date.parse(timestamp) / 1000),
    values: join(columns.values, ({ value }) => value),
    expected: join(columns.expected, ({ expected }) => expected?.value ?? null),
    low: join(columns.low, ({ expected }) => expected?.low ?? null),
    high: join(columns.high, ({ expected }) => expected?.high ?? null),
    scores: join(columns.scores, ({ anomalyScore }) => anomalyScore),
  };
}

/** Silence longer than this many periods is shown as a gap. */
const GAP_PERIODS = 3.5;

/**
 * What counts as long in a range, in seconds: the series may be coarser than the metric.
 * @param lengthMs of the range
 */
export function lengthOfGap({ times }: Columns, periodSeconds: number, lengthMs: number): number {
  const typical = lengthMs / 1000 / Math.max(1, times.length);
  return Math.max(typical * 3, periodSeconds * GAP_PERIODS);
}

/**
 * Where nothing came for long, a gap instead of a line: the silence is part of what happened.
 * @param gapSeconds what counts as long
 */
export function openGaps(columns: Columns, gapSeconds: number): Columns {
  const { times } = columns;
  const gaps = times.flatMap((time, index) => {
    const before = times[index - 1];
    return before !== undefined && time - before > gapSeconds ? [index] : [];
  });
  if (gaps.length === 0) return columns;
  const isGap = new Set(gaps);
  const spread = <T>(old: readonly T[], fill: (index: number) => T) =>
    old.flatMap((item, index) => (isGap.has(index) ? [fill(index), item] : [item]));
  const empty = (old: readonly (number | null)[]) => spread(old, () => null);
  return {
    times: spread(times, (index) => (times[index - 1] ?? 0) + gapSeconds / 2),
    values: empty(columns.values),
    expected: empty(columns.expected),
    low: empty(columns.low),
    high: empty(columns.high),
    scores: empty(columns.scores),
  };
}
