import type { Judgement } from '../model.ts';

/** A sample to be written; its place in the log is given by the transaction. */
export interface NewSample {
  readonly metricNumber: number;
  readonly rowId: number;
  readonly timestampMs: number;
  readonly value: number;
  /** Null for a sample that is stored without a score. */
  readonly judgement: Judgement | null;
}
