/**
 * The data path. Points are checked, wait in a bounded queue, and are written in batches, one transaction each. A write
 * is acknowledged only after its transaction is committed. Requests that arrive while a batch is being written share
 * the next one, which is scored while the last one is being committed. History has a queue of its own.
 */
import { NotFoundError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { DEFAULT_ACCOUNT, type Sample, type ValueKind } from '../../model.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { timed } from '../../platform/telemetry/latencies.ts';
import type { Tracing } from '../../platform/tracing/tracing.ts';
import { rejectPoint, tally, type AcceptResult, type RejectedPoint } from './accept-result.ts';
import { BatchQueue } from './batching-queue.ts';
import { checkSample, checkSeries, objectToMonth } from './validate-point.ts';
import type { CustomMetrics } from '../metrics/custom-metrics.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';
import type { SampleMonths } from '../samples/month-partitions.ts';
import { toCanonicalName } from '../sources/pushed-name.ts';
import { nameOnResource } from '../sources/series-resource.ts';
import type { Preload } from './preload-models.ts';
import type { Commit } from './commit.ts';
import type { Arrival } from './arrivals.ts';
import {
  describeBatch,
  findPushedMetric,
  type IngestRequest,
  listNewNames,
  nameFailures,
  objectToMissing,
  type Pending,
  settleEntry,
} from './ingest-request.ts';
import type { BatchScorer } from './score-batch.ts';

/** A pushed point, named by its metric. */
export interface NamedPoint {
  readonly metric: string;
  readonly timestampMs: number;
  readonly value: number;
  readonly unit?: string | null;
  /** What it was measured on; the series' own tags say it when left out. The same name on two resources is two series. */
  readonly resource?: string | null;
  /** What the protocol says its values are; only a name that is new takes it. Nothing was said when left out. */
  readonly valueKind?: ValueKind | undefined;
}

const LIVE_BATCH_POINTS = 10_000;
/** Some 50 ms of work. */
export const HISTORY_BATCH_POINTS = 1000;

export interface IngestOptions {
  readonly registry: Registry;
  readonly writeLock: WriteLock;
  readonly commit: Pick<Commit, 'failures'>;
  readonly scorer: Pick<BatchScorer, 'score'>;
  readonly customMetrics: CustomMetrics;
  readonly months: Pick<SampleMonths, 'admit'>;
  readonly preload: Preload;
  /** Called for each metric a batch gave samples to. */
  readonly onStored: (entry: MetricEntry) => void;
  readonly stats: Stats;
  readonly log: Log;
  /** Maximum number of points that may wait. */
  readonly queueLimit: number;
  readonly futureToleranceMs: number;
  readonly now?: () => number;
  /** Null, or left out, where no traces are sent. */
  readonly tracing?: Tracing | null;
}

export interface WriteFailure {
  readonly error: unknown;
  /** On the monotonic clock of `performance.now`. */
  readonly atMs: number;
}

export class Ingest {
  readonly #options: IngestOptions;
  readonly #live: BatchQueue<IngestRequest, AcceptResult>;
  readonly #history: BatchQueue<IngestRequest, AcceptResult>;
  #lastFailure: WriteFailure | null = null;

  constructor(options: IngestOptions) {
    this.#options = options;
    const { stats } = options;
    this.#live = this.#createQueue(LIVE_BATCH_POINTS, (points) => stats.set('ingest_queue_points', points));
    this.#history = this.#createQueue(HISTORY_BATCH_POINTS, (points) =>
      stats.set('history_queue_points', points),
    );
  }

  /**
   * Stores pushed points; new names become UNMONITORED metrics. A bad point costs only itself.
   * @param accountId whose metrics the names are; the default account's when left out
   * @throws RetryLaterError when the queue is full or the database is away: nothing is known to be stored, and sending
   *   the same points again is safe
   */
  acceptNamed(points: readonly NamedPoint[], accountId = DEFAULT_ACCOUNT): Promise<AcceptResult> {
    const { registry, stats } = this.#options;
    const { pending, rejected } = this.#check(
      points,
      ({ metric, unit, resource = null, valueKind = null }) => {
        const entry = findPushedMetric(registry, accountId, metric, resource);
        // Tags do not make a name of an empty one.
        const isPlain = resource === null || metric.trim() === '';
        const name = entry?.name ?? (isPlain ? toCanonicalName(metric) : nameOnResource(metric, resource));
        return { name, unit: unit ?? null, resource, valueKind, entry };
      },
    );
    if (pending.length === 0) return Promise.resolve(tally([], rejected, new Map(), stats));
    const span = this.#options.tracing?.active();
    const request = { pending, rejected, accountId, metricNumber: null, readToMs: null, span };
    return timed(stats, 'ingest_acknowledgement', () => this.#live.add(request));
  }

  /**
   * Stores samples of one metric, and up to where its source has been read, together.
   * @throws NotFoundError, RetryLaterError
   */
  acceptSamples(metricId: string, samples: readonly Sample[], readToMs?: number): Promise<AcceptResult> {
    return this.#addSamples(this.#live, metricId, samples, readToMs);
  }

  /** The same for history, which nobody waits for: live points wait at most for one small batch of it. */
  acceptHistory(metricId: string, samples: readonly Sample[], readToMs?: number): Promise<AcceptResult> {
    return this.#addSamples(this.#history, metricId, samples, readToMs);
  }

  /** Why the last batch could not be written; null once one was. */
  get lastFailure(): WriteFailure | null {
    return this.#lastFailure;
  }

  /** Waits until everything accepted so far is committed or refused. Nothing is accepted any more. */
  async stop(): Promise<void> {
    await Promise.all([this.#live.stop(), this.#history.stop()]);
  }

  #addSamples(
    queue: BatchQueue<IngestRequest, AcceptResult>,
    metricId: string,
    samples: readonly Sample[],
    readToMs: number | undefined,
  ): Promise<AcceptResult> {
    const entry = this.#options.registry.byId(metricId);
    if (entry === undefined) return Promise.reject(new NotFoundError(`no metric has the id ${metricId}`));
    return queue.add({
      ...this.#check(samples, () => ({ name: null, unit: null, resource: null, valueKind: null, entry })),
      accountId: entry.accountId,
      metricNumber: entry.number,
      readToMs: readToMs ?? null,
      span: this.#options.tracing?.active(),
    });
  }

  #createQueue(
    batchPoints: number,
    onPoints: (points: number) => void,
  ): BatchQueue<IngestRequest, AcceptResult> {
    const { commit, writeLock, preload, queueLimit, stats, log, tracing } = this.#options;
    return new BatchQueue<IngestRequest, AcceptResult>({
      limit: queueLimit,
      batchPoints,
      countPoints: ({ pending }) => pending.length,
      prepare: ({ pending }) => preload(pending),
      write: (requests) => {
        const score = () => this.#score(requests);
        return writeLock.runPipelined(tracing?.traceBatch(describeBatch(requests), score) ?? score);
      },
      onWritten: (failure) => {
        this.#lastFailure = failure === null ? null : { error: failure, atMs: performance.now() };
      },
      failures: () => commit.failures,
      onPoints,
      stats,
      log,
    });
  }

  /** Checks each point by itself: what cannot be stored is rejected before it waits. */
  #check<Point extends Sample>(
    points: readonly Point[],
    describe: (point: Point) => Pick<Pending, 'name' | 'unit' | 'resource' | 'valueKind' | 'entry'>,
  ): Pick<IngestRequest, 'pending' | 'rejected'> {
    const { now = Date.now, futureToleranceMs, months, stats } = this.#options;
    const latestMs = now() + futureToleranceMs;
    const pending: Pending[] = [];
    const rejected: RejectedPoint[] = [];
    points.forEach((point, index) => {
      const { value } = point;
      const { name, unit, resource, valueKind, entry } = describe(point);
      // The name and the unit of a metric that is known have been checked.
      const objection =
        (name !== null && entry === undefined ? checkSeries(name, resource, unit) : null) ??
        checkSample(point.timestampMs, value, latestMs) ??
        (months.admit(point.timestampMs) ? null : objectToMonth(point.timestampMs));
      if (objection !== null) rejected.push(rejectPoint(index, objection, stats));
      else {
        const timestampMs = Math.floor(point.timestampMs);
        // Field by field: every point comes this way, and spreads are slow.
        pending.push({ index, timestampMs, value, name, unit, resource, valueKind, entry, outcome: null });
      }
    });
    return { pending, rejected };
  }

  /** Stage 1 of a batch: may run while the batch before is being committed. @returns stage 2, which commits it */
  async #score(requests: readonly IngestRequest[]): Promise<() => Promise<readonly AcceptResult[]>> {
    const { registry, customMetrics, scorer, stats } = this.#options;
    const wanted = requests.flatMap((request) => listNewNames(request, registry));
    const notMade = nameFailures(await customMetrics.ensure(wanted));
    const readTo = new Map<MetricEntry, number>();
    const all: Arrival[] = [];
    const drafts = requests.map((request) => {
      const arrivals: (Pending & Arrival)[] = [];
      const rejected = [...request.rejected];
      for (const point of request.pending) {
        if (settleEntry(point, request, registry)) arrivals.push(point);
        else {
          const objection = objectToMissing(point, request, customMetrics, notMade);
          rejected.push(rejectPoint(point.index, objection, stats));
        }
      }
      const polled = request.metricNumber === null ? undefined : registry.byNumber(request.metricNumber);
      if (polled !== undefined && request.readToMs !== null) readTo.set(polled, request.readToMs);
      for (const arrival of arrivals) all.push(arrival);
      return { arrivals, rejected };
    });
    const commit = await timed(stats, 'ingest_score', () => scorer.score(all, readTo));
    return async () => {
      const refused = await timed(stats, 'ingest_commit', commit);
      for (const entry of new Set(all.map((arrival) => arrival.entry))) this.#announce(entry);
      return drafts.map(({ arrivals, rejected }) => tally(arrivals, rejected, refused, stats));
    };
  }

  /** A failure after the commit changes nothing of it: the points are stored, and their senders are to know. */
  #announce(entry: MetricEntry): void {
    const { onStored, stats, log } = this.#options;
    try {
      onStored(entry);
    } catch (error) {
      stats.countReason('metric_failures', 'publish');
      log.error({ err: error, metric: entry.id }, 'points are stored, but nothing was done about them');
    }
  }
}
