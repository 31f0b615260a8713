/** Samples of one metric as columns of equal length, in time order: what a block is made of, and read into. */
import type { AnomalyPhase, View } from '../../../model.ts';
import type { StoredSample } from '../stored-sample.ts';

export interface SampleColumns {
  readonly metricNumber: number;
  readonly count: number;
  readonly timestampsMs: Float64Array;
  readonly rowIds: Float64Array;
  readonly values: Float64Array;
  /** Which of the nullable columns below have something: bits of PRESENT. Where they have nothing they hold 0. */
  readonly present: Float64Array;
  readonly seqs: Float64Array;
  readonly scores: Float64Array;
  readonly expected: Float64Array;
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  readonly rawScores: Float64Array;
  /** Places in VIEW_CODES. */
  readonly views: Float64Array;
  /** Places in PHASE_CODES, and the bits of PROVISIONAL and EPISODE. */
  readonly marks: Float64Array;
}

export const PRESENT = { seq: 1, score: 2, expected: 4, low: 8, high: 16, rawScore: 32 } as const;
export const ALL_PRESENT = 63;
/** Stored: what is added goes to the end. */
const VIEW_CODES: readonly (View | null)[] = [null, 'LEVEL', 'TREND', 'TIME_OF_DAY', 'VOLATILITY', 'SILENCE'];
/** Stored: what is added goes to the end. */
const PHASE_CODES: readonly (AnomalyPhase | null)[] = [
  null,
  'OPENS',
  'CONTINUES',
  'RECOVERS',
  'QUIET_PERIOD',
  'LEARNING',
];
const PHASE_MASK = 15;
const PROVISIONAL = 16;
const EPISODE = 32;

/** @param samples of one metric, in time order */
export function toColumns(samples: readonly StoredSample[]): SampleColumns {
  const columns = emptyColumns(samples[0]?.metricNumber ?? 0, samples.length);
  for (const [index, sample] of samples.entries()) {
    columns.timestampsMs[index] = sample.timestampMs;
    columns.rowIds[index] = sample.rowId;
    columns.values[index] = sample.value;
    columns.present[index] = listPresent(sample);
    columns.seqs[index] = sample.seq ?? 0;
    columns.scores[index] = sample.score ?? 0;
    columns.expected[index] = sample.expected ?? 0;
    columns.lows[index] = sample.low ?? 0;
    columns.highs[index] = sample.high ?? 0;
    columns.rawScores[index] = sample.rawScore ?? 0;
    columns.views[index] = VIEW_CODES.indexOf(sample.view);
    columns.marks[index] =
      PHASE_CODES.indexOf(sample.phase) +
      (sample.provisional ? PROVISIONAL : 0) +
      (sample.episode ? EPISODE : 0);
  }
  return columns;
}

/** For so many samples, none of them there yet. */
export function emptyColumns(metricNumber: number, count: number): SampleColumns {
  const empty = () => new Float64Array(count);
  return {
    metricNumber,
    count,
    timestampsMs: empty(),
    rowIds: empty(),
    values: empty(),
    present: empty(),
    seqs: empty(),
    scores: empty(),
    expected: empty(),
    lows: empty(),
    highs: empty(),
    rawScores: empty(),
    views: empty(),
    marks: empty(),
  };
}

function listPresent(sample: StoredSample): number {
  return (
    (sample.seq === null ? 0 : PRESENT.seq) +
    (sample.score === null ? 0 : PRESENT.score) +
    (sample.expected === null ? 0 : PRESENT.expected) +
    (sample.low === null ? 0 : PRESENT.low) +
    (sample.high === null ? 0 : PRESENT.high) +
    (sample.rawScore === null ? 0 : PRESENT.rawScore)
  );
}

/** @param metricNumber where the columns hold samples of several metrics */
export function sampleAt(
  columns: SampleColumns,
  index: number,
  metricNumber = columns.metricNumber,
): StoredSample {
  const present = columns.present[index] ?? 0;
  const marks = columns.marks[index] ?? 0;
  const isWhole = present === ALL_PRESENT;
  return {
    metricNumber,
    rowId: columns.rowIds[index] ?? 0,
    timestampMs: columns.timestampsMs[index] ?? 0,
    value: columns.values[index] ?? 0,
    seq: isWhole || (present & PRESENT.seq) !== 0 ? (columns.seqs[index] ?? null) : null,
    score: isWhole || (present & PRESENT.score) !== 0 ? (columns.scores[index] ?? null) : null,
    expected: isWhole || (present & PRESENT.expected) !== 0 ? (columns.expected[index] ?? null) : null,
    low: isWhole || (present & PRESENT.low) !== 0 ? (columns.lows[index] ?? null) : null,
    high: isWhole || (present & PRESENT.high) !== 0 ? (columns.highs[index] ?? null) : null,
    rawScore: isWhole || (present & PRESENT.rawScore) !== 0 ? (columns.rawScores[index] ?? null) : null,
    view: VIEW_CODES[columns.views[index] ?? 0] ?? null,
    provisional: (marks & PROVISIONAL) !== 0,
    episode: (marks & EPISODE) !== 0,
    phase: PHASE_CODES[phaseCode(marks)] ?? null,
  };
}

/** The place of a row's phase in PHASE_CODES, and of its bit in a set of phases. */
export function phaseCode(marks: number): number {
  return marks & PHASE_MASK;
}

/** The bit of a phase in a set of phases. */
export function phaseBit(phase: AnomalyPhase | null): number {
  return 1 << PHASE_CODES.indexOf(phase);
}

/** The first index whose time is not before this one; the count where all are. */
export function findTime(
  { timestampsMs, count }: Pick<SampleColumns, 'timestampsMs' | 'count'>,
  ms: number,
): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((timestampsMs[middle] ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
