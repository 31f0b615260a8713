/** All samples of a metric in time order, by pages: for exports. */
import type { Sample } from '../../model.ts';
import { pageSamples, type Queryable } from './find-samples.ts';

const PAGE = 10_000;

/** @param sinceMs only samples from this time on; null for all */
export async function* readSampleTimes(
  pool: Queryable,
  metricNumber: number,
  sinceMs: number | null,
): AsyncGenerator<readonly Sample[]> {
  for await (const page of pageSamples(pool, { metricNumber, fromMs: sinceMs, toMs: null }, {}, PAGE)) {
    yield page.map(({ timestampMs, value }) => ({ timestampMs, value }));
  }
}
