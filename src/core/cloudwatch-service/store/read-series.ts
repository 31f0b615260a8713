/** One statistic of a stored series over a range. */
import type pg from 'pg';
import type { TimeSeries } from '../math/values.ts';
import type { Bucket, BucketQuestion } from './bucket.ts';
import { readPairs } from './read-pairs.ts';
import { readSums } from './read-sums.ts';
import { computeStatistic, type Statistic } from '../model/statistic.ts';
import { nameUnit } from '../model/units.ts';

export interface SeriesQuestion extends BucketQuestion {
  readonly statistic: Statistic;
  readonly label: string;
}

export interface FoundSeries {
  readonly series: TimeSeries;
  /** Told to the caller with the result; null when there is nothing to tell. */
  readonly note: string | null;
}

/** Percentiles are read apart, because they need every value. */
export async function readSeries(
  pool: pg.Pool,
  questions: readonly SeriesQuestion[],
): Promise<readonly FoundSeries[]> {
  const answers = new Map<SeriesQuestion, readonly Bucket[]>();
  for (const read of [readSums, readPairs]) {
    const asked = questions.filter(
      ({ statistic }) => (statistic.kind === 'percentile') === (read === readPairs),
    );
    if (asked.length === 0) continue;
    const found = await read(pool, asked);
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
  return { series: { label: question.label, periodSeconds: question.periodSeconds, points }, note };
}

/** Units never mix: of a series with several the one with most samples is shown, and the others are named. */
function chooseUnit(buckets: readonly Bucket[]): { unit: number | null; note: string | null } {
  const samples = new Map<number, number>();
  for (const { unit, aggregate } of buckets) {
    samples.set(unit, (samples.get(unit) ?? 0) + aggregate.sampleCount);
  }
  const [first, ...others] = [...samples].sort(([a, x], [b, y]) => y - x || a - b);
  if (first === undefined) return { unit: null, note: null };
  const names = others.map(([code]) => nameUnit(code)).join(', ');
  const note = `Data in ${nameUnit(first[0])} are shown; there are also data in ${names}. Give Unit to choose.`;
  return { unit: first[0], note: others.length === 0 ? null : note };
}
