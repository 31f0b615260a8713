/** One statistic of a stored series over a range. */
import type pg from 'pg';
import type { MetricSource, TimeSeries } from '../math/values.ts';
import type { Bucket } from './bucket.ts';
import { splitQuestions, type PointBudget } from './point-budget.ts';
import { readBuckets, type SeriesBuckets } from './read-buckets.ts';
import { computeStatistic, needsValues, type Statistic } from '../model/statistic.ts';
import { nameUnit, sortUnits } from '../model/units.ts';

export interface SeriesQuestion extends SeriesBuckets {
  readonly statistic: Statistic;
  readonly label: string;
  readonly metric: MetricSource;
}

export interface FoundSeries {
  readonly series: TimeSeries;
  /** Goes to the caller with the result; null when there is nothing to say. */
  readonly note: string | null;
}

/** @throws MathError when the budget is used up */
export async function readSeries(
  pool: pg.Pool,
  questions: readonly SeriesQuestion[],
  budget: PointBudget,
): Promise<readonly FoundSeries[]> {
  const found: FoundSeries[] = [];
  for (const part of splitQuestions(questions)) {
    const read = await readPart(pool, part);
    budget.take(read.reduce((sum, { series }) => sum + series.points.size, 0));
    found.push(...read);
  }
  return found;
}

/** Percentiles and their like are read apart, because they need every value. */
async function readPart(
  pool: pg.Pool,
  questions: readonly SeriesQuestion[],
): Promise<readonly FoundSeries[]> {
  const answers = new Map<SeriesQuestion, readonly Bucket[]>();
  for (const withValues of [false, true]) {
    const asked = questions.filter(({ statistic }) => needsValues(statistic) === withValues);
    if (asked.length === 0) continue;
    const found = await readBuckets(pool, asked, withValues);
    for (const [i, question] of asked.entries()) answers.set(question, found[i] ?? []);
  }
  return questions.map((question) => showSeries(question, answers.get(question) ?? []));
}

function showSeries(question: SeriesQuestion, buckets: readonly Bucket[]): FoundSeries {
  const { unit, note } = chooseUnit(buckets);
  const points = new Map<number, number>();
  for (const bucket of buckets) {
    if (bucket.unit !== unit) continue;
    const value = computeStatistic(bucket.aggregate, question.statistic);
    if (value !== null) points.set(bucket.startMs, value);
  }
  const { label, metric, periodSeconds } = question;
  return { series: { label, metric, periodSeconds, points }, note };
}

/** Units never mix: of a series with several one is shown, and a note names them all. */
function chooseUnit(buckets: readonly Bucket[]): { unit: number | null; note: string | null } {
  const [first, ...others] = sortUnits(new Set(buckets.map(({ unit }) => unit)));
  if (first === undefined) return { unit: null, note: null };
  const names = [first, ...others].map(nameUnit).join(', ');
  return { unit: first, note: others.length === 0 ? null : `Multiple units returned: '[${names}]'` };
}
