/** Which samples are asked for: said once, and meant alike by rows, in SQL, and by blocks, in memory. */
import type { AnomalyPhase } from '../../model.ts';
import { toNumberArray } from '../../platform/postgres/number-array.ts';
import { findTime, phaseBit, phaseCode, PRESENT, type SampleColumns } from './packed/sample-columns.ts';

/** Both ends belong to the range; null for open. Times are whole milliseconds. */
export interface SampleRange {
  readonly metricNumber: number;
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** Which samples of a range; what is left out, or null, lets all pass. */
export interface SampleTest {
  /** Only scored samples with at least this score. */
  readonly minScore?: number | null;
  /** Only samples that have an offset in the log. */
  readonly isScored?: boolean;
  /** Only scored samples of one of these phases. */
  readonly phases?: readonly (AnomalyPhase | null)[] | null;
  /** Of the samples within their metrics. */
  readonly rowIds?: readonly number[] | null;
}

export interface Tests {
  readonly ofRows: string;
  readonly ofBlocks: string;
}

/** A block whose samples all fail is not read. */
export function listTests(test: SampleTest, bind: (value: unknown) => string): Tests {
  const { minScore = null, isScored = false, phases = null, rowIds = null } = test;
  const ofRows: string[] = [];
  const ofBlocks: string[] = [];
  if (isScored || phases !== null) ofRows.push('seq IS NOT NULL');
  if (minScore !== null) {
    const bound = `${bind(minScore)}::float8`;
    ofRows.push(`score >= ${bound}`);
    ofBlocks.push(`max_score >= ${bound}`);
  }
  if (phases !== null) {
    const named = `phase = ANY(${bind(phases.filter((phase) => phase !== null))}::anomaly_phase[])`;
    ofRows.push(phases.includes(null) ? `(phase IS NULL OR ${named})` : named);
    ofBlocks.push(`phases & ${bind(toPhaseSet(phases))}::int <> 0`);
  }
  if (rowIds !== null) ofRows.push(`row_id = ANY(${bind(toNumberArray(rowIds))}::int[])`);
  return {
    ofRows: ofRows.map((condition) => `AND ${condition}`).join(' '),
    ofBlocks: ofBlocks.map((condition) => `AND ${condition}`).join(' '),
  };
}

/** How many samples of a block lie in a range and pass a test. */
export function countChosen(block: SampleColumns, range: TimeRange, test: SampleTest): number {
  return listChosen(block, range, test).length;
}

export type TimeRange = Pick<SampleRange, 'fromMs' | 'toMs'>;

/** Where in a block they are, in time order. */
export function listChosen(block: SampleColumns, { fromMs, toMs }: TimeRange, test: SampleTest): number[] {
  const passes = compileTest(block, test);
  const end = toMs === null ? block.count : findTime(block, toMs + 1);
  const chosen: number[] = [];
  for (let index = fromMs === null ? 0 : findTime(block, fromMs); index < end; index++) {
    if (passes(index)) chosen.push(index);
  }
  return chosen;
}

/** As the conditions on rows: whether the sample at an index passes. */
function compileTest(block: SampleColumns, test: SampleTest): (index: number) => boolean {
  const { minScore = null, isScored = false, phases = null, rowIds = null } = test;
  const tests: ((index: number) => boolean)[] = [];
  if (isScored || phases !== null) tests.push(has(block.present, PRESENT.seq));
  if (minScore !== null) {
    const { scores } = block;
    tests.push(has(block.present, PRESENT.score), (index) => (scores[index] ?? 0) >= minScore);
  }
  if (phases !== null) {
    const wanted = toPhaseSet(phases);
    const { marks } = block;
    tests.push((index) => ((1 << phaseCode(marks[index] ?? 0)) & wanted) !== 0);
  }
  if (rowIds !== null) {
    const wanted = new Set(rowIds);
    const ids = block.rowIds;
    tests.push((index) => wanted.has(ids[index] ?? 0));
  }
  return (index) => tests.every((passes) => passes(index));
}

function has(present: Float64Array, bit: number): (index: number) => boolean {
  return (index) => ((present[index] ?? 0) & bit) !== 0;
}

function toPhaseSet(phases: readonly (AnomalyPhase | null)[]): number {
  return phases.reduce((set, phase) => set | phaseBit(phase), 0);
}

/** The years 1 to 9999, which samples lie in by far. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * An end of a range as PostgreSQL takes it: it refuses times before 4714 BC, where an offset or a long range of a query may
 * lead. No sample lies there.
 */
export function boundTime(ms: number | null): number | null {
  return ms === null ? null : Math.min(LAST_MS, Math.max(FIRST_MS, ms));
}

/** A block lies in one month: those that reach into a range begin in the month it begins in, or later. */
export function startOfMonth(ms: number | null): number | null {
  if (ms === null) return null;
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

export function startOfNextMonth(ms: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}
