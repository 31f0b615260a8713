/** Fetches the metrics that are due from their sources, and hands them to the data path. The only timer of fetching. */
import type { Log } from '../log.ts';
import type { Datasource, MetricStatus } from '../model.ts';
import type { Stats } from '../observe/stats.ts';
import type { Polling, ReadFailure, ReadResult, Source } from '../source/source.ts';
import type { Accept } from './accept.ts';
import type { CollectorErrors } from './collector-errors.ts';
import type { MetricEntry, Registry } from './registry.ts';

export interface Poll {
  start: () => void;
  /** Aborts what is being read; what was read is still stored. */
  stop: () => Promise<void>;
}

const TICK_MS = 1000;
/** A source is asked for at most this many batches at once. */
const BATCHES_AT_ONCE = 4;
const LONGEST_BACK_OFF_MS = 300_000;
const POLLED: ReadonlySet<MetricStatus> = new Set(['ACTIVE', 'CREATE_PENDING', 'PENDING_DATA']);

interface Schedule {
  dueMs: number;
  failures: number;
}

export function createPoll(options: {
  readonly registry: Registry;
  readonly sources: ReadonlyMap<Datasource, Source>;
  readonly accept: Accept;
  readonly collectorErrors: CollectorErrors;
  readonly stats: Stats;
  readonly log: Log;
  readonly now?: () => number;
}): Poll {
  const { registry, sources, accept, collectorErrors, stats, log } = options;
  const now = options.now ?? Date.now;
  const schedules = new WeakMap<MetricEntry, Schedule>();
  const inFlight = new Set<number>();
  const running = new Set<Promise<void>>();
  const aborting = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const tick = () => {
    const nowMs = now();
    const due = new Map<Datasource, MetricEntry[]>();
    for (const entry of registry.all()) {
      const polling = sources.get(entry.datasource)?.polling ?? null;
      if (polling === null || !POLLED.has(entry.status) || inFlight.has(entry.number)) continue;
      if (scheduleOf(entry, polling, nowMs).dueMs > nowMs) continue;
      const list = due.get(entry.datasource);
      if (list === undefined) due.set(entry.datasource, [entry]);
      else list.push(entry);
    }
    for (const [datasource, entries] of due) {
      const polling = sources.get(datasource)?.polling;
      if (polling) track(readAll(polling, entries));
    }
  };

  const scheduleOf = (entry: MetricEntry, polling: Polling, nowMs: number): Schedule => {
    const known = schedules.get(entry);
    if (known !== undefined) return known;
    const fresh = { dueMs: nextDueMs(entry, polling, nowMs - 1), failures: 0 };
    schedules.set(entry, fresh);
    return fresh;
  };

  const track = (work: Promise<void>) => {
    running.add(work);
    void work.finally(() => running.delete(work));
  };

  const readAll = async (polling: Polling, entries: readonly MetricEntry[]) => {
    for (const { number } of entries) inFlight.add(number);
    const batches: (readonly MetricEntry[])[] = [];
    for (let start = 0; start < entries.length; start += polling.maxBatch) {
      batches.push(entries.slice(start, start + polling.maxBatch));
    }
    const takeNext = async () => {
      for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
        await readBatch(polling, batch);
      }
    };
    await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, takeNext));
  };

  const readBatch = async (polling: Polling, entries: readonly MetricEntry[]) => {
    const startedMs = now();
    const results = await read(polling, entries);
    stats.count('source_reads', entries.length);
    await Promise.all(
      entries.map(async (entry) => {
        const result = results.get(entry.id) ?? {
          metricId: entry.id,
          error: new Error('the source said nothing'),
        };
        const failure = 'error' in result ? result.error : await store(entry, result);
        await settle(entry, polling, startedMs, failure);
      }),
    );
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

  const settle = async (entry: MetricEntry, polling: Polling, startedMs: number, failure: Error | null) => {
    const schedule = scheduleOf(entry, polling, startedMs);
    stats.set('poll_lag_seconds', Math.max(0, startedMs - schedule.dueMs) / 1000);
    schedule.failures = failure === null ? 0 : schedule.failures + 1;
    schedule.dueMs = nextDueMs(entry, polling, startedMs);
    if (failure !== null) {
      stats.count('source_read_failures');
      log.warn({ err: failure, metric: entry.id }, 'metric could not be read from its source');
      schedule.dueMs +=
        Math.min(LONGEST_BACK_OFF_MS, TICK_MS * 2 ** schedule.failures) * (0.5 + Math.random() / 2);
    }
    inFlight.delete(entry.number);
    await collectorErrors.note(entry, failure);
  };

  return {
    start: () => {
      timer = setInterval(tick, TICK_MS);
    },
    stop: async () => {
      clearInterval(timer);
      aborting.abort();
      await Promise.all(running);
    },
  };
}

/** When the first period that ends after `afterMs` can be read. Periods are aligned to 1970. */
function nextDueMs(entry: MetricEntry, polling: Polling, afterMs: number): number {
  const periodMs = entry.periodSeconds * 1000;
  const settleMs = polling.settleSeconds * 1000;
  return (Math.floor((afterMs - settleMs) / periodMs) + 1) * periodMs + settleMs;
}
