/**
 * THE data path: points are checked, wait in a bounded queue, and are written by whole batches, each in one turn and
 * one transaction. Only then is whoever sent them told what became of them. Requests that come while a batch is
 * being written share the next one, which is scored while the last one is being committed. What is of the past goes in pieces of its own, in turns with what is live.
 */
import { NotFoundError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { DEFAULT_ACCOUNT, type Sample } from '../../model.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import {
  objectToFailure,
  rejectPoint,
  tally,
  type AcceptResult,
  type RejectedPoint,
} from './accept-result.ts';
import { createBatchQueue } from './batching-queue.ts';
import { checkName, checkSample, checkUnit, type Objection } from './validate-point.ts';
import type { CustomMetrics, WantedMetric } from '../metrics/custom-metrics.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';
import { toCanonicalName } from '../sources/pushed-name.ts';
import type { WarmUp } from './preload-models.ts';
import type { Commit } from './commit.ts';
import type { Arrival, WritePoints } from './score-batch.ts';

/** A pushed point, named by its metric. */
export interface NamedPoint {
  readonly metric: string;
  readonly timestampMs: number;
  readonly value: number;
  readonly unit?: string | null;
}

export interface Accept {
  /**
   * Stores pushed points; names not known yet become UNMONITORED metrics. Bad points cost only themselves.
   * @param accountId whose metrics the names are; the default account's when left out
   * @throws RetryLaterError when the queue is full or the database away: nothing is known to be stored, and sending
   *   the same points again is safe
   */
  acceptNamed: (points: readonly NamedPoint[], accountId?: number) => Promise<AcceptResult>;
  /**
   * Stores samples of one metric, and up to where its source has been read, together.
   * @throws NotFoundError, RetryLaterError
   */
  acceptSamples: (metricId: string, samples: readonly Sample[], readToMs?: number) => Promise<AcceptResult>;
  /** The same for samples of the past, which nobody waits for: live points wait for no more than a piece of them. */
  acceptHistory: (metricId: string, samples: readonly Sample[], readToMs?: number) => Promise<AcceptResult>;
  /** Waits until everything taken so far is committed or refused. Nothing is taken any more. */
  stop: () => Promise<void>;
}

/** A checked point that waits for its turn. */
interface Pending extends Omit<Arrival, 'entry'> {
  readonly index: number;
  /** For a pushed point, whose metric may have to be made. */
  readonly name: string | null;
  readonly unit: string | null;
  /** As known when it came; by its turn the metric may have been deleted, or made. */
  entry: MetricEntry | undefined;
}

interface Request {
  readonly pending: readonly Pending[];
  /** What was refused before it had to wait. */
  readonly rejected: readonly RejectedPoint[];
  /** Whose metrics the names are. */
  readonly accountId: number;
  /** The metric of points without a name, and up to where its source has been read. */
  readonly metricNumber: number | null;
  readonly readToMs: number | null;
}

const LIVE_BATCH_POINTS = 10_000;
/** Some 50 ms of work. */
export const HISTORY_BATCH_POINTS = 1000;

export function createAccept(options: {
  readonly registry: Registry;
  readonly writeLock: WriteLock;
  readonly commit: Pick<Commit, 'failures'>;
  readonly writePoints: WritePoints;
  readonly customMetrics: CustomMetrics;
  readonly warmUp: WarmUp;
  /** Called for each metric a batch gave samples to. */
  readonly onStored: (entry: MetricEntry) => void;
  readonly stats: Stats;
  readonly log: Log;
  /** Points that may wait. */
  readonly queueLimit: number;
  readonly futureToleranceMs: number;
  readonly now?: () => number;
}): Accept {
  const { registry, writeLock, stats, log, customMetrics } = options;
  const now = options.now ?? Date.now;

  const draft = async (requests: readonly Request[]): Promise<() => Promise<readonly AcceptResult[]>> => {
    const wanted = requests.flatMap((request) => listNewNames(request, registry));
    const notMade = nameFailures(await customMetrics.ensure(wanted));
    const readTo = new Map<MetricEntry, number>();
    const all: Arrival[] = [];
    const drafts = requests.map((request) => {
      const arrivals: (Pending & Arrival)[] = [];
      const rejected = [...request.rejected];
      for (const point of request.pending) {
        if (settleEntry(point, request, registry)) arrivals.push(point);
        else
          rejected.push(
            rejectPoint(point.index, objectToMissing(point, request, customMetrics, notMade), stats),
          );
      }
      const polled = request.metricNumber === null ? undefined : registry.byNumber(request.metricNumber);
      if (polled !== undefined && request.readToMs !== null) readTo.set(polled, request.readToMs);
      for (const arrival of arrivals) all.push(arrival);
      return { arrivals, rejected };
    });
    const commit = await options.writePoints(all, readTo);
    return async () => {
      const refused = await commit();
      for (const entry of new Set(all.map((arrival) => arrival.entry))) announce(entry);
      return drafts.map(({ arrivals, rejected }) => tally(arrivals, rejected, refused, stats));
    };
  };

  /** What is to be done after a commit is no part of it: the points are stored, and their senders are to know. */
  const announce = (entry: MetricEntry) => {
    try {
      options.onStored(entry);
    } catch (error) {
      stats.countReason('metric_failures', 'publish');
      log.error({ err: error, metric: entry.id }, 'points are stored, but nothing was done about them');
    }
  };

  const shared = {
    limit: options.queueLimit,
    countPoints: ({ pending }: Request) => pending.length,
    prepare: ({ pending }: Request) => options.warmUp(pending),
    write: (requests: readonly Request[]) => writeLock.runPipelined(() => draft(requests)),
    failures: () => options.commit.failures,
    stats,
    log,
  };
  const live = createBatchQueue<Request, AcceptResult>({
    ...shared,
    batchPoints: LIVE_BATCH_POINTS,
    onPoints: (points) => stats.set('ingest_queue_points', points),
  });
  const history = createBatchQueue<Request, AcceptResult>({
    ...shared,
    batchPoints: HISTORY_BATCH_POINTS,
    onPoints: (points) => stats.set('history_queue_points', points),
  });

  const check = <Point extends Sample>(
    points: readonly Point[],
    describe: (point: Point) => Pick<Pending, 'name' | 'unit' | 'entry'>,
  ) => {
    const latestMs = now() + options.futureToleranceMs;
    const pending: Pending[] = [];
    const rejected: RejectedPoint[] = [];
    for (const [index, point] of points.entries()) {
      const { timestampMs, value } = point;
      const { name, unit, entry } = describe(point);
      // The name and the unit of a metric that is known have been checked.
      const objection =
        (name !== null && entry === undefined ? (checkName(name) ?? checkUnit(unit)) : null) ??
        checkSample(timestampMs, value, latestMs);
      if (objection !== null) rejected.push(rejectPoint(index, objection, stats));
      else
        pending.push({
          index,
          timestampMs: Math.floor(timestampMs),
          value,
          name,
          unit,
          entry,
          outcome: null,
        });
    }
    return { pending, rejected };
  };

  const addSamples =
    (queue: typeof live) => (metricId: string, samples: readonly Sample[], readToMs?: number) => {
      const entry = registry.byId(metricId);
      if (entry === undefined) return Promise.reject(new NotFoundError(`no metric has the id ${metricId}`));
      const checked = check(samples, () => ({ name: null, unit: null, entry }));
      return queue.add({
        ...checked,
        accountId: entry.accountId,
        metricNumber: entry.number,
        readToMs: readToMs ?? null,
      });
    };

  return {
    acceptNamed: (points, accountId = DEFAULT_ACCOUNT) => {
      const { pending, rejected } = check(points, ({ metric, unit }) => {
        const entry = registry.byPushedName(metric, accountId);
        return { name: entry?.name ?? toCanonicalName(metric), unit: unit ?? null, entry };
      });
      if (pending.length === 0) return Promise.resolve(tally([], rejected, new Map(), stats));
      return live.add({ pending, rejected, accountId, metricNumber: null, readToMs: null });
    },
    acceptSamples: addSamples(live),
    acceptHistory: addSamples(history),
    stop: async () => {
      await Promise.all([live.stop(), history.stop()]);
    },
  };
}

/** Whether the point has a metric now, in its turn. */
function settleEntry(point: Pending, request: Request, registry: Registry): point is Pending & Arrival {
  const { entry, name } = point;
  const { accountId, metricNumber } = request;
  if (entry !== undefined && registry.byNumber(entry.number) === entry) return true;
  if (name !== null) point.entry = registry.byPushedName(name, accountId);
  else point.entry = metricNumber === null ? undefined : registry.byNumber(metricNumber);
  return point.entry !== undefined;
}

/** Why a point has no metric in its turn: its name was one too many, or the metric was deleted meanwhile. */
function objectToMissing(
  { name }: Pending,
  { accountId }: Request,
  { explainRefusal }: CustomMetrics,
  notMade: ReadonlyMap<string, Error>,
): Objection {
  if (name === null) return { reason: 'unknown_metric', message: 'the metric was deleted meanwhile' };
  const failure = notMade.get(`${accountId} ${name}`);
  if (failure !== undefined) return objectToFailure(name, failure);
  const message = `metric: ${JSON.stringify(name)} is a new name, and ${explainRefusal(accountId)}`;
  return { reason: 'too_many_metrics', message };
}

function nameFailures(failures: ReadonlyMap<WantedMetric, Error>): ReadonlyMap<string, Error> {
  return new Map([...failures].map(([{ accountId, name }, error]) => [`${accountId} ${name}`, error]));
}

function listNewNames({ pending, accountId }: Request, registry: Registry): WantedMetric[] {
  const names: WantedMetric[] = [];
  for (const { name, unit, entry } of pending) {
    if (name === null || (entry !== undefined && registry.byNumber(entry.number) === entry)) continue;
    if (registry.byPushedName(name, accountId) === undefined) names.push({ accountId, name, unit });
  }
  return names;
}
