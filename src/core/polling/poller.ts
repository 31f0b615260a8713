/**
 * Reads the metrics that are due from their sources and hands the samples to ingest. The only timer of polling.
 * Metrics go by lanes, one for each source and region: a slow region delays no other. Within a region history has a
 * lane of its own, so that live metrics never wait for it.
 */
import { MetricFailedError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import type { Datasource } from '../../model.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Tracing } from '../../platform/tracing/tracing.ts';
import type { Polling, ReadFailure, ReadResult, Source } from '../sources/source.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { CollectorErrors } from './collector-errors.ts';
import { createLimit, type Limit } from '../../platform/runtime/concurrency-limit.ts';
import { type DueBatch, PollQueue } from './poll-queue.ts';
import { findReadToMs, isBehind } from './poll-schedule.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';

const TICK_MS = 1000;
/** Batches of one lane that are read at once. */
const LIVE_AT_ONCE = 4;
const HISTORIES_AT_ONCE = 1;

export interface PollerOptions {
  readonly registry: Registry;
  readonly sources: ReadonlyMap<Datasource, Source>;
  readonly accept: Pick<Ingest, 'acceptSamples' | 'acceptHistory'>;
  readonly collectorErrors: CollectorErrors;
  /** Takes a metric out of ERROR once it can be read again. */
  readonly retry: (metricId: string) => Promise<unknown>;
  readonly stats: Stats;
  /** Null, or left out, where no traces are sent. */
  readonly tracing?: Tracing | null;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What the metrics of one call have in common. */
interface Round {
  readonly startedMs: number;
  readonly isHistory: boolean;
  /** From 0 to 1: by it those that fail together are tried again together. */
  readonly chance: number;
}

export class Poller {
  readonly #options: PollerOptions;
  readonly #queue: PollQueue;
  readonly #now: () => number;
  /** By lane: no more than there are sources and regions, twice. */
  readonly #limits = new Map<string, Limit>();
  /** Rounds the timer began. */
  readonly #running = new Set<Promise<void>>();
  readonly #aborting = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#queue = new PollQueue({ ...options, now: this.#now });
  }

  /** Reads what is due, every second. */
  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    if (this.#aborting.signal.aborted) return;
    const round = this.readDue()
      .catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'a round of reading failed; the next one goes on'),
      )
      .finally(() => this.#running.delete(round));
    this.#running.add(round);
  }

  /** Reads once what is due now; resolves when it is stored. For a caller that keeps the time instead of `start`. */
  async readDue(): Promise<void> {
    const batches = this.#queue.takeDue(this.#now());
    await Promise.all(batches.map((batch) => this.#limitOf(batch).run(() => this.#tracedRead(batch))));
  }

  #limitOf({ lane, isHistory }: DueBatch): Limit {
    const limit = this.#limits.get(lane) ?? createLimit(isHistory ? HISTORIES_AT_ONCE : LIVE_AT_ONCE);
    this.#limits.set(lane, limit);
    return limit;
  }

  #tracedRead(batch: DueBatch): Promise<void> {
    const { tracing } = this.#options;
    if (tracing === undefined || tracing === null) return this.#readBatch(batch);
    const { lane, isHistory, entries } = batch;
    const attributes = {
      'lapwing.lane': lane,
      'lapwing.history': isHistory,
      'lapwing.metrics': entries.length,
    };
    const source = entries[0]?.datasource ?? 'nothing';
    return tracing.runRoot(`poll ${source}`, { attributes }, () => this.#readBatch(batch));
  }

  async #readBatch({ polling, entries, isHistory }: DueBatch): Promise<void> {
    const round = { startedMs: this.#now(), isHistory, chance: Math.random() };
    const behind = entries.filter((entry) => isBehind(entry, polling, round.startedMs));
    const results = await this.#read(polling, entries);
    this.#options.stats.count('source_reads', entries.length);
    const failures = await Promise.all(
      entries.map((entry) => this.#completeMetric(entry, results.get(entry.id), round)),
    );
    this.#logFailures(entries, failures);
    const stillBehind = behind.filter((entry) => isBehind(entry, polling, this.#now()));
    if (behind.length > 0) this.#logHistory(behind, stillBehind.length);
    // What is still behind goes on at once.
    if (this.#timer !== undefined && stillBehind.length > 0) setImmediate(() => this.#tick());
  }

  async #read(
    polling: Polling,
    entries: readonly MetricEntry[],
  ): Promise<ReadonlyMap<string, ReadResult | ReadFailure>> {
    const requests = entries.map((entry) => ({
      metricId: entry.id,
      spec: entry.spec,
      periodSeconds: entry.periodSeconds,
      fromMs: findReadToMs(entry, this.#now()),
      newestMs: entry.lastTimestampMs,
    }));
    try {
      const results = await polling.read(requests, this.#aborting.signal);
      return new Map(results.map((result) => [result.metricId, result]));
    } catch (error) {
      const [first] = entries;
      if (first === undefined) return new Map();
      if (entries.length === 1 || this.#aborting.signal.aborted) {
        return new Map(entries.map(({ id }) => [id, { metricId: id, error: toError(error) }]));
      }
      // Sources do not throw: one of the metrics trips a bug. The others are read without it.
      const middle = Math.ceil(entries.length / 2);
      const before = await this.#read(polling, entries.slice(0, middle));
      return new Map([...before, ...(await this.#read(polling, entries.slice(middle)))]);
    }
  }

  /**
   * Stores what was read of one metric and plans its next reading.
   * @returns the failure; null when there was none, or none that counts
   */
  async #completeMetric(
    entry: MetricEntry,
    result: ReadResult | ReadFailure | undefined,
    round: Round,
  ): Promise<Error | null> {
    const previousMs = entry.readToMs;
    const wasInError = entry.status === 'ERROR';
    const failure = await this.#store(entry, result, round.isHistory);
    const counted = await this.#recordOutcome(entry, failure, previousMs, round);
    // One this very reading put in ERROR is no better for having been read.
    if (failure === null && wasInError && entry.status === 'ERROR') await this.#recover(entry);
    return counted;
  }

  /** @returns why there is nothing, or why it could not be stored: the same window is then read again */
  async #store(
    { id }: MetricEntry,
    result: ReadResult | ReadFailure | undefined,
    isHistory: boolean,
  ): Promise<Error | null> {
    if (result === undefined) return new Error('the source said nothing');
    if ('error' in result) return result.error;
    const { accept } = this.#options;
    const { samples, readToMs } = result;
    try {
      const { rejected } = isHistory
        ? await accept.acceptHistory(id, samples, readToMs)
        : await accept.acceptSamples(id, samples, readToMs);
      const failed = rejected.find(({ code }) => code === 'METRIC_FAILED');
      return failed === undefined ? null : new MetricFailedError(failed.reason);
    } catch (error) {
      return toError(error);
    }
  }

  /** @returns the failure; null when there was none, or none that counts */
  async #recordOutcome(
    entry: MetricEntry,
    failure: Error | null,
    previousMs: number | null,
    { startedMs, chance }: Round,
  ): Promise<Error | null> {
    const { registry, stats, collectorErrors } = this.#options;
    const isDeleted = registry.byNumber(entry.number) === undefined;
    const isAborted = failure !== null && this.#aborting.signal.aborted;
    // Deleted while it was read, or the server stops: neither is a failure of the metric.
    if (isDeleted || isAborted) {
      this.#queue.handBack(entry);
      return null;
    }
    stats.set('poll_lag_seconds', this.#queue.findLagMs(entry, startedMs) / 1000);
    if (failure === null) {
      this.#queue.planSuccess(entry, { startedMs, previousMs });
    } else {
      this.#queue.planFailure(entry, startedMs, chance);
      stats.count('source_read_failures');
    }
    this.#queue.handBack(entry);
    // One in ERROR has its reason already; a try that fails does not begin another time of grace.
    if (failure === null || entry.status !== 'ERROR') await collectorErrors.note(entry, failure);
    return failure;
  }

  async #recover({ id }: MetricEntry): Promise<void> {
    const { retry, log } = this.#options;
    try {
      await retry(id);
      log.info({ metric: id }, 'metric can be read again and is taken out of ERROR');
    } catch (error) {
      log.warn({ err: error, metric: id }, 'metric could not be taken out of ERROR');
    }
  }

  /** One line for all of a call: the same reason for 500 metrics is read once. */
  #logFailures(entries: readonly MetricEntry[], failures: readonly (Error | null)[]): void {
    const first = failures.findIndex((failure) => failure !== null);
    if (first === -1) return;
    const metrics = failures.filter((failure) => failure !== null).length;
    const facts = { err: failures[first], metric: entries[first]?.id, metrics, of: entries.length };
    this.#options.log.warn(facts, 'metrics could not be read from their source');
  }

  #logHistory(behind: readonly MetricEntry[], stillBehind: number): void {
    const oldestMs = Math.min(...behind.map(({ readToMs }) => readToMs ?? Infinity));
    const readTo = Number.isFinite(oldestMs) ? new Date(oldestMs).toISOString() : null;
    const facts = { metrics: behind.length, caughtUp: behind.length - stillBehind, readTo };
    this.#options.log.info(facts, 'history read');
  }

  /** Aborts what is being read; what was read is still stored. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#aborting.abort();
    await Promise.all(this.#running);
  }
}
