/**
 * How labels of people move the threshold for alerts of one metric. Scores stay what they are: a raised threshold asks
 * for a rarer score before anybody is notified.
 *
 * A NORMAL raises it for what resembles what was labelled: off in the same direction, not much farther, at about the
 * same time of the day. It then has to be rarer than the labelled anomaly was. Everything else alerts as before, so no
 * number of labels silences a metric. A REAL takes back what NORMAL raised for its like. What was raised halves in a
 * month.
 */
import { ordersOfScore } from '../../detector/likelihood.ts';

/** The most anomalous point of what was labelled. */
export interface LabelledPeak {
  /** In milliseconds since 1970. */
  readonly timestampMs: number;
  /** Its value less the expected one. */
  readonly deviation: number;
  readonly score: number;
}

export interface LabelMark {
  readonly kind: 'REAL' | 'NORMAL';
  /** When it was given, in milliseconds since 1970. */
  readonly createdAtMs: number;
  /** Null when no scored point was labelled: then it counts for every point, by half an order of magnitude. */
  readonly peak: LabelledPeak | null;
}

/** A point that may alert. */
export type AlertPoint = Omit<LabelledPeak, 'score'>;

/** Orders of magnitude of a red score. */
const RED_ORDERS = 5;
/** What a label counts beyond the rarity of its own peak, and what one without a peak counts. */
const STEP_ORDERS = 0.5;
const MAX_ORDERS = { peak: 7, noPeak: 2 };
const HALF_LIFE_MS = 30 * 86_400_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** As large as the labelled one up to this ratio; at the second it is something else. */
const SIZE = { same: 1.25, other: 2 };
/** Hours of the day between them. */
const HOURS = { same: 1, other: 4 };

/**
 * By how many orders of magnitude the threshold is raised for a point at a time.
 * @param labels in any order; those given after `atMs` do not count
 * @param point null for one that resembles none of the labelled anomalies
 * @returns in [0, 7]
 */
export function sumRaise(labels: readonly LabelMark[], point: AlertPoint | null, atMs: number): number {
  let raise = 0;
  let sinceMs = -Infinity;
  for (const { kind, createdAtMs, peak } of labels.toSorted((a, b) => a.createdAtMs - b.createdAtMs)) {
    if (createdAtMs > atMs) break;
    const before = decay(raise, createdAtMs - sinceMs);
    sinceMs = createdAtMs;
    if (peak === null) {
      const step = kind === 'NORMAL' ? STEP_ORDERS : -STEP_ORDERS;
      raise = Math.min(Math.max(MAX_ORDERS.noPeak, before), Math.max(0, before + step));
      continue;
    }
    const likeness = point === null ? 0 : resemble(point, peak);
    const own = Math.max(0, ordersOfScore(peak.score) - RED_ORDERS) + STEP_ORDERS;
    const step = Math.min(MAX_ORDERS.peak, own) * likeness;
    raise = kind === 'NORMAL' ? Math.max(before, step) : Math.max(0, before - step);
  }
  return decay(raise, atMs - sinceMs);
}

/**
 * How much a point is like a labelled anomaly: the same direction, not much larger, about the same time of the day (UTC).
 * @returns in [0, 1]
 */
export function resemble(point: AlertPoint, peak: LabelledPeak): number {
  if (Math.sign(point.deviation) !== Math.sign(peak.deviation)) return 0;
  const ratio = peak.deviation === 0 ? 1 : point.deviation / peak.deviation;
  const apart = Math.abs(point.timestampMs - peak.timestampMs) % DAY_MS;
  const hours = Math.min(apart, DAY_MS - apart) / HOUR_MS;
  return fade(ratio, SIZE) * fade(hours, HOURS);
}

/** 1 up to `same`, 0 from `other` on. */
function fade(value: number, { same, other }: { readonly same: number; readonly other: number }): number {
  return Math.min(1, Math.max(0, (other - value) / (other - same)));
}

/**
 * The score a point needs once the threshold is raised: 0.99999 raised by one order of magnitude is 0.999999.
 * @param sensitivity the score it needs otherwise, in [0, 1]
 * @param orders at least 0
 */
export function raiseSensitivity(sensitivity: number, orders: number): number {
  return orders === 0 ? sensitivity : 1 - (1 - sensitivity) * 10 ** -orders;
}

function decay(raise: number, ageMs: number): number {
  return raise === 0 ? 0 : raise * 0.5 ** (ageMs / HALF_LIFE_MS);
}
