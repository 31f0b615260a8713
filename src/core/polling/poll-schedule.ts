/** When a polled metric is to be read next. */
import { SCORED_AHEAD_MS, type MetricStatus } from '../../model.ts';
import type { Polling } from '../sources/source.ts';
import type { MetricEntry } from '../metrics/registry.ts';
import { findJitterMs } from './poll-slots.ts';

export interface Schedule {
  /** Which share of its period's calls it goes with. */
  readonly slot: number;
  dueMs: number;
  /** Readings that failed since the last that did not. */
  failures: number;
  /** Tries to get out of ERROR since the metric last worked. */
  retries: number;
  /** When the next of them is made; null while the metric is not in ERROR. */
  retryMs: number | null;
}

const POLLED: ReadonlySet<MetricStatus> = new Set(['ACTIVE', 'CREATE_PENDING', 'PENDING_DATA']);
const FIRST_BACK_OFF_MS = 1000;
const MAX_BACK_OFF_MS = 300_000;
const FIRST_RETRY_MS = 600_000;
const MAX_RETRY_MS = 21_600_000;
/** A metric further behind is fetched as history: apart from the others, so that they need not wait for it. */
const PERIODS_BEHIND = 12;

/**
 * Up to where the metric has been read, by a clock that may have been wrong then: what lies ahead of the clock of now
 * was not read, or not rightly. Null for a metric that was never read.
 */
export function findReadToMs({ readToMs, periodSeconds }: MetricEntry, nowMs: number): number | null {
  if (readToMs === null || readToMs <= nowMs + SCORED_AHEAD_MS) return readToMs;
  const periodMs = periodSeconds * 1000;
  return Math.floor(nowMs / periodMs) * periodMs - periodMs;
}

export function createSchedule(entry: MetricEntry, polling: Polling, nowMs: number, slot: number): Schedule {
  const { periodSeconds } = entry;
  const readToMs = findReadToMs(entry, nowMs);
  // A new metric is read at once; so is one whose period ended while no server ran.
  const endsMs = (readToMs ?? 0) + (periodSeconds + polling.settleSeconds) * 1000;
  const dueMs = readToMs === null ? nowMs : endsMs + findJitterMs(slot, periodSeconds);
  return { slot, dueMs, failures: 0, retries: 0, retryMs: null };
}

/**
 * When to look at the metric again; null for one that is not read at all. One in ERROR is tried again by itself, with
 * growing pauses; one somebody took out of it at once.
 */
export function planByStatus(schedule: Schedule, { status }: MetricEntry, nowMs: number): number | null {
  if (status === 'ERROR') {
    if (schedule.retryMs === null) {
      schedule.retryMs = nowMs + Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** schedule.retries);
      schedule.retries += 1;
    }
    return schedule.retryMs;
  }
  if (!POLLED.has(status)) return null;
  if (schedule.retryMs !== null) schedule.dueMs = nowMs;
  schedule.retryMs = null;
  return schedule.dueMs;
}

/** Whether there is more to read than its newest periods. */
export function isBehind(entry: MetricEntry, polling: Polling, nowMs: number): boolean {
  const reachMs = polling.settleSeconds * 1000 + PERIODS_BEHIND * entry.periodSeconds * 1000;
  return entry.readToMs === null || entry.readToMs + reachMs < nowMs;
}

/** @param previousMs up to where it had been read before this reading, which did not fail */
export function planAfterSuccess(
  schedule: Schedule,
  entry: MetricEntry,
  polling: Polling,
  times: { readonly startedMs: number; readonly previousMs: number | null },
): void {
  const { startedMs, previousMs } = times;
  schedule.failures = 0;
  schedule.retryMs = null;
  if (entry.status === 'ACTIVE') schedule.retries = 0;
  const readToMs = findReadToMs(entry, startedMs);
  const gotOn = readToMs !== null && (previousMs === null || readToMs > previousMs);
  const nextMs = (readToMs ?? 0) + (entry.periodSeconds + polling.settleSeconds) * 1000;
  schedule.dueMs =
    gotOn && nextMs <= startedMs ? startedMs : findNextDueMs(schedule, entry, polling, startedMs);
}

/**
 * A failure is tried again within seconds, then with doubling pauses up to a period or five minutes, whichever is
 * longer: what is over soon costs neither a live value its time nor a history its next period.
 * @param reading.chance from 0 to 1, the same for all that were read in one call: so they stay together
 */
export function planAfterFailure(
  schedule: Schedule,
  entry: MetricEntry,
  { startedMs, chance }: { readonly startedMs: number; readonly chance: number },
): void {
  schedule.failures += 1;
  schedule.retryMs = null;
  const maxMs = Math.max(MAX_BACK_OFF_MS, entry.periodSeconds * 1000);
  const backOffMs = Math.min(maxMs, FIRST_BACK_OFF_MS * 2 ** schedule.failures);
  schedule.dueMs = startedMs + backOffMs * (0.5 + chance / 2);
}

/** When the first period that ends after `afterMs` can be read. Periods are aligned to 1970. */
function findNextDueMs(
  { slot }: Schedule,
  { periodSeconds }: MetricEntry,
  polling: Polling,
  afterMs: number,
): number {
  const periodMs = periodSeconds * 1000;
  const waitMs = polling.settleSeconds * 1000 + findJitterMs(slot, periodSeconds);
  return (Math.floor((afterMs - waitMs) / periodMs) + 1) * periodMs + waitMs;
}
