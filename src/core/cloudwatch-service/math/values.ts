/** What metric math computes with: numbers, series, lists of series. */

/** The metric a series was read from. */
export interface MetricSource {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: readonly { readonly name: string; readonly value: string }[];
  /** As it was asked for. */
  readonly stat: string;
}

/** A series over the range of the request. */
export interface TimeSeries {
  /** Absent for what was computed of several. */
  readonly metric?: MetricSource;
  readonly label: string;
  readonly periodSeconds: number;
  /** Start of the period in milliseconds → value, in time order. */
  readonly points: ReadonlyMap<number, number>;
}

export type MathValue =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'series'; readonly series: TimeSeries }
  | { readonly kind: 'list'; readonly list: readonly TimeSeries[] };

/** The expression is well formed, but its parts do not fit together. */
export class MathError extends Error {
  override readonly name = 'MathError';
}

/** Points one step of an expression may make, over all series: some 100 MB. */
const MAX_POINTS = 1_000_000;

/** @throws MathError for more than a million; to be asked before they are made */
export function refuseTooMany(points: number): void {
  if (points <= MAX_POINTS) return;
  throw new MathError(
    `it would give ${points} points, more than ${MAX_POINTS}: ask for less time or longer periods`,
  );
}

/** A series without points counts as one: a list of them takes memory too. */
function countPoints(list: readonly TimeSeries[]): number {
  return list.reduce((sum, { points }) => sum + Math.max(1, points.size), 0);
}

/**
 * Combines point by point. What one side lacks counts as 0, as on AWS; what gives no finite number (a division by
 * zero) is left out.
 * @throws MathError for two lists, and where a list would give too many points
 */
export function combineValues(
  left: MathValue,
  right: MathValue,
  combine: (a: number, b: number) => number,
): MathValue {
  if (left.kind === 'number' && right.kind === 'number') {
    return { kind: 'number', value: combine(left.value, right.value) };
  }
  if (left.kind === 'list') {
    if (right.kind === 'list') throw new MathError('two lists of series cannot be combined');
    return combineList(left.list, right, combine);
  }
  if (right.kind === 'list') return combineList(right.list, left, (a, b) => combine(b, a));
  if (left.kind === 'series') return { kind: 'series', series: combineSeries(left.series, right, combine) };
  if (right.kind === 'number') throw new MathError('two numbers are combined above');
  const swapped = (a: number, b: number) => combine(b, a);
  return { kind: 'series', series: combineSeries(right.series, left, swapped) };
}

function combineList(
  list: readonly TimeSeries[],
  other: Exclude<MathValue, { kind: 'list' }>,
  combine: (a: number, b: number) => number,
): MathValue {
  const least = other.kind === 'number' ? 1 : other.series.points.size;
  refuseTooMany(list.reduce((sum, { points }) => sum + Math.max(least, points.size), 0));
  return { kind: 'list', list: list.map((one) => combineSeries(one, other, combine)) };
}

function combineSeries(
  left: TimeSeries,
  right: Exclude<MathValue, { kind: 'list' }>,
  combine: (a: number, b: number) => number,
): TimeSeries {
  if (right.kind === 'number') return mapSeries(left, (value) => combine(value, right.value));
  const times = unite([left, right.series]);
  const points = times.map(
    (time) => [time, combine(left.points.get(time) ?? 0, right.series.points.get(time) ?? 0)] as const,
  );
  return {
    label: left.label,
    periodSeconds: Math.max(left.periodSeconds, right.series.periodSeconds),
    points: keepFinite(points),
  };
}

/** All times of the series, sorted. */
function unite(list: readonly TimeSeries[]): readonly number[] {
  const times = new Set(list.flatMap((series) => [...series.points.keys()]));
  return [...times].sort((a, b) => a - b);
}

export function keepFinite(points: Iterable<readonly [number, number]>): ReadonlyMap<number, number> {
  const kept = new Map<number, number>();
  for (const [time, value] of points) if (Number.isFinite(value)) kept.set(time, value);
  return kept;
}

function mapSeries(series: TimeSeries, change: (value: number) => number): TimeSeries {
  return {
    ...series,
    points: keepFinite([...series.points].map(([time, value]) => [time, change(value)] as const)),
  };
}

/** Applies to a number, to a series point by point, or to each series of a list. */
export function mapValue(value: MathValue, change: (value: number) => number): MathValue {
  if (value.kind === 'number') return { kind: 'number', value: change(value.value) };
  return mapEachSeries(value, (series) => mapSeries(series, change));
}

/** @throws MathError for a number */
export function mapEachSeries(value: MathValue, change: (series: TimeSeries) => TimeSeries): MathValue {
  if (value.kind === 'number') throw new MathError('a number stands where a series is needed');
  if (value.kind === 'series') return { kind: 'series', series: change(value.series) };
  return { kind: 'list', list: value.list.map(change) };
}

/** @throws MathError for a number */
export function listSeries(value: MathValue): readonly TimeSeries[] {
  if (value.kind === 'number') throw new MathError('a number stands where a series is needed');
  return value.kind === 'list' ? value.list : [value.series];
}

/**
 * As one list: lists among them may name the same series again and again, so that it is counted first.
 * @throws MathError for a number, and for too many points
 */
export function layOut(args: readonly MathValue[]): readonly TimeSeries[] {
  const lists = args.map(listSeries);
  refuseTooMany(lists.reduce((sum, list) => sum + countPoints(list), 0));
  return lists.flat();
}
