/** A sample as stored, with what the detector said of it: what pages, the ring and events carry. */
import type { View } from '../model.ts';

export interface StoredSample {
  readonly metricNumber: number;
  readonly rowId: number;
  readonly timestampMs: number;
  readonly value: number;
  /** Place in the log of scored points; null while unscored, as is everything below. */
  readonly seq: number | null;
  readonly score: number | null;
  readonly expected: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly rawScore: number | null;
  readonly view: View | null;
  readonly provisional: boolean;
  readonly episode: boolean;
}

/** One that has been scored, and so has a place in the log. */
export interface ScoredSample extends StoredSample {
  readonly seq: number;
  readonly score: number;
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  readonly rawScore: number;
}

/** What SELECT must name for `readStoredSample`. */
export const SAMPLE_COLUMNS = `metric_number, row_id, (extract(epoch FROM "timestamp") * 1000)::float8 AS timestamp_ms,
  value, seq::float8 AS seq, score, expected, low, high, raw_score, view, provisional, episode`;

export interface SampleRow {
  readonly metric_number: number;
  readonly row_id: number;
  readonly timestamp_ms: number;
  readonly value: number;
  readonly seq: number | null;
  readonly score: number | null;
  readonly expected: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly raw_score: number | null;
  readonly view: View | null;
  readonly provisional: boolean;
  readonly episode: boolean;
}

export function readStoredSample(row: SampleRow): StoredSample {
  return {
    metricNumber: row.metric_number,
    rowId: row.row_id,
    timestampMs: row.timestamp_ms,
    value: row.value,
    seq: row.seq,
    score: row.score,
    expected: row.expected,
    low: row.low,
    high: row.high,
    rawScore: row.raw_score,
    view: row.view,
    provisional: row.provisional,
    episode: row.episode,
  };
}

export function isScored(sample: StoredSample): sample is ScoredSample {
  return sample.seq !== null;
}
