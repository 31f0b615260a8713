/**
 * The expected value and the band around it: about 99 in 100 values lie inside. Two forecasts run beside each other,
 * the normal value at this time and the same carried by how far the last rows were off; the one that has erred less
 * lately is shown.
 */
const ERROR_WEIGHT = 0.01;
const INSIDE = 0.99;
/** How fast the band's half width moves, in mean errors a row. */
const PACE = 0.5;

export interface Band {
  rows: number;
  baseError: number;
  carriedError: number;
  baseReach: number;
  carriedReach: number;
}

export interface Expectation {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
}

export function createBand(): Band {
  return { rows: 0, baseError: 0, carriedError: 0, baseReach: 0, carriedReach: 0 };
}

/** @param carried how far the last rows were from the normal value */
export function expectValue(band: Band, base: number, carried: number): Expectation {
  const carries = band.carriedError < band.baseError;
  const expected = carries ? base + carried : base;
  const reach = carries ? band.carriedReach : band.baseReach;
  return { expected, low: expected - reach, high: expected + reach };
}

/** A quantile followed by small steps: up by the quantile's odds when the error was outside, down when inside. */
function followReach(reach: number, error: number, meanError: number): number {
  const step = PACE * meanError * (error > reach ? INSIDE : INSIDE - 1);
  return Math.max(meanError, reach + step);
}

/** Learns from the value that came. */
export function learnBand(band: Band, base: number, carried: number, value: number): void {
  band.rows += 1;
  const weight = Math.max(ERROR_WEIGHT, 1 / band.rows);
  const baseError = Math.abs(value - base);
  const carriedError = Math.abs(value - base - carried);
  band.baseError += weight * (baseError - band.baseError);
  band.carriedError += weight * (carriedError - band.carriedError);
  band.baseReach = followReach(band.baseReach, baseError, band.baseError);
  band.carriedReach = followReach(band.carriedReach, carriedError, band.carriedError);
}

/**
 * Puts what is expected of a quantity where the metric's values lie, bounded by what the metric can be: nothing
 * expected lies where it never can.
 * @param origin of the quantity, in the metric's unit
 * @param units of time it is expected for: a counter rises twice as far where a row is missing
 */
export function placeExpectation(
  { expected, low, high }: Expectation,
  origin: number,
  units: number,
  lowest: number,
  highest: number,
): Expectation {
  return {
    expected: clamp(origin + units * expected, lowest, highest),
    low: clamp(origin + units * low, lowest, highest),
    high: clamp(origin + units * high, lowest, highest),
  };
}

function clamp(value: number, lowest: number, highest: number): number {
  return Math.min(highest, Math.max(lowest, value));
}
