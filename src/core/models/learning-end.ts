/** About when a model will have learned enough. Pure. */

/** Of fewer samples no step is known. */
const MIN_SAMPLES = 3;

/**
 * @param newest times of a metric's newest samples, newest first, in milliseconds
 * @param missing samples it has still to see, above 0
 * @returns the time in milliseconds: the newest sample's, and the median step once for each that is missing; null when
 * the step is not known, or lies beyond the times there are
 */
export function foretellLearning(newest: readonly number[], missing: number): number | null {
  const [last] = newest;
  const stepMs = findStep(newest);
  if (last === undefined || stepMs === null) return null;
  const endMs = last + missing * stepMs;
  return endMs <= MAX_TIME_MS ? endMs : null;
}

/** The median, of the same times; null where they are too few. */
export function findStep(newest: readonly number[]): number | null {
  if (newest.length < MIN_SAMPLES) return null;
  const steps = newest
    .slice(1)
    .map((timeMs, index) => (newest[index] ?? timeMs) - timeMs)
    .sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

/** The last a Date can hold. */
const MAX_TIME_MS = 8.64e15;
