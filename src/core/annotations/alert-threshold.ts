/**
 * How labels of people move the bar for alerts of one metric. Scores stay what they are: a raised bar asks for a rarer
 * score before anybody is told.
 *
 * In the order they were given, each NORMAL raises the bar by a step and each REAL lowers it by one, never below what
 * was asked for and never above a bound, so that no number of labels can silence a metric. What was raised is
 * forgotten by half in a month.
 */
export interface LabelMark {
  readonly kind: 'REAL' | 'NORMAL';
  /** When it was given, in milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** Of probability: two steps ask for a point ten times as rare. */
const STEP_DECADES = 0.5;
const MAX_DECADES = 2;
const HALF_LIFE_MS = 30 * 86_400_000;

/**
 * By how many powers of ten the bar is raised at a time.
 * @param labels in any order; those given after `atMs` do not count
 * @returns in [0, 2]
 */
export function sumRaise(labels: readonly LabelMark[], atMs: number): number {
  let raise = 0;
  let sinceMs = -Infinity;
  for (const { kind, createdAtMs } of labels.toSorted((a, b) => a.createdAtMs - b.createdAtMs)) {
    if (createdAtMs > atMs) break;
    const step = kind === 'NORMAL' ? STEP_DECADES : -STEP_DECADES;
    raise = Math.min(MAX_DECADES, Math.max(0, decay(raise, createdAtMs - sinceMs) + step));
    sinceMs = createdAtMs;
  }
  return decay(raise, atMs - sinceMs);
}

/**
 * The score a point needs once the bar is raised: 0.99999 raised by one power of ten is 0.999999.
 * @param sensitivity the score it needs otherwise, in [0, 1]
 * @param decades at least 0
 */
export function raiseSensitivity(sensitivity: number, decades: number): number {
  return decades === 0 ? sensitivity : 1 - (1 - sensitivity) * 10 ** -decades;
}

function decay(raise: number, ageMs: number): number {
  return raise === 0 ? 0 : raise * 0.5 ** (ageMs / HALF_LIFE_MS);
}
