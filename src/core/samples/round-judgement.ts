/**
 * Rounds what is stored of a judgement to what anybody can tell apart. A stored sample is mostly the last digits of
 * these numbers, which nobody reads and no code can shorten; rounded, a packed sample takes a third of the bytes.
 * Rounding depends on nothing but the judgement, so that a replay gives the stored numbers again.
 */
import { classifyScore } from '../../detector/likelihood.ts';
import type { Judgement } from '../../model.ts';
import { HIGH } from './packed/double-words.ts';

export type Rounded = Pick<Judgement, 'rawScore' | 'score' | 'expected' | 'low' | 'high'>;

/** The expected range is stored in steps of its width divided by this to twice this: less than a pixel of any chart. */
const STEPS_IN_RANGE = 256;
/** Of a score what is missing to 1, and of a raw score itself, this many significant bits: to 1 in 1,000. */
const SCORE_BITS = 10;

/** The expected value to the nearest step, the ends of the range outwards: what lay within still does. */
export function roundJudgement({ rawScore, score, expected, low, high }: Rounded): Rounded {
  const step = stepOf(high - low);
  const scores = { rawScore: Math.fround(roundBits(rawScore)), score: roundScore(score) };
  const range = {
    expected: Math.round(expected / step) * step,
    low: Math.floor(low / step) * step,
    high: Math.ceil(high / step) * step,
  };
  // Next to the smallest and the largest doubles there is no room for it.
  const holds = step > 0 && range.low <= low && range.high >= high;
  return holds && Object.values(range).every(Number.isFinite)
    ? { ...scores, ...range }
    : { ...scores, expected, low, high };
}

/** A power of two; 0 for a range without width, or one too wide or too narrow to be divided. */
function stepOf(width: number): number {
  if (!(width > 1e-280 && width < 1e280)) return 0;
  return 2 ** (Math.floor(Math.log2(width)) - Math.log2(STEPS_IN_RANGE));
}

/** Never into another class. */
function roundScore(score: number): number {
  const rounded = 1 - roundBits(1 - score);
  return classifyScore(rounded) === classifyScore(score) ? rounded : score;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const DROPPED = 2 ** (20 - SCORE_BITS);

/** @param share in [0, 1] */
function roundBits(share: number): number {
  double[0] = share;
  const high = words[HIGH] ?? 0;
  words[HIGH] = Math.floor(high / DROPPED + 0.5) * DROPPED;
  words[1 - HIGH] = 0;
  return double[0];
}
