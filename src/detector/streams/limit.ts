/**
 * What a model learns of a value. A deviation far beyond all normal steps is scored in full, but taught only when it
 * lasts: one absurd value must not move a level that needs days to come back.
 */

/** So many mean steps, or smallest steps, away from the level is far. */
const FAR_STEPS = 64;
const STEP_WEIGHT = 0.02;
const FIRST_ROWS = 30;

export interface Limit {
  rows: number;
  /** The two raw values before. */
  last: number;
  beforeLast: number;
  /** Of the values learned: the last, and the mean step between two. */
  learned: number;
  meanStep: number;
  /** How far from the level may be learned; doubles while values lie beyond. */
  reach: number;
}

export function createLimit(): Limit {
  return { rows: 0, last: 0, beforeLast: 0, learned: 0, meanStep: 0, reach: 0 };
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/**
 * @param level the value is compared with
 * @param quantum the metric's smallest step, 0 while unknown
 * @param behindGap what is normal by now, as the level is of before a gap; null where there is none
 * @returns the value to learn: itself, or where it is far, the median of the last three within the reach
 */
export function limitValue(
  limit: Limit,
  value: number,
  level: number,
  quantum: number,
  behindGap: number | null = null,
): number {
  const normal = FAR_STEPS * Math.max(limit.meanStep, quantum);
  const learned = limit.rows < FIRST_ROWS ? value : limitFar(limit, value, level, normal, behindGap);
  const weight = Math.max(STEP_WEIGHT, 1 / Math.max(1, limit.rows));
  if (limit.rows > 0) limit.meanStep += weight * (Math.abs(learned - limit.learned) - limit.meanStep);
  limit.rows += 1;
  limit.beforeLast = limit.last;
  limit.last = value;
  limit.learned = learned;
  return learned;
}

function limitFar(
  limit: Limit,
  value: number,
  level: number,
  normal: number,
  behindGap: number | null,
): number {
  if (Math.abs(value - level) <= normal) {
    limit.reach = normal;
    return value;
  }
  // In hours without rows a metric goes where it normally is by now; an absurd value goes further.
  if (behindGap !== null) return median(value, level, behindGap);
  const lasting = median(value, limit.last, limit.beforeLast);
  // A metric that stood still has no steps to measure by: what lasts is believed.
  if (normal === 0) return lasting;
  limit.reach = Math.min(Number.MAX_VALUE / 4, Math.max(normal, 2 * limit.reach));
  return Math.min(level + limit.reach, Math.max(level - limit.reach, lasting));
}
