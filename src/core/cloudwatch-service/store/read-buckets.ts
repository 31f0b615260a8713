/** Reads series by periods, pushed ones and Lapwing's own alike. */
import type pg from 'pg';
import { hashSeries, type SeriesName } from '../model/metric-name.ts';
import type { TimeRange } from '../model/time-range.ts';
import type { Bucket, BucketQuestion } from './bucket.ts';
import { readOwnBuckets, readOwnSeries, type OwnSeries } from './own-series.ts';
import { readPairs } from './read-pairs.ts';
import { readSums } from './read-sums.ts';

export interface SeriesBuckets extends BucketQuestion {
  readonly own: OwnSeries | null;
}

/** @param unit stored code; null for every unit, kept apart */
export function askSeries(
  series: SeriesName,
  accountId: number,
  { startMs, endMs }: TimeRange,
  periodSeconds: number,
  unit: number | null,
): SeriesBuckets {
  const own = readOwnSeries(series, accountId);
  return { hash: hashSeries(accountId, series), own, startMs, endMs, periodSeconds, unit };
}

/**
 * @param withValues whether every value is needed, for percentiles and their like: dearer
 * @returns for each question its buckets in time order; a series nobody knows has none
 */
export async function readBuckets(
  pool: pg.Pool,
  questions: readonly SeriesBuckets[],
  withValues: boolean,
): Promise<readonly (readonly Bucket[])[]> {
  const pushed = questions.filter(({ own }) => own === null);
  const owned = questions.flatMap((question) =>
    question.own === null ? [] : [{ ...question, own: question.own }],
  );
  const [found, own] = await Promise.all([
    pushed.length === 0 ? [] : (withValues ? readPairs : readSums)(pool, pushed),
    owned.length === 0 ? [] : readOwnBuckets(pool, owned, withValues),
  ]);
  if (owned.length === 0) return found;
  let [pushedPlace, ownPlace] = [0, 0];
  return questions.map((question) => (question.own === null ? found[pushedPlace++] : own[ownPlace++]) ?? []);
}
