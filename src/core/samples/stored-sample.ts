/** A sample as stored, with what the detector said of it: what pages, the ring and events carry. */
import type { AnomalyPhase, View } from '../../model.ts';

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
  readonly phase: AnomalyPhase | null;
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

/** The same as one JSON array, which is read several times faster than a row: `readSampleArray` takes it. */
export const SAMPLE_ARRAY = `json_build_array(metric_number, row_id, round(date_part('epoch', "timestamp") * 1000),
  value, seq, score, expected, low, high, raw_score::float8, view, provisional, episode, phase)`;

export type SampleArray = readonly [
  metricNumber: number,
  rowId: number,
  timestampMs: number,
  value: number,
  seq: number | null,
  score: number | null,
  expected: number | null,
  low: number | null,
  high: number | null,
  rawScore: number | null,
  view: View | null,
  provisional: boolean,
  episode: boolean,
  phase: AnomalyPhase | null,
];

export function readSampleArray(array: SampleArray): StoredSample {
  return {
    metricNumber: array[0],
    rowId: array[1],
    timestampMs: array[2],
    value: array[3],
    seq: array[4],
    score: array[5],
    expected: array[6],
    low: array[7],
    high: array[8],
    rawScore: array[9],
    view: array[10],
    provisional: array[11],
    episode: array[12],
    phase: array[13],
  };
}

/** What SELECT must name for `readStoredSample`. */
export const SAMPLE_COLUMNS = `metric_number, row_id, (extract(epoch FROM "timestamp") * 1000)::float8 AS timestamp_ms,
  value, seq::float8 AS seq, score, expected, low, high, raw_score::float8 AS raw_score, view, provisional, episode, phase`;

export interface SampleRow extends Omit<StoredSample, 'metricNumber' | 'rowId' | 'timestampMs' | 'rawScore'> {
  readonly metric_number: number;
  readonly row_id: number;
  readonly timestamp_ms: number;
  readonly raw_score: number | null;
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
    phase: row.phase,
  };
}

export function isScored(sample: StoredSample): sample is ScoredSample {
  return sample.seq !== null;
}
