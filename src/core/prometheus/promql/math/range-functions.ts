/**
 * What a function makes of the samples of a range, as Prometheus 3 does. Pure.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/
 */
import { ExactSum, findVariance } from './exact-sum.ts';
import type { RangeReducer } from '../functions/function-names.ts';
import { findQuantile } from './quantile.ts';

/** The samples of a range, oldest first, between two indices: one at least. */
interface RangeSamples {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  readonly first: number;
  /** Behind the last of them. */
  readonly end: number;
  /** Where the range begins and ends. */
  readonly fromMs: number;
  readonly toMs: number;
  /** When it is looked at: later than its end by the offset. */
  readonly atMs: number;
  /** Of functions that take a number. */
  readonly parameter: number;
}

/** Null where the samples are too few to say. */
type Reduce = (samples: RangeSamples) => number | null;

export const REDUCERS: Readonly<Record<RangeReducer, Reduce>> = {
  avg_over_time: average,
  changes: countChanges,
  count_over_time: ({ first, end }) => end - first,
  delta: (samples) => extrapolate(samples, { isCounter: false, isRate: false }),
  deriv: (samples) => fitLine(samples)?.slope ?? null,
  idelta: (samples) => compareLast(samples, { isCounter: false, isRate: false }),
  increase: (samples) => extrapolate(samples, { isCounter: true, isRate: false }),
  irate: (samples) => compareLast(samples, { isCounter: true, isRate: true }),
  last_over_time: ({ values, end }) => values[end - 1] ?? NaN,
  max_over_time: (samples) => fold(samples, Math.max),
  min_over_time: (samples) => fold(samples, Math.min),
  predict_linear: predict,
  present_over_time: () => 1,
  quantile_over_time: ({ values, first, end, parameter }) =>
    findQuantile(parameter, Array.from(values.subarray(first, end))),
  rate: (samples) => extrapolate(samples, { isCounter: true, isRate: true }),
  resets: countResets,
  stddev_over_time: ({ values, first, end }) => Math.sqrt(findVariance(values.subarray(first, end))),
  stdvar_over_time: ({ values, first, end }) => findVariance(values.subarray(first, end)),
  timestamp: ({ timestampsMs, end }) => (timestampsMs[end - 1] ?? NaN) / 1000,
  sum_over_time: (samples) => sum(samples, 1),
};

function average(samples: RangeSamples): number {
  const count = samples.end - samples.first;
  const mean = sum(samples, 1) / count;
  return Number.isFinite(mean) ? mean : sum(samples, count);
}

/** @param divisor of each of them, for those whose sum would be infinite */
function sum({ values, first, end }: RangeSamples, divisor: number): number {
  const total = new ExactSum();
  for (let index = first; index < end; index += 1) total.add((values[index] ?? NaN) / divisor);
  return total.value;
}

function fold({ values, first, end }: RangeSamples, join: (a: number, b: number) => number): number {
  let result = values[first] ?? NaN;
  for (let index = first + 1; index < end; index += 1) result = join(result, values[index] ?? NaN);
  return result;
}

/** Each sample with the one before it. */
function* pairsOf({ values, first, end }: RangeSamples): Generator<readonly [before: number, value: number]> {
  for (let index = first + 1; index < end; index += 1) {
    yield [values[index - 1] ?? NaN, values[index] ?? NaN];
  }
}

function countChanges(samples: RangeSamples): number {
  let changes = 0;
  for (const [before, value] of pairsOf(samples)) if (!Object.is(before + 0, value + 0)) changes += 1;
  return changes;
}

function countResets(samples: RangeSamples): number {
  let resets = 0;
  for (const [before, value] of pairsOf(samples)) if (value < before) resets += 1;
  return resets;
}

interface RateOptions {
  /** A value below the one before is a restart from zero. */
  readonly isCounter: boolean;
  /** Per second. */
  readonly isRate: boolean;
}

/** A gap to the end of the range of more than so many steps: the series does not reach there. */
const FAR_STEPS = 1.1;

/**
 * What the range would show from its beginning to its end, by the samples within it. Where the next sample would be far beyond an
 * end, the series is taken to begin or end half a step from its last sample; and a counter not to have been below zero.
 */
function extrapolate(samples: RangeSamples, { isCounter, isRate }: RateOptions): number | null {
  const { timestampsMs, values, first, end, fromMs, toMs } = samples;
  const [firstMs = 0, lastMs = 0] = [timestampsMs[first], timestampsMs[end - 1]];
  const [firstValue = NaN, lastValue = NaN] = [values[first], values[end - 1]];
  const sampledMs = lastMs - firstMs;
  if (sampledMs === 0) return null;
  const risen = lastValue - firstValue + (isCounter ? sumBeforeResets(samples) : 0);
  const stepMs = sampledMs / (end - first - 1);
  const reach = (gapMs: number) => (gapMs >= FAR_STEPS * stepMs ? stepMs / 2 : gapMs);
  const toStartMs = reach(firstMs - fromMs);
  const hasZero = isCounter && risen > 0 && firstValue >= 0;
  const toZeroMs = hasZero ? sampledMs * (firstValue / risen) : Infinity;
  const extendedMs = sampledMs + Math.min(toStartMs, toZeroMs) + reach(toMs - lastMs);
  const factor = extendedMs / sampledMs / (isRate ? (toMs - fromMs) / 1000 : 1);
  return risen * factor;
}

function sumBeforeResets(samples: RangeSamples): number {
  let lost = 0;
  for (const [before, value] of pairsOf(samples)) if (value < before) lost += before;
  return lost;
}

/** Of the last two samples. */
function compareLast(
  { timestampsMs, values, first, end }: RangeSamples,
  options: RateOptions,
): number | null {
  if (end - first < 2) return null;
  const [beforeMs = 0, lastMs = 0] = timestampsMs.subarray(end - 2, end);
  const [before = NaN, last = NaN] = values.subarray(end - 2, end);
  const change = options.isCounter && last < before ? last : last - before;
  return options.isRate ? change / ((lastMs - beforeMs) / 1000) : change;
}

/** Where the line will be so many seconds later. */
function predict(samples: RangeSamples): number | null {
  const line = fitLine(samples);
  return line === null ? null : line.valueAt(samples.atMs) + line.slope * samples.parameter;
}

interface Line {
  /** Per second. */
  readonly slope: number;
  readonly valueAt: (timestampMs: number) => number;
}

/** The line of least squares. */
function fitLine({ timestampsMs, values, first, end }: RangeSamples): Line | null {
  const count = end - first;
  if (count < 2) return null;
  const [zeroMs = 0, initial = NaN] = [timestampsMs[first], values[first]];
  const [sumX, sumY, sumXY, sumXX] = [new ExactSum(), new ExactSum(), new ExactSum(), new ExactSum()];
  let isConstant = true;
  for (let index = first; index < end; index += 1) {
    const x = ((timestampsMs[index] ?? 0) - zeroMs) / 1000;
    const y = values[index] ?? NaN;
    if (y !== initial) isConstant = false;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumXX.add(x * x);
  }
  if (isConstant) {
    const isFinite = Number.isFinite(initial);
    return { slope: isFinite ? 0 : NaN, valueAt: () => (isFinite ? initial : NaN) };
  }
  const covariance = sumXY.value - (sumX.value * sumY.value) / count;
  const variance = sumXX.value - (sumX.value * sumX.value) / count;
  const slope = covariance / variance;
  const valueAt = (timestampMs: number) =>
    sumY.value / count + slope * ((timestampMs - zeroMs) / 1000 - sumX.value / count);
  return { slope, valueAt };
}
