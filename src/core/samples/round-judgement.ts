/**
 * Rounds what is stored of a judgement to what anybody can distinguish. A stored sample is mostly the last digits of
 * these numbers, which nobody reads and no code can shorten; rounded, a packed sample takes a third of the bytes.
 * Rounding depends on nothing but the judgement, so that a replay gives the stored numbers again.
 */
import { classifyScore } from '../../detector/likelihood.ts';
import type { Judgement } from '../../model.ts';
import { HIGH } from './packed/double-words.ts';

export type Rounded = Pick<Judgement, 'rawScore' | 'score' | 'expected' | 'low' | 'high'>;
type Unrounded = { -readonly [Key in keyof Rounded]: Rounded[Key] };

/** The expected range is stored in steps of its width divided by 2^8 to 2^9: less than a pixel of any chart. */
const STEP_BITS = 8;
/** Of a score what is missing to 1, and of a raw score itself, this many significant bits: to 1 in 1,000. */
const SCORE_BITS = 10;

export function roundJudgement({ rawScore, score, expected, low, high }: Rounded): Rounded {
  const rounded = { rawScore, score, expected, low, high };
  roundInPlace(rounded);
  return rounded;
}

/** The expected value to the nearest step, the ends of the range outwards: what lay within still does. */
export function roundInPlace(judged: Unrounded): void {
  judged.rawScore = Math.fround(roundBits(judged.rawScore));
  judged.score = roundScore(judged.score);
  const { expected, low, high } = judged;
  const step = stepOf(high - low);
  if (step === 0) return;
  const middle = Math.round(expected / step) * step;
  const bottom = Math.floor(low / step) * step;
  const top = Math.ceil(high / step) * step;
  // Next to the smallest and the largest doubles there is no room for it. An infinite end is beyond any finite one.
  const hasRoom = bottom >= -Number.MAX_VALUE && top <= Number.MAX_VALUE;
  if (hasRoom && bottom <= low && top >= high && middle >= bottom && middle <= top) {
    judged.expected = middle;
    judged.low = bottom;
    judged.high = top;
  }
}

/** Never into another class. */
export function roundScore(score: number): number {
  const rounded = 1 - roundBits(1 - score);
  return classifyScore(rounded) === classifyScore(score) ? rounded : score;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const EXPONENT = 2 ** 20;
/** Twos to the power of these, and all between, are whole doubles, and so are what they are multiplied with here. */
const MIN_EXPONENT = 100;
const MAX_EXPONENT = 1940;

/** A power of two; 0 for a range without width, or one too narrow or too wide to be divided. */
function stepOf(width: number): number {
  double[0] = width;
  const exponent = Math.floor((words[HIGH] ?? 0) / EXPONENT);
  if (exponent < MIN_EXPONENT || exponent > MAX_EXPONENT) return 0;
  words[HIGH] = (exponent - STEP_BITS) * EXPONENT;
  words[1 - HIGH] = 0;
  return double[0];
}

/** @param share in [0, 1] */
function roundBits(share: number): number {
  const dropped = EXPONENT / 2 ** SCORE_BITS;
  double[0] = share;
  words[HIGH] = Math.floor((words[HIGH] ?? 0) / dropped + 0.5) * dropped;
  words[1 - HIGH] = 0;
  return double[0];
}
