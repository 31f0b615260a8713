/** Chooses the samples of a chart: all anomalies, and of each span of time the lowest and the highest value. */
import { findTime, PRESENT, type SampleColumns } from './packed/sample-columns.ts';
import type { SeriesColumns } from './series.ts';

/** How the points of one metric are chosen. */
export interface PointPlan {
  readonly firstMs: number;
  readonly lastMs: number;
  /** Spans of time, each giving its lowest and highest value. */
  readonly buckets: number;
  /** The highest-scored anomalies that are kept; all of them unless there are more than points allowed. */
  readonly anomalies: number;
}

/** Samples of one metric in time order: a block, or rows. Those from `first` to before `end` are in the range. */
export interface SeriesPart {
  readonly columns: SampleColumns;
  readonly first: number;
  readonly end: number;
  /** A sample with at least this score is an anomaly; null where none is: the scores need not be read. */
  readonly anomalyScore: number | null;
}

/** Where a sample is. */
interface Place {
  readonly part: SeriesPart;
  readonly index: number;
}

/** In which span of time a sample lies. */
export function bucketOf({ firstMs, lastMs, buckets }: PointPlan, timestampMs: number): number {
  return Math.floor(((timestampMs - firstMs) / (lastMs - firstMs + 1)) * buckets);
}

/** @param range both ends belong to it; null for open */
export function cutPart(
  columns: SampleColumns,
  range: { readonly fromMs: number | null; readonly toMs: number | null },
  anomalyScore: number | null,
): SeriesPart {
  const first = range.fromMs === null ? 0 : findTime(columns, range.fromMs);
  const end = range.toMs === null ? columns.count : findTime(columns, range.toMs + 1);
  return { columns, first, end: Math.max(first, end), anomalyScore };
}

/** All samples of all parts, in time order. */
export function joinParts(parts: readonly SeriesPart[]): SeriesColumns {
  const filled = parts.filter(({ first, end }) => end > first);
  const ordered = filled.toSorted((a, b) => timeOf(a, a.first) - timeOf(b, b.first));
  const isApart = ordered.every((part, index) => {
    const next = ordered[index + 1];
    return next === undefined || timeOf(part, part.end - 1) < timeOf(next, next.first);
  });
  if (!isApart) return toColumns(sortPlaces(filled.flatMap((part) => listPlaces(part))));
  const series = emptySeries();
  for (const part of ordered) appendSamples(series, part, part.first, part.end);
  return series;
}

/**
 * Of all parts the samples that stay, in time order. Of each part only those are looked at that stay of it alone: what
 * stays of all is among them.
 */
export function chooseOfParts(plan: PointPlan, parts: readonly SeriesPart[]): SeriesColumns {
  const places = parts.flatMap((part) => {
    const kept = new Set([...listExtremes(plan, part), ...listAnomalies(plan, part)]);
    return Array.from(kept, (index) => ({ part, index }));
  });
  return toColumns(choosePlaces(plan, sortPlaces(places)));
}

/**
 * @param places in time order. Of equal scores the earliest stays; of equal lowest values the first, of equal highest
 * ones the last
 */
function choosePlaces(plan: PointPlan, places: readonly Place[]): readonly Place[] {
  const kept = new Set<Place>();
  let [bucket, lowest, highest]: [number, Place | null, Place | null] = [-1, null, null];
  for (const place of plan.buckets === 0 ? [] : places) {
    const own = bucketOf(plan, timeOf(place.part, place.index));
    if (own !== bucket) {
      keep(kept, lowest, highest);
      [bucket, lowest, highest] = [own, place, place];
    }
    if (lowest === null || valueOf(place) < valueOf(lowest)) lowest = place;
    if (highest === null || valueOf(place) >= valueOf(highest)) highest = place;
  }
  keep(kept, lowest, highest);
  const anomalies = places.filter(isAnomaly).toSorted((a, b) => scoreOf(b) - scoreOf(a));
  for (const place of anomalies.slice(0, plan.anomalies)) kept.add(place);
  return places.filter((place) => kept.has(place));
}

function keep(kept: Set<Place>, lowest: Place | null, highest: Place | null): void {
  if (lowest !== null) kept.add(lowest);
  if (highest !== null) kept.add(highest);
}

/** The lowest and the highest of each span of time. */
function listExtremes(plan: PointPlan, part: SeriesPart): readonly number[] {
  if (plan.buckets === 0) return [];
  const { values } = part.columns;
  const found: number[] = [];
  for (let start = part.first; start < part.end;) {
    const end = findBucketEnd(plan, part, start);
    let [lowest, highest] = [start, start];
    for (let index = start + 1; index < end; index++) {
      const value = values[index] ?? 0;
      if (value < (values[lowest] ?? 0)) lowest = index;
      if (value >= (values[highest] ?? 0)) highest = index;
    }
    found.push(lowest, highest);
    start = end;
  }
  return found;
}

/** The first sample of another span than that of `start`, in steps that double and then halve. */
function findBucketEnd(plan: PointPlan, part: SeriesPart, start: number): number {
  const bucket = bucketOf(plan, timeOf(part, start));
  const isWithin = (index: number) => bucketOf(plan, timeOf(part, index)) === bucket;
  let [within, step] = [start, 1];
  while (within + step < part.end && isWithin(within + step)) {
    within += step;
    step *= 2;
  }
  let beyond = Math.min(part.end, within + step);
  while (beyond - within > 1) {
    const middle = (within + beyond) >>> 1;
    if (isWithin(middle)) within = middle;
    else beyond = middle;
  }
  return beyond;
}

function listAnomalies(plan: PointPlan, part: SeriesPart): readonly number[] {
  if (plan.anomalies === 0 || part.anomalyScore === null) return [];
  return listPlaces(part)
    .filter(isAnomaly)
    .toSorted((a, b) => scoreOf(b) - scoreOf(a))
    .slice(0, plan.anomalies)
    .map(({ index }) => index);
}

function listPlaces(part: SeriesPart): Place[] {
  return Array.from({ length: part.end - part.first }, (_, index) => ({ part, index: part.first + index }));
}

function sortPlaces(places: readonly Place[]): readonly Place[] {
  return places.toSorted((a, b) => timeOf(a.part, a.index) - timeOf(b.part, b.index));
}

function isAnomaly(place: Place): boolean {
  const { anomalyScore } = place.part;
  return anomalyScore !== null && scoreOf(place) >= anomalyScore;
}

function timeOf({ columns }: SeriesPart, index: number): number {
  return columns.timestampsMs[index] ?? 0;
}

function valueOf({ part, index }: Place): number {
  return part.columns.values[index] ?? 0;
}

/** -1 where there is none. */
function scoreOf({ part: { columns }, index }: Place): number {
  return ((columns.present[index] ?? 0) & PRESENT.score) === 0 ? -1 : (columns.scores[index] ?? -1);
}

type Filled = { readonly [Name in keyof SeriesColumns]: SeriesColumns[Name][number][] };

function emptySeries(): Filled {
  return { timestampsMs: [], values: [], scores: [], expected: [], lows: [], highs: [] };
}

function toColumns(places: readonly Place[]): SeriesColumns {
  const series = emptySeries();
  for (const { part, index } of places) appendSamples(series, part, index, index + 1);
  return series;
}

function appendSamples(series: Filled, { columns }: SeriesPart, first: number, end: number): void {
  const { timestampsMs, values, present, scores, expected, lows, highs } = columns;
  for (let index = first; index < end; index++) {
    const bits = present[index] ?? 0;
    series.timestampsMs.push(timestampsMs[index] ?? 0);
    series.values.push(values[index] ?? 0);
    series.scores.push((bits & PRESENT.score) === 0 ? null : (scores[index] ?? null));
    series.expected.push((bits & PRESENT.expected) === 0 ? null : (expected[index] ?? null));
    series.lows.push((bits & PRESENT.low) === 0 ? null : (lows[index] ?? null));
    series.highs.push((bits & PRESENT.high) === 0 ? null : (highs[index] ?? null));
  }
}
