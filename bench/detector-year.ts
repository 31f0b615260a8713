/** A year of four metrics of unlike kinds, at five minutes. */
import { makeLoad, STEP_MS } from './detector-load.ts';
import { createRandom } from './nab-drop.ts';

export const YEAR_ROWS = (365 * 86_400_000) / STEP_MS;

/** Values by metric name; each list YEAR_ROWS long. */
export function makeYear(): ReadonlyMap<string, readonly number[]> {
  return new Map([
    ['year.weekly', makeLoad(YEAR_ROWS, 1).map(({ value }) => value)],
    ['year.counter', makeCounter(createRandom(2))],
    ['year.constant', Array.from({ length: YEAR_ROWS }, () => 42)],
    ['year.heavy', makeHeavyTail(createRandom(3))],
  ]);
}

/** Requests since a start: rises all the time, back to 0 about every eleven days. */
function makeCounter(random: () => number): number[] {
  let total = 0;
  return Array.from({ length: YEAR_ROWS }, () => {
    total = random() < 1 / 3000 ? 0 : total + Math.floor(200 * random());
    return total;
  });
}

/** A Pareto law of shape 1.5: its variance has no bound. */
function makeHeavyTail(random: () => number): number[] {
  return Array.from({ length: YEAR_ROWS }, () => (1 - random()) ** (-1 / 1.5));
}
