/**
 * Fetches the metrics that are due from their sources, and hands them to the data path. The only timer of fetching.
 * Metrics go by lanes, one for each source and region: a slow region delays no other. Within a lane history has a
 * lane of its own, so that what is live never waits for it.
 */
import type { Log } from '../log.ts';
import type { Datasource } from '../model.ts';
import type { Stats } from '../observe/stats.ts';
import type { Polling, ReadFailure, ReadResult, Source } from '../source/source.ts';
import type { Accept } from './accept.ts';
import type { CollectorErrors } from './collector-errors.ts';
import { createLimit, type Limit } from './limit.ts';
import {
  createSchedule,
  isBehind,
  isDue,
  planAfterFailure,
  planAfterSuccess,
  type Schedule,
} from './poll-schedule.ts';
import type { MetricEntry, Registry } from './registry.ts';

export interface Poll {
  start: () => void;
  /** Reads once what is due now; resolves when it is stored. For whoever keeps the time instead of `start`. */
  readDue: () => Promise<void>;
  /** Aborts what is being read; what was read is still stored. */
  stop: () => Promise<void>;
}

const TICK_MS = 1000;
/** Batches of one lane that are read at once. */
const LIVE_AT_ONCE = 4;
const HISTORIES_AT_ONCE = 1;

/** Metrics that are read together: of one source, and of one region. */
interface Lane {
  readonly polling: Polling;
  readonly limit: Limit;
  readonly entries: MetricEntry[];
}

export function createPoll(options: {
  readonly registry: Registry;
  readonly sources: ReadonlyMap<Datasource, Source>;
  readonly accept: Pick<Accept, 'acceptSamples'>;
  readonly collectorErrors: CollectorErrors;
  /** Takes a metric out of ERROR once it can be read again. */
  readonly retry: (metricId: string) => Promise<unknown>;
  readonly stats: Stats;
  readonly log: Log;
  readonly now?: () => number;
}): Poll {
  const { registry, sources, accept, collectorErrors, stats, log } = options;
  const now = options.now ?? Date.now;
  const schedules = new WeakMap<MetricEntry, Schedule>();
  const inFlight = new Set<number>();
  const running = new Set<Promise<void>>();
  /** By lane: no more than there are sources and regions, twice. */
  const limits = new Map<string, Limit>();
  const aborting = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const readDue = async () => {
    const work = [...findDue(now()).values()].flatMap(({ polling, limit, entries }) =>
      splitBatches(entries, polling.maxBatch).map((batch) => {
        for (const { number } of batch) inFlight.add(number);
        return limit.run(() => readBatch(polling, batch));
      }),
    );
    await Promise.all(work);
  };

  const tick = () => {
    if (aborting.signal.aborted) return;
    const work = readDue();
    running.add(work);
    void work.finally(() => running.delete(work));
  };

  const findDue = (nowMs: number): ReadonlyMap<string, Lane> => {
    const lanes = new Map<string, Lane>();
    for (const entry of registry.all()) {
      const polling = sources.get(entry.datasource)?.polling ?? null;
      if (polling === null || inFlight.has(entry.number)) continue;
      if (!isDue(scheduleOf(entry, polling, nowMs), entry, nowMs)) continue;
      const behind = isBehind(entry, polling, nowMs);
      const key = `${entry.datasource} ${entry.location} ${behind ? 'history' : 'live'}`;
      const lane = lanes.get(key) ?? { polling, limit: limitOf(key, behind), entries: [] };
      lane.entries.push(entry);
      lanes.set(key, lane);
    }
    return lanes;
  };

  const limitOf = (key: string, behind: boolean): Limit => {
    const limit = limits.get(key) ?? createLimit(behind ? HISTORIES_AT_ONCE : LIVE_AT_ONCE);
    limits.set(key, limit);
    return limit;
  };

  const scheduleOf = (entry: MetricEntry, polling: Polling, nowMs: number): Schedule => {
    const schedule = schedules.get(entry) ?? createSchedule(entry, polling, nowMs);
    schedules.set(entry, schedule);
    return schedule;
  };

  const readBatch = async (polling: Polling, entries: readonly MetricEntry[]) => {
    const startedMs = now();
    const behind = entries.filter((entry) => isBehind(entry, polling, startedMs));
    const results = await read(polling, entries);
    stats.count('source_reads', entries.length);
    await Promise.all(
      entries.map(async (entry) => {
        const previousMs = entry.readToMs;
        const result = results.get(entry.id) ?? {
          metricId: entry.id,
          error: new Error('the source said nothing'),
        };
        const failure = 'error' in result ? result.error : await store(entry, result);
        await settle(entry, polling, { startedMs, previousMs }, failure);
      }),
    );
    const still = behind.filter((entry) => isBehind(entry, polling, now()));
    if (behind.length > 0) logHistory(behind, still.length);
    // What is still behind goes on at once.
    if (timer !== undefined && still.length > 0) setImmediate(tick);
  };

  const logHistory = (behind: readonly MetricEntry[], still: number) => {
    const oldestMs = Math.min(...behind.map(({ readToMs }) => readToMs ?? Infinity));
    const readTo = Number.isFinite(oldestMs) ? new Date(oldestMs).toISOString() : null;
    log.info({ metrics: behind.length, caughtUp: behind.length - still, readTo }, 'history read');
  };

  const read = async (polling: Polling, entries: readonly MetricEntry[]) => {
    const requests = entries.map((entry) => ({
      metricId: entry.id,
      spec: entry.spec,
      periodSeconds: entry.periodSeconds,
      fromMs: entry.readToMs,
    }));
    try {
      const results = await polling.read(requests, aborting.signal);
      return new Map(results.map((result) => [result.metricId, result]));
    } catch (error) {
      // A source that throws has failed for all of them alike.
      const failed = error instanceof Error ? error : new Error(String(error));
      return new Map<string, ReadResult | ReadFailure>(
        entries.map((entry) => [entry.id, { metricId: entry.id, error: failed }]),
      );
    }
  };

  /** @returns why it could not be stored; the same window is then read again */
  const store = async (entry: MetricEntry, { samples, readToMs }: ReadResult): Promise<Error | null> => {
    try {
      await accept.acceptSamples(entry.id, samples, readToMs);
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };

  const settle = async (
    entry: MetricEntry,
    polling: Polling,
    times: { readonly startedMs: number; readonly previousMs: number | null },
    failure: Error | null,
  ) => {
    const schedule = scheduleOf(entry, polling, times.startedMs);
    stats.set('poll_lag_seconds', Math.max(0, times.startedMs - schedule.dueMs) / 1000);
    if (failure === null) {
      planAfterSuccess(schedule, entry, polling, times);
      if (entry.status === 'ERROR') await recover(entry);
    } else {
      planAfterFailure(schedule, entry, polling, times.startedMs);
      stats.count('source_read_failures');
      log.warn({ err: failure, metric: entry.id }, 'metric could not be read from its source');
    }
    inFlight.delete(entry.number);
    // One in ERROR has its reason already; a try that fails does not begin another time of grace.
    if (failure === null || entry.status !== 'ERROR') await collectorErrors.note(entry, failure);
  };

  const recover = async (entry: MetricEntry) => {
    try {
      await options.retry(entry.id);
      log.info({ metric: entry.id }, 'metric can be read again and is taken out of ERROR');
    } catch (error) {
      log.warn({ err: error, metric: entry.id }, 'metric could not be taken out of ERROR');
    }
  };

  return {
    start: () => {
      timer = setInterval(tick, TICK_MS);
    },
    readDue,
    stop: async () => {
      clearInterval(timer);
      aborting.abort();
      await Promise.all(running);
    },
  };
}

function splitBatches(entries: readonly MetricEntry[], length: number): readonly (readonly MetricEntry[])[] {
  const batches: (readonly MetricEntry[])[] = [];
  for (let start = 0; start < entries.length; start += length) {
    batches.push(entries.slice(start, start + length));
  }
  return batches;
}
