/**
 * Which polled metrics are due: kept in order of time, so that the cost of a look at the clock depends on how many are
 * due and not on how many there are. A metric that was taken comes back when it has been read.
 */
import type { Datasource } from '../../model.ts';
import type { Polling, Source } from '../sources/source.ts';
import { createDueQueue } from '../../platform/runtime/deadline-heap.ts';
import {
  createSchedule,
  isBehind,
  planAfterFailure,
  planAfterSuccess,
  planByStatus,
  type Schedule,
} from './poll-schedule.ts';
import { JitterSlots } from './poll-slots.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';

/** Metrics that are read in one call: of one source and region, and either live or history. */
export interface DueBatch {
  readonly polling: Polling;
  /** Names the source and region, and which of the two. */
  readonly lane: string;
  readonly isHistory: boolean;
  readonly entries: readonly MetricEntry[];
}

/** When a reading began, and up to where its metric had been read then. */
export interface ReadingTimes {
  readonly startedMs: number;
  readonly previousMs: number | null;
}

/** What is known of a polled metric: how it is read, and when next. */
interface Plan {
  readonly polling: Polling;
  readonly schedule: Schedule;
  readonly slots: JitterSlots;
}

/** A metric that is due, and its plan. */
interface DueMetric {
  readonly entry: MetricEntry;
  readonly plan: Plan;
}

export class PollQueue {
  readonly #registry: Pick<Registry, 'all' | 'byNumber' | 'onLoaded'>;
  readonly #sources: ReadonlyMap<Datasource, Source>;
  readonly #now: () => number;
  readonly #queue = createDueQueue();
  readonly #plans = new Map<number, Plan>();
  /** Metrics that are being read. */
  readonly #taken = new Set<number>();
  /** By source and region: no more than there are. */
  readonly #slots = new Map<string, JitterSlots>();

  /** @param options.now milliseconds since 1970 */
  constructor(options: {
    readonly registry: Pick<Registry, 'all' | 'byNumber' | 'onLoaded'>;
    readonly sources: ReadonlyMap<Datasource, Source>;
    readonly now: () => number;
  }) {
    this.#registry = options.registry;
    this.#sources = options.sources;
    this.#now = options.now;
    this.#registry.onLoaded((entry) => this.#enqueue(entry));
    for (const entry of this.#registry.all()) this.#enqueue(entry);
  }

  /** Puts the metric where its status and schedule say. */
  #enqueue(entry: MetricEntry): void {
    if (this.#taken.has(entry.number)) return;
    const nowMs = this.#now();
    const plan = this.#planOf(entry, nowMs);
    const dueMs = plan === null ? null : planByStatus(plan.schedule, entry, nowMs);
    if (dueMs === null) this.#drop(entry.number);
    else this.#queue.set(entry.number, dueMs);
  }

  /** Null for a metric that is not polled. */
  #planOf(entry: MetricEntry, nowMs: number): Plan | null {
    const known = this.#plans.get(entry.number);
    if (known !== undefined) return known;
    const polling = this.#sources.get(entry.datasource)?.polling ?? null;
    if (polling === null || entry.status === 'UNMONITORED') return null;
    const key = sourceAndRegion(entry);
    const slots = this.#slots.get(key) ?? new JitterSlots(polling.maxBatch);
    this.#slots.set(key, slots);
    const plan = { polling, slots, schedule: createSchedule(entry, polling, nowMs, slots.take()) };
    this.#plans.set(entry.number, plan);
    return plan;
  }

  /** Takes out what is due, in batches. Every one of these metrics has to be handed back. */
  takeDue(nowMs: number): readonly DueBatch[] {
    const lanes = new Map<string, { polling: Polling; isHistory: boolean; entries: MetricEntry[] }>();
    for (const number of this.#queue.takeDue(nowMs)) {
      const due = this.#takeMetric(number, nowMs);
      if (due === null) continue;
      this.#taken.add(number);
      const { polling } = due.plan;
      const isHistory = isBehind(due.entry, polling, nowMs);
      const key = `${sourceAndRegion(due.entry)} ${isHistory ? 'history' : 'live'}`;
      const lane = lanes.get(key) ?? { polling, isHistory, entries: [] };
      lane.entries.push(due.entry);
      lanes.set(key, lane);
    }
    return [...lanes].flatMap(([lane, { polling, isHistory, entries }]) =>
      splitBatches(entries, polling.maxBatch).map((batch) => ({ polling, lane, isHistory, entries: batch })),
    );
  }

  /** Null for one that turns out to be deleted, not monitored any more, or in ERROR only now. */
  #takeMetric(number: number, nowMs: number): DueMetric | null {
    const [entry, plan] = [this.#registry.byNumber(number), this.#plans.get(number)];
    if (entry === undefined || plan === undefined) {
      this.#drop(number);
      return null;
    }
    const dueMs = planByStatus(plan.schedule, entry, nowMs);
    if (dueMs !== null && dueMs <= nowMs) return { entry, plan };
    this.#enqueue(entry);
    return null;
  }

  /** How long after it was due the reading of a metric began, in milliseconds. */
  findLagMs({ number }: MetricEntry, startedMs: number): number {
    const plan = this.#plans.get(number);
    return plan === undefined ? 0 : Math.max(0, startedMs - plan.schedule.dueMs);
  }

  /** Plans the next reading after one that did not fail. */
  planSuccess(entry: MetricEntry, times: ReadingTimes): void {
    const plan = this.#plans.get(entry.number);
    if (plan !== undefined) planAfterSuccess(plan.schedule, entry, plan.polling, times);
  }

  /**
   * Plans the next try after a reading that failed.
   * @param chance as of planAfterFailure
   */
  planFailure(entry: MetricEntry, startedMs: number, chance: number): void {
    const plan = this.#plans.get(entry.number);
    if (plan !== undefined) planAfterFailure(plan.schedule, entry, { startedMs, chance });
  }

  /** After the reading was planned by one of the two. One that was deleted meanwhile is forgotten. */
  handBack(entry: MetricEntry): void {
    this.#taken.delete(entry.number);
    if (this.#registry.byNumber(entry.number) === undefined) this.#drop(entry.number);
    else this.#enqueue(entry);
  }

  #drop(number: number): void {
    const plan = this.#plans.get(number);
    if (plan === undefined) return;
    plan.slots.leave(plan.schedule.slot);
    this.#plans.delete(number);
    this.#queue.delete(number);
  }
}

/** No datasource's name has a blank in it. */
function sourceAndRegion({ datasource, location }: MetricEntry): string {
  return `${datasource} ${location}`;
}

function splitBatches(entries: readonly MetricEntry[], length: number): readonly (readonly MetricEntry[])[] {
  const batches: (readonly MetricEntry[])[] = [];
  for (let start = 0; start < entries.length; start += length) {
    batches.push(entries.slice(start, start + length));
  }
  return batches;
}
