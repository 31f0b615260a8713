/** What PutMetricData hands on once it is checked. */
import type { Aggregate } from '../model/aggregate.ts';
import type { SeriesName } from '../model/metric-name.ts';

/** A checked datum: what to add to which series at which time. */
export interface Addition {
  readonly series: SeriesName;
  readonly hash: Buffer;
  /** Start of the minute, or of the second for a datum of high resolution. */
  readonly timestampMs: number;
  readonly unit: number;
  readonly aggregate: Aggregate;
}

/** One request's data. */
export interface AdditionBatch {
  readonly accountId: number;
  /** The access key that signed it. */
  readonly writer: string;
  readonly additions: readonly Addition[];
}
