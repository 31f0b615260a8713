/**
 * Fetches the metrics that are due from their sources, and hands them to the data path. The only timer of fetching.
 * Metrics go by lanes, one for each source and region: a slow region delays no other. Within a lane history has a
 * lane of its own, so that what is live never waits for it.
 */
import { MetricFailedError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import type { Datasource } from '../../model.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Polling, ReadFailure, ReadResult, Source } from '../sources/source.ts';
import type { Accept } from '../ingest/accept.ts';
import type { CollectorErrors } from './collector-errors.ts';
import { createLimit, type Limit } from '../../platform/runtime/concurrency-limit.ts';
import { type DueBatch, PollQueue, type ReadingTimes } from './poll-queue.ts';
import { findReadToMs, isBehind } from './poll-schedule.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';

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

export function createPoll(options: {
  readonly registry: Registry;
  readonly sources: ReadonlyMap<Datasource, Source>;
  readonly accept: Pick<Accept, 'acceptSamples' | 'acceptHistory'>;
  readonly collectorErrors: CollectorErrors;
  /** Takes a metric out of ERROR once it can be read again. */
  readonly retry: (metricId: string) => Promise<unknown>;
  readonly stats: Stats;
  readonly log: Log;
  readonly now?: () => number;
}): Poll {
  const { registry, accept, collectorErrors, stats, log } = options;
  const now = options.now ?? Date.now;
  const queue = new PollQueue({ registry, sources: options.sources, now });
  const running = new Set<Promise<void>>();
  /** By lane: no more than there are sources and regions, twice. */
  const limits = new Map<string, Limit>();
  const aborting = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const readDue = async () => {
    const work = queue.takeDue(now()).map((batch) => limitOf(batch).run(() => readBatch(batch)));
    await Promise.all(work);
  };

  const tick = () => {
    if (aborting.signal.aborted) return;
    const work = readDue()
      .catch((error: unknown) => log.error({ err: error }, 'a round of reading failed; the next one goes on'))
      .finally(() => running.delete(work));
    running.add(work);
  };

  const limitOf = ({ lane, isHistory }: DueBatch): Limit => {
    const limit = limits.get(lane) ?? createLimit(isHistory ? HISTORIES_AT_ONCE : LIVE_AT_ONCE);
    limits.set(lane, limit);
    return limit;
  };

  const readBatch = async (batch: DueBatch) => {
    const { polling, entries } = batch;
    const startedMs = now();
    const behind = entries.filter((entry) => isBehind(entry, polling, startedMs));
    const results = await read(polling, entries);
    stats.count('source_reads', entries.length);
    const chance = Math.random();
    const failures = await Promise.all(
      entries.map(async (entry) => {
        const times = { startedMs, previousMs: entry.readToMs };
        const wasInError = entry.status === 'ERROR';
        const result = results.get(entry.id) ?? {
          metricId: entry.id,
          error: new Error('the source said nothing'),
        };
        const failure = 'error' in result ? result.error : await store(entry, result, batch.isHistory);
        const settled = await settle(entry, times, failure, chance);
        // One this very reading put in ERROR is no better for having been read.
        if (failure === null && wasInError && entry.status === 'ERROR') await recover(entry);
        return settled;
      }),
    );
    logFailures(entries, failures);
    const still = behind.filter((entry) => isBehind(entry, polling, now()));
    if (behind.length > 0) logHistory(behind, still.length);
    // What is still behind goes on at once.
    if (timer !== undefined && still.length > 0) setImmediate(tick);
  };

  /** One line for all of a call: the same reason for 500 metrics is read once. */
  const logFailures = (entries: readonly MetricEntry[], failures: readonly (Error | null)[]) => {
    const first = failures.findIndex((failure) => failure !== null);
    if (first === -1) return;
    const metrics = failures.filter((failure) => failure !== null).length;
    const facts = { err: failures[first], metric: entries[first]?.id, metrics, of: entries.length };
    log.warn(facts, 'metrics could not be read from their source');
  };

  const logHistory = (behind: readonly MetricEntry[], still: number) => {
    const oldestMs = Math.min(...behind.map(({ readToMs }) => readToMs ?? Infinity));
    const readTo = Number.isFinite(oldestMs) ? new Date(oldestMs).toISOString() : null;
    log.info({ metrics: behind.length, caughtUp: behind.length - still, readTo }, 'history read');
  };

  const read = async (
    polling: Polling,
    entries: readonly MetricEntry[],
  ): Promise<ReadonlyMap<string, ReadResult | ReadFailure>> => {
    const requests = entries.map((entry) => ({
      metricId: entry.id,
      spec: entry.spec,
      periodSeconds: entry.periodSeconds,
      fromMs: findReadToMs(entry, now()),
    }));
    try {
      const results = await polling.read(requests, aborting.signal);
      return new Map(results.map((result) => [result.metricId, result]));
    } catch (error) {
      const [first] = entries;
      if (first === undefined) return new Map();
      if (entries.length === 1 || aborting.signal.aborted) {
        return new Map(entries.map(({ id }) => [id, { metricId: id, error: toError(error) }]));
      }
      // Sources do not throw: one of the metrics trips a bug. The others are read without it.
      const middle = Math.ceil(entries.length / 2);
      const before = await read(polling, entries.slice(0, middle));
      return new Map([...before, ...(await read(polling, entries.slice(middle)))]);
    }
  };

  /** @returns why it could not be stored; the same window is then read again */
  const store = async (
    entry: MetricEntry,
    { samples, readToMs }: ReadResult,
    isHistory: boolean,
  ): Promise<Error | null> => {
    try {
      const store = isHistory ? accept.acceptHistory : accept.acceptSamples;
      const { rejected } = await store(entry.id, samples, readToMs);
      const failed = rejected.find(({ code }) => code === 'METRIC_FAILED');
      return failed === undefined ? null : new MetricFailedError(failed.reason);
    } catch (error) {
      return toError(error);
    }
  };

  /** @returns the failure; null when there was none, or none that counts */
  const settle = async (
    entry: MetricEntry,
    times: ReadingTimes,
    failure: Error | null,
    chance: number,
  ): Promise<Error | null> => {
    const isGone = registry.byNumber(entry.number) === undefined;
    const isCutShort = failure !== null && aborting.signal.aborted;
    // Deleted while it was read, or the server stops: that is nobody's failure.
    if (isGone || isCutShort) {
      queue.handBack(entry);
      return null;
    }
    stats.set('poll_lag_seconds', queue.findLagMs(entry, times.startedMs) / 1000);
    if (failure === null) {
      queue.planSuccess(entry, times);
    } else {
      queue.planFailure(entry, times.startedMs, chance);
      stats.count('source_read_failures');
    }
    queue.handBack(entry);
    // One in ERROR has its reason already; a try that fails does not begin another time of grace.
    if (failure === null || entry.status !== 'ERROR') await collectorErrors.note(entry, failure);
    return failure;
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
