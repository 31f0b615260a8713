/** Samples of one metric as columns of equal length, in time order: what a block is made of, and read into. */
import { ANOMALY_PHASES, type AnomalyPhase, type View, VIEWS } from '../../../model.ts';
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
  /** VIEW_NUMBERS, 0 for none. */
  readonly views: Float64Array;
  /** PHASE_NUMBERS, 0 for none, and the bits of PROVISIONAL and EPISODE. */
  readonly marks: Float64Array;
}

/** Those with a number for each sample. */
export const COLUMN_NAMES = [
  'timestampsMs',
  'rowIds',
  'values',
  'present',
  'seqs',
  'scores',
  'expected',
  'lows',
  'highs',
  'rawScores',
  'views',
  'marks',
] as const satisfies readonly (keyof SampleColumns)[];

export const PRESENT = { seq: 1, score: 2, expected: 4, low: 8, high: 16, rawScore: 32 } as const;
const ALL_PRESENT = 63;
/** Stored: what is added is given the next number. */
const VIEW_NUMBERS: Readonly<Record<View, number>> = {
  LEVEL: 1,
  TREND: 2,
  TIME_OF_DAY: 3,
  VOLATILITY: 4,
  SILENCE: 5,
};
/** Stored: what is added is given the next number, up to 15. */
const PHASE_NUMBERS: Readonly<Record<AnomalyPhase, number>> = {
  OPENS: 1,
  CONTINUES: 2,
  RECOVERS: 3,
  QUIET_PERIOD: 4,
  LEARNING: 5,
  EXCLUDED: 6,
};
const VIEW_CODES: readonly (View | null)[] = [
  null,
  ...VIEWS.toSorted((a, b) => VIEW_NUMBERS[a] - VIEW_NUMBERS[b]),
];
const PHASE_CODES: readonly (AnomalyPhase | null)[] = [
  null,
  ...ANOMALY_PHASES.toSorted((a, b) => PHASE_NUMBERS[a] - PHASE_NUMBERS[b]),
];
const PHASE_MASK = 15;
const PROVISIONAL = 16;
const EPISODE = 32;

const NUMBERS_OF_VIEWS = new Map<string, number>(Object.entries(VIEW_NUMBERS));
const NUMBERS_OF_PHASES = new Map<string, number>(Object.entries(PHASE_NUMBERS));

/** What `views` holds. @param view as stored. @throws Error for one that has no number */
export function toViewNumber(view: string | null): number {
  return view === null ? 0 : findNumber(NUMBERS_OF_VIEWS, view);
}

/** What `marks` holds. @param phase as stored. @throws Error for one that has no number */
export function toMarks(phase: string | null, provisional: boolean, episode: boolean): number {
  const number = phase === null ? 0 : findNumber(NUMBERS_OF_PHASES, phase);
  return number + (provisional ? PROVISIONAL : 0) + (episode ? EPISODE : 0);
}

function findNumber(numbers: ReadonlyMap<string, number>, label: string): number {
  const number = numbers.get(label);
  if (number === undefined) throw new Error(`no block can hold the label ${label}`);
  return number;
}

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
    columns.views[index] = toViewNumber(sample.view);
    columns.marks[index] = toMarks(sample.phase, sample.provisional, sample.episode);
  }
  return columns;
}

/** Memory for columns of at most so many samples: one piece costs a tenth of twelve. */
export function allocateColumns(count: number): ArrayBuffer {
  return new ArrayBuffer(COLUMN_NAMES.length * count * Float64Array.BYTES_PER_ELEMENT);
}

/** For so many samples, none of them there yet: what the memory holds is theirs. */
export function emptyColumns(
  metricNumber: number,
  count: number,
  memory = allocateColumns(count),
): SampleColumns {
  const column = (name: (typeof COLUMN_NAMES)[number]) =>
    new Float64Array(memory, COLUMN_NAMES.indexOf(name) * count * Float64Array.BYTES_PER_ELEMENT, count);
  return {
    metricNumber,
    count,
    timestampsMs: column('timestampsMs'),
    rowIds: column('rowIds'),
    values: column('values'),
    present: column('present'),
    seqs: column('seqs'),
    scores: column('scores'),
    expected: column('expected'),
    lows: column('lows'),
    highs: column('highs'),
    rawScores: column('rawScores'),
    views: column('views'),
    marks: column('marks'),
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

/** The number of a row's phase, and the place of its bit in a set of phases. */
export function phaseCode(marks: number): number {
  return marks & PHASE_MASK;
}

/** The bit of a phase in a set of phases. */
export function phaseBit(phase: AnomalyPhase | null): number {
  return 1 << toMarks(phase, false, false);
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
