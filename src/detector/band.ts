/**
 * The expected value and the band around it: about 99 in 100 values lie inside. Two forecasts run beside each
 * other, the usual value at this time and the same carried by how far the last rows were off; the one that has
 * erred less lately speaks.
 */
const ERROR_WEIGHT = 0.01;
const INSIDE = 0.99;
/** How fast the band's half width moves, in mean errors a row. */
const PACE = 0.5;

export interface Band {
  usualError: number;
  carriedError: number;
  usualReach: number;
  carriedReach: number;
}

export interface Expectation {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
}

export function createBand(): Band {
  return { usualError: 0, carriedError: 0, usualReach: 0, carriedReach: 0 };
}

/** @param deviation how far the last rows were from their usual value */
export function expectValue(band: Band, usual: number, deviation: number): Expectation {
  const carried = band.carriedError < band.usualError;
  const expected = carried ? usual + deviation : usual;
  const reach = carried ? band.carriedReach : band.usualReach;
  return { expected, low: expected - reach, high: expected + reach };
}

/** A quantile followed by small steps: up by the quantile's odds when the error was outside, down when inside. */
function followReach(reach: number, error: number, meanError: number): number {
  const step = PACE * meanError * (error > reach ? INSIDE : INSIDE - 1);
  return Math.max(meanError, reach + step);
}

/** Learns from the value that came. */
export function learnBand(band: Band, usual: number, deviation: number, value: number): void {
  const usualError = Math.abs(value - usual);
  const carriedError = Math.abs(value - usual - deviation);
  band.usualError += ERROR_WEIGHT * (usualError - band.usualError);
  band.carriedError += ERROR_WEIGHT * (carriedError - band.carriedError);
  band.usualReach = followReach(band.usualReach, usualError, band.usualError);
  band.carriedReach = followReach(band.carriedReach, carriedError, band.carriedError);
}
