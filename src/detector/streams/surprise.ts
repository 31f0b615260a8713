/**
 * From deviations to one number: how surprising a row is, per time and not per row, so that a metric of one second and
 * one of an hour are red as seldom. Surprise counts orders of magnitude; RED_SURPRISE and all constants are common to
 * all metrics.
 */
import { readCell } from './cells.ts';
import { type Deviations, RECORD_VIEWS, SLOW_LEVEL } from './deviations.ts';
import { type Excursions, followExcursion } from './excursions.ts';
import { compareWithRecords, type RecordResult, type Records } from './records.ts';
import { measureNothing, measureResolution, type Resolution } from './resolution.ts';
import { learnSize, measureRarity, type Tail } from './tails.ts';

const HOUR_MS = 3_600_000;
/** Surprise is 2 at what is seen once an hour. */
const ONCE_AN_HOUR = 2;
/** Rare only because the metric seldom moves is not red: its size must add to it. */
const MAX_COUNTED = 3.8;
/** A metric that never moved has no sizes: its first move counts this much more, and is red after some three days. */
const FIRST_MOVE = 0.8;
/** Surprise of sudden changes, slow levels and silence from which a row is red. */
const RED_BASE = 4.3;
/** Records add up to this: below red they rank what was never seen before what was. */
const MAX_NOVELTY = 3;
export const RED_SURPRISE = RED_BASE + MAX_NOVELTY;
/** Just below red: the most of what records alone can reach. */
export const MAX_BELOW_RED = RED_SURPRISE - 0.01;
/** Slow levels and silence reach red, and no more: they last, and need no rank among red rows. */
const MAX_LASTING = RED_BASE + 0.1;
/** A level that creeps away is red, and less so than anything else that is. */
const CREEPING = RED_BASE + 0.05;
/** The tails overlap, so they are combined nearly as their maximum. */
const NORM = 8;
const RECORD_NORM = 4;
/** What a record of the slow level counts, and the days after which it counts in full. */
const SLOW = { gain: 3.15, days: 4, fullDays: 21, minShape: 0.2 };
/** Rows a tail remembers: so many days, and at least so many rows. */
const MEMORY = { days: 30, rows: 5000, first: 60 };
/** Part of the smallest step that each record view moves by. */
const RECORD_QUANTA = [0.3, 0.3, 1, 1, 0.3] as const;

export interface SurpriseInput {
  readonly deviations: Deviations;
  /** What is scored of the row, and the metric's own value, for the resolution. */
  readonly value: number;
  readonly raw: number;
  readonly stepMs: number;
  readonly rowsPerDay: number;
  readonly ageDays: number;
  /** As of measureSilence, 0 when the metric moves. */
  readonly silence: number;
  readonly wakes: boolean;
}

/** Whether a surprise is of what lasts: a level that creeps away, or is off for hours, or a standstill. */
export function isLasting(surprise: number): boolean {
  return surprise === CREEPING + MAX_NOVELTY || surprise === MAX_LASTING + MAX_NOVELTY;
}

/** What deviations are compared with, and what learns them. */
export interface Learned {
  readonly tails: readonly Tail[];
  readonly records: Records;
  readonly excursions: Excursions;
  readonly resolution: Resolution;
}

/** Surprise of what is seen on every row: below 2 for steps shorter than an hour. */
function surpriseOfARow(stepMs: number): number {
  return stepMs > 0 ? ONCE_AN_HOUR - Math.log10(HOUR_MS / stepMs) : ONCE_AN_HOUR;
}

/**
 * Scores a row's deviations by tails and records, and learns them.
 * @param parts filled: surprise of each tail, each record view, and of silence
 * @returns the surprise of the row, at least 0, red from RED_SURPRISE
 */
export function combine(
  { tails, records, excursions, resolution }: Learned,
  input: SurpriseInput,
  parts: Float64Array,
): number {
  const row = surpriseOfARow(input.stepMs);
  const sudden = scoreTails(tails, resolution, input, row, parts);
  const slow = scoreRecords(tails, records, resolution, input, parts);
  const novelty = measureNovelty(parts, tails.length);
  const creeping = scoreExcursion(excursions, resolution, input, parts, tails.length + SLOW_LEVEL);
  const silence = input.silence > 0 ? Math.min(MAX_LASTING, Math.max(0, input.silence + row)) : 0;
  parts[parts.length - 1] = Math.max(silence, input.wakes ? MAX_LASTING : 0);
  const base = Math.max(sudden, slow, creeping, readCell(parts, parts.length - 1));
  if (base >= RED_BASE) return base + MAX_NOVELTY;
  return Math.min(MAX_BELOW_RED, base + Math.min(MAX_NOVELTY, novelty));
}

function scoreTails(
  tails: readonly Tail[],
  resolution: Resolution,
  input: SurpriseInput,
  row: number,
  parts: Float64Array,
): number {
  const { deviations, rowsPerDay } = input;
  const nothing = measureNothing(resolution, input.value, input.raw);
  let sum = 0;
  for (let i = 0; i < tails.length; i++) {
    const tail = tails[i];
    if (tail === undefined) continue;
    const deviation = readCell(deviations.tails, i);
    const size = deviation < nothing ? 0 : deviation;
    const { counted, beyond } = measureRarity(tail, size, resolution.given);
    const rare = tail.outerShare === 0 ? counted + row + FIRST_MOVE : Math.min(MAX_COUNTED, counted + row);
    const surprise = counted > 0 ? Math.max(0, rare + beyond) : 0;
    parts[i] = surprise;
    sum += surprise ** NORM;
    // While young, a tail remembers as many rows as it has seen: what was learned first fades.
    const memory = Math.min(tail.rows + 1, Math.max(MEMORY.rows, MEMORY.days * rowsPerDay));
    learnSize(tail, size, Math.max(MEMORY.first, memory), input);
  }
  return (sum / tails.length) ** (1 / NORM);
}

/** @returns surprise of the slow level; that of each view is put into the parts */
function scoreRecords(
  tails: readonly Tail[],
  records: Records,
  resolution: Resolution,
  { deviations, value, raw, rowsPerDay, ageDays }: SurpriseInput,
  parts: Float64Array,
): number {
  const limits = { resolution: measureResolution(resolution, value, raw), rowsPerDay };
  let slow = 0;
  for (let i = 0; i < RECORD_VIEWS.length; i++) {
    const floor = resolution.quantum * (RECORD_QUANTA[i] ?? 1);
    const size = Math.abs(readCell(deviations.records, i));
    const result = compareWithRecords(records, i, size, floor, limits);
    parts[tails.length + i] = result.surprise;
    if (i === SLOW_LEVEL) slow = scoreSlowLevel(tails, result, ageDays);
  }
  return slow;
}

/** Of all records together. @param from where theirs begin among the parts */
function measureNovelty(parts: Float64Array, from: number): number {
  let sum = 0;
  for (let i = 0; i < RECORD_VIEWS.length; i++) sum += readCell(parts, from + i) ** RECORD_NORM;
  return sum ** (1 / RECORD_NORM);
}

/** A level that creeps away from where it always was: red, however slowly it goes. */
function scoreExcursion(
  excursions: Excursions,
  resolution: Resolution,
  { deviations, rowsPerDay }: SurpriseInput,
  parts: Float64Array,
  part: number,
): number {
  const size = Math.abs(readCell(deviations.records, SLOW_LEVEL));
  if (!followExcursion(excursions, size, { floor: resolution.quantum, rowsPerDay })) return 0;
  parts[part] = Math.max(readCell(parts, part), CREEPING);
  return CREEPING;
}

/** A level of hours that never was so far off: judged by its ratio to the record and the metric's own tail. */
function scoreSlowLevel(tails: readonly Tail[], result: RecordResult, ageDays: number): number {
  if (result.surprise === 0) return 0;
  const shape = Math.max(SLOW.minShape, tails[1]?.shape ?? 1);
  const byRatio = (result.rarity + result.orders / shape) * result.belief;
  const trust = (ageDays / (ageDays + SLOW.days)) * (1 + SLOW.days / SLOW.fullDays);
  return Math.min(MAX_LASTING, SLOW.gain * Math.min(result.surprise, byRatio) * trust);
}

/** Orders of magnitude of a red score, and the most there are: doubles tell 1 − 10⁻¹² from 1. */
const RED_ORDERS = 5;
const MAX_ORDERS = 12;
/** Surprise above red at which half of the orders that are left are used. */
const HALF_WAY = 4;

/** The scale scores are read on: red is 5 orders of magnitude; what is more surprising stays more, without end. */
export function ordersOfSurprise(surprise: number): number {
  const above = surprise - RED_SURPRISE;
  if (above < 0) return (RED_ORDERS * surprise) / RED_SURPRISE;
  return RED_ORDERS + ((MAX_ORDERS - RED_ORDERS) * above) / (above + HALF_WAY);
}
