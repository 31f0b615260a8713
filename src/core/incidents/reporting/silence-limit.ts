/**
 * How long a metric may be silent before it has stopped reporting: learned from its own gaps. Pure.
 *
 * The limit is the longest of
 * - the least time that is asked for;
 * - five of its steps, the median time between its newest samples;
 * - one and a half times the gap that is normal for it now. That is the longest of the gap it had within an hour of this
 *   time of the week (the upper median of the last four weeks, so that one outage is not taken for a habit); where it pauses
 *   more often than daily, the 95th percentile of its pauses; and in its first eight days, its longest pause.
 */
import type { StoredSample } from '../../samples/stored-sample.ts';

/** What is known of when a metric reported. Times are in milliseconds. */
export interface ReportingHistory {
  /** The newest sample that was scored. */
  readonly last: StoredSample;
  /** Median of the times between the newest samples. */
  readonly stepMs: number;
  /** The first and the last slot with scored samples, of the last four weeks. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Oldest first. */
  readonly pauses: readonly Pause[];
}

/** From one slot with samples to the next, where there is at least one without between them. */
export interface Pause {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Gaps are known to the slot: the bars of five minutes. */
export const SLOT_MS = 300_000;
export const HISTORY_WEEKS = 4;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
const STEPS = 5;
const FACTOR = 1.5;
const AROUND_MS = HOUR_MS;
/** From then on there is a week to compare with. */
const YOUNG_MS = 8 * DAY_MS;
const MIN_FREQUENT_PAUSES = 3;
const FREQUENT_PER_DAY = 1.5;
const HIGH_SHARE = 0.95;

/**
 * @param nowMs the time at which the metric is silent
 * @param minMs no limit is shorter
 * @returns milliseconds
 */
export function findSilenceLimit(history: ReportingHistory, nowMs: number, minMs: number): number {
  const baseMs = Math.max(minMs, STEPS * history.stepMs);
  // The gap itself may be longer than the slots say.
  const pauses = history.pauses.filter(({ fromMs, toMs }) => toMs - fromMs > baseMs);
  if (pauses.length === 0) return baseMs;
  const normalMs = Math.max(
    findWeeklyGap(history, nowMs),
    findFrequentGap(history, pauses),
    history.toMs - history.fromMs < YOUNG_MS ? Math.max(...pauses.map(measure)) : 0,
  );
  return Math.max(baseMs, FACTOR * normalMs);
}

/** How long the metric had been silent, at most, within an hour of this time in the weeks before. */
function findWeeklyGap({ fromMs, toMs, pauses }: ReportingHistory, nowMs: number): number {
  const gaps: number[] = [];
  for (let week = 1; week <= HISTORY_WEEKS; week += 1) {
    const startMs = nowMs - week * WEEK_MS - AROUND_MS;
    const endMs = startMs + 2 * AROUND_MS;
    if (startMs < fromMs || endMs > toMs) continue;
    const reached = pauses
      .filter((pause) => pause.fromMs < endMs && pause.toMs > startMs)
      .map((pause) => Math.min(pause.toMs, endMs) - pause.fromMs + SLOT_MS);
    gaps.push(Math.max(0, ...reached));
  }
  const sorted = gaps.sort((a, b) => b - a);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

/** What it pauses for, where pauses are its habit. One that pauses once a day is compared with the weeks before. */
function findFrequentGap({ fromMs, toMs }: ReportingHistory, pauses: readonly Pause[]): number {
  const days = (toMs - fromMs) / DAY_MS;
  if (pauses.length < Math.max(MIN_FREQUENT_PAUSES, FREQUENT_PER_DAY * days)) return 0;
  const sorted = pauses.map(measure).sort((a, b) => a - b);
  return sorted[Math.ceil(HIGH_SHARE * sorted.length) - 1] ?? 0;
}

function measure({ fromMs, toMs }: Pause): number {
  return toMs - fromMs + SLOT_MS;
}
