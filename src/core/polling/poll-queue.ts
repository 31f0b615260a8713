/**
 * Which polled metrics are due: kept in order of time, so that a look at the clock costs by how many are due and not by
 * how many there are. A metric that was taken comes back when it has been read.
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
import { createSlots, type Slots } from './poll-slots.ts';
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

export interface Agenda {
  /** Every one of these metrics has to be handed back. */
  takeDue: (nowMs: number) => readonly DueBatch[];
  /** How long after it was due a metric that is being read began to be, in milliseconds. */
  findLagMs: (entry: MetricEntry, startedMs: number) => number;
  planSuccess: (entry: MetricEntry, times: ReadingTimes) => void;
  /** @param chance as of planAfterFailure */
  planFailure: (entry: MetricEntry, startedMs: number, chance: number) => void;
  /** After the reading was planned by one of the two. One that was deleted meanwhile is forgotten. */
  handBack: (entry: MetricEntry) => void;
}

interface Plan {
  readonly polling: Polling;
  readonly schedule: Schedule;
  readonly slots: Slots;
}

/** @param options.now milliseconds since 1970 */
export function createAgenda(options: {
  readonly registry: Pick<Registry, 'all' | 'byNumber' | 'onLoaded'>;
  readonly sources: ReadonlyMap<Datasource, Source>;
  readonly now: () => number;
}): Agenda {
  const { registry, sources, now } = options;
  const queue = createDueQueue();
  const plans = new Map<number, Plan>();
  const taken = new Set<number>();
  /** By source and region: no more than there are. */
  const slotsOf = new Map<string, Slots>();

  const planOf = (entry: MetricEntry, nowMs: number): Plan | null => {
    const known = plans.get(entry.number);
    if (known !== undefined) return known;
    const polling = sources.get(entry.datasource)?.polling ?? null;
    if (polling === null || entry.status === 'UNMONITORED') return null;
    const key = placeOf(entry);
    const slots = slotsOf.get(key) ?? createSlots(polling.maxBatch);
    slotsOf.set(key, slots);
    const plan = { polling, slots, schedule: createSchedule(entry, polling, nowMs, slots.take()) };
    plans.set(entry.number, plan);
    return plan;
  };

  const drop = (number: number) => {
    const plan = plans.get(number);
    if (plan === undefined) return;
    plan.slots.leave(plan.schedule.slot);
    plans.delete(number);
    queue.delete(number);
  };

  /** Puts the metric where its status and schedule say. */
  const place = (entry: MetricEntry) => {
    if (taken.has(entry.number)) return;
    const nowMs = now();
    const plan = planOf(entry, nowMs);
    const dueMs = plan === null ? null : planByStatus(plan.schedule, entry, nowMs);
    if (dueMs === null) drop(entry.number);
    else queue.set(entry.number, dueMs);
  };

  /** Null for one that turns out to be gone, unwatched, or in ERROR only now. */
  const takeEntry = (number: number, nowMs: number): { entry: MetricEntry; plan: Plan } | null => {
    const [entry, plan] = [registry.byNumber(number), plans.get(number)];
    if (entry === undefined || plan === undefined) {
      drop(number);
      return null;
    }
    const dueMs = planByStatus(plan.schedule, entry, nowMs);
    if (dueMs !== null && dueMs <= nowMs) return { entry, plan };
    place(entry);
    return null;
  };

  const takeDue = (nowMs: number) => {
    const lanes = new Map<string, { polling: Polling; isHistory: boolean; entries: MetricEntry[] }>();
    for (const number of queue.takeDue(nowMs)) {
      const due = takeEntry(number, nowMs);
      if (due === null) continue;
      taken.add(number);
      const { polling } = due.plan;
      const isHistory = isBehind(due.entry, polling, nowMs);
      const key = `${placeOf(due.entry)} ${isHistory ? 'history' : 'live'}`;
      const lane = lanes.get(key) ?? { polling, isHistory, entries: [] };
      lane.entries.push(due.entry);
      lanes.set(key, lane);
    }
    return [...lanes].flatMap(([lane, { polling, isHistory, entries }]) =>
      splitBatches(entries, polling.maxBatch).map((batch) => ({ polling, lane, isHistory, entries: batch })),
    );
  };

  registry.onLoaded(place);
  for (const entry of registry.all()) place(entry);

  return {
    takeDue,
    findLagMs: ({ number }, startedMs) => {
      const plan = plans.get(number);
      return plan === undefined ? 0 : Math.max(0, startedMs - plan.schedule.dueMs);
    },
    planSuccess: (entry, times) => {
      const plan = plans.get(entry.number);
      if (plan !== undefined) planAfterSuccess(plan.schedule, entry, plan.polling, times);
    },
    planFailure: (entry, startedMs, chance) => {
      const plan = plans.get(entry.number);
      if (plan !== undefined) planAfterFailure(plan.schedule, entry, { startedMs, chance });
    },
    handBack: (entry) => {
      taken.delete(entry.number);
      if (registry.byNumber(entry.number) === undefined) drop(entry.number);
      else place(entry);
    },
  };
}

/** No datasource's name has a blank in it. */
function placeOf({ datasource, location }: MetricEntry): string {
  return `${datasource} ${location}`;
}

function splitBatches(entries: readonly MetricEntry[], length: number): readonly (readonly MetricEntry[])[] {
  const batches: (readonly MetricEntry[])[] = [];
  for (let start = 0; start < entries.length; start += length) {
    batches.push(entries.slice(start, start + length));
  }
  return batches;
}
