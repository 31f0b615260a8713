/** From when until when the anomaly lasts that a sample is a part of, however far that reaches. */
import type { AnomalyPhase } from '../../model.ts';
import { findSamples, type Queryable } from './find-samples.ts';
import { type SampleRange } from './sample-test.ts';
import type { StoredSample } from './stored-sample.ts';

export interface AnomalySpan {
  /** The sample it opened with. */
  readonly fromMs: number;
  /** The last one that was anomalous. */
  readonly toMs: number;
  /** Whether no sample has been normal since. */
  readonly lasts: boolean;
}

/** A sample that is a part of an anomaly; its phase is OPENS, CONTINUES or RECOVERS. */
type AnomalousSample = Pick<StoredSample, 'metricNumber' | 'timestampMs'>;

/** A span ends before the next sample that is normal, or that opens another; one of an excluded time says nothing. */
const ENDING = [null, 'OPENS', 'QUIET_PERIOD', 'LEARNING'] as const;

/**
 * Three searches for all of them together. Each reads no more rows than its span has.
 * @returns for each sample, in order; null for one whose beginning is not stored any more
 */
export async function readAnomalySpans(
  pool: Queryable,
  samples: readonly AnomalousSample[],
): Promise<readonly (AnomalySpan | null)[]> {
  const opened = await findTimes(
    pool,
    samples.map(({ metricNumber, timestampMs }) => ({ metricNumber, fromMs: null, toMs: timestampMs })),
    ['OPENS'],
    true,
  );
  const after = await findTimes(
    pool,
    samples.map(({ metricNumber, timestampMs }) => ({ metricNumber, fromMs: timestampMs + 1, toMs: null })),
    ENDING,
    false,
  );
  const last = await findTimes(
    pool,
    samples.map(({ metricNumber }, index) => {
      const endMs = after[index] ?? null;
      return { metricNumber, fromMs: opened[index] ?? null, toMs: endMs === null ? null : endMs - 1 };
    }),
    ['OPENS', 'CONTINUES'],
    true,
  );
  return samples.map((_, index) => {
    const [fromMs, toMs] = [opened[index] ?? null, last[index] ?? null];
    return fromMs === null || toMs === null ? null : { fromMs, toMs, lasts: (after[index] ?? null) === null };
  });
}

/** When the first sample of a phase is in each range, or the last; null where there is none. */
async function findTimes(
  pool: Queryable,
  ranges: readonly SampleRange[],
  phases: readonly (AnomalyPhase | null)[],
  descending: boolean,
): Promise<readonly (number | null)[]> {
  const found = await findSamples(pool, ranges, { phases }, { descending, limit: 1 });
  return found.map(([sample]) => sample?.timestampMs ?? null);
}
