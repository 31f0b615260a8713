/**
 * THE data path: points are checked, wait in a bounded queue, and are written by whole batches, each in one turn and
 * one transaction. Only then is whoever sent them told what became of them. Requests that come while a batch is
 * being written share the next one.
 */
import { isOutage } from '../db/outage.ts';
import { NotFoundError, RetryLaterError, type ErrorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Sample } from '../model.ts';
import type { Stats } from '../observe/stats.ts';
import { checkName, checkSample, type Objection } from './check-point.ts';
import type { CustomMetrics } from './custom-metrics.ts';
import type { MetricEntry, Registry } from './registry.ts';
import type { Turns } from './turns.ts';
import type { Arrival, WritePoints } from './write-points.ts';

/** A pushed point, named by its metric. */
export interface NamedPoint {
  readonly metric: string;
  readonly timestampMs: number;
  readonly value: number;
  readonly unit?: string | null;
}

export interface RejectedPoint {
  /** Its place in what was sent, from 0. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** Disjoint: accepted + duplicates + late + rejected.length is the number of points sent. */
export interface AcceptResult {
  readonly accepted: number;
  readonly duplicates: number;
  /** Stored, but older than what the metric's model has learned from, so never scored. */
  readonly late: number;
  readonly rejected: readonly RejectedPoint[];
}

export interface Accept {
  /**
   * Stores pushed points; names not known yet become UNMONITORED metrics. Bad points cost only themselves.
   * @throws RetryLaterError when the queue is full or the database away: nothing is known to be stored, and sending
   *   the same points again is safe
   */
  acceptNamed: (points: readonly NamedPoint[]) => Promise<AcceptResult>;
  /**
   * Stores samples of one metric, and up to where its source has been read, together.
   * @throws NotFoundError, RetryLaterError
   */
  acceptSamples: (metricId: string, samples: readonly Sample[], readToMs?: number) => Promise<AcceptResult>;
  /** Waits until everything taken so far is committed or refused. Nothing is taken any more. */
  stop: () => Promise<void>;
}

interface Pending {
  readonly index: number;
  readonly timestampMs: number;
  readonly value: number;
  readonly find: () => MetricEntry | undefined;
  /** For a point whose metric may have to be made. */
  readonly name: string | null;
  readonly unit: string | null;
}

interface Request {
  readonly pending: readonly Pending[];
  readonly rejected: RejectedPoint[];
  readonly readTo: { readonly find: Pending['find']; readonly readToMs: number } | null;
  readonly resolve: (result: AcceptResult) => void;
  readonly reject: (error: Error) => void;
}

/** A batch is closed at this many points; a single larger request is a batch of its own. */
const BATCH_POINTS = 10_000;

export function createAccept(options: {
  readonly registry: Registry;
  readonly turns: Turns;
  readonly writePoints: WritePoints;
  readonly customMetrics: CustomMetrics;
  /** Called in no turn, for each metric a batch gave samples to. */
  readonly onStored: (entry: MetricEntry) => void;
  readonly stats: Stats;
  readonly log: Log;
  /** Points that may wait. */
  readonly queueLimit: number;
  readonly futureToleranceMs: number;
  readonly now?: () => number;
}): Accept {
  const { registry, turns, stats, log } = options;
  const now = options.now ?? Date.now;
  const queue: Request[] = [];
  let queuedPoints = 0;
  let pumping: Promise<void> | null = null;
  let stopped = false;

  const enqueue = (request: Omit<Request, 'resolve' | 'reject'>): Promise<AcceptResult> => {
    const { length } = request.pending;
    if (stopped) return refuse('the server is stopping');
    // An empty queue takes any request, else one larger than the limit could never be sent.
    if (queuedPoints > 0 && queuedPoints + length > options.queueLimit) {
      return refuse(`${queuedPoints} points are waiting to be written already`);
    }
    queuedPoints += length;
    stats.set('ingest_queue_points', queuedPoints);
    return new Promise((resolve, reject) => {
      queue.push({ ...request, resolve, reject });
      pumping ??= pump();
    });
  };

  const refuse = (why: string) => {
    stats.count('retry_later');
    return Promise.reject(new RetryLaterError(`${why}: send the same points again in a moment`));
  };

  const pump = async () => {
    // The requests of one tick share a batch.
    await Promise.resolve();
    while (queue.length > 0) {
      const requests = takeBatch(queue);
      await writeOrFail(requests);
      for (const { pending } of requests) queuedPoints -= pending.length;
      stats.set('ingest_queue_points', queuedPoints);
    }
    pumping = null;
  };

  /** Never throws. Requests that share a batch with one that trips a bug of ours are written without it. */
  const writeOrFail = async (requests: readonly Request[]): Promise<void> => {
    try {
      await turns.run(() => write(requests));
    } catch (error) {
      if (requests.length === 1 || isOutage(error)) fail(requests, error);
      else for (const request of requests) await writeOrFail([request]);
    }
  };

  const write = async (requests: readonly Request[]) => {
    await options.customMetrics.ensure(requests.flatMap(namesToMake));
    const readTo = new Map<MetricEntry, number>();
    const arrivals = requests.map((request) => request.pending.map((point) => arrive(request, point)));
    for (const request of requests) {
      const entry = request.readTo?.find();
      if (entry !== undefined && request.readTo !== null) readTo.set(entry, request.readTo.readToMs);
    }
    await options.writePoints(
      arrivals.flat().filter((arrival) => arrival !== null),
      readTo,
    );
    const touched = new Set<MetricEntry>();
    requests.forEach((request, index) => {
      const mine = (arrivals[index] ?? []).filter((arrival) => arrival !== null);
      for (const { entry } of mine) touched.add(entry);
      request.resolve(tally(mine, request.rejected));
    });
    touched.forEach(options.onStored);
  };

  const arrive = (request: Request, point: Pending): Arrival | null => {
    const entry = point.find();
    if (entry !== undefined) {
      return { entry, timestampMs: point.timestampMs, value: point.value, outcome: null };
    }
    reject(request.rejected, point.index, {
      reason: 'too_many_metrics',
      message: `metric: ${JSON.stringify(point.name)} is a new name, and there are ${registry.size} metrics already`,
    });
    return null;
  };

  const reject = (rejected: RejectedPoint[], index: number, { reason, message }: Objection) => {
    stats.countReason('points_rejected', reason);
    const code = reason === 'too_many_metrics' ? 'QUOTA_EXCEEDED' : 'INVALID_INPUT';
    rejected.push({ index, code, reason: message });
  };

  const fail = (requests: readonly Request[], error: unknown) => {
    const isTemporary = isOutage(error);
    if (isTemporary)
      log.warn({ err: error, requests: requests.length }, 'batch of points could not be written');
    else log.error({ err: error }, 'unexpected failure writing points');
    for (const request of requests) {
      if (isTemporary) stats.count('retry_later');
      request.reject(
        isTemporary
          ? new RetryLaterError('the points could not be written: send them again in a moment', {
              cause: error,
            })
          : new Error('unexpected failure writing points', { cause: error }),
      );
    }
  };

  const acceptNamed = (points: readonly NamedPoint[]) => {
    const latestMs = now() + options.futureToleranceMs;
    const rejected: RejectedPoint[] = [];
    const pending: Pending[] = [];
    for (const [index, point] of points.entries()) {
      const { metric, timestampMs, value } = point;
      const objection = checkName(metric) ?? checkSample(timestampMs, value, latestMs);
      if (objection !== null) reject(rejected, index, objection);
      else {
        const find = () => registry.byIdentity('CUSTOM', metric);
        pending.push({
          index,
          timestampMs: Math.floor(timestampMs),
          value,
          find,
          name: metric,
          unit: point.unit ?? null,
        });
      }
    }
    if (pending.length === 0) return Promise.resolve({ accepted: 0, duplicates: 0, late: 0, rejected });
    return enqueue({ pending, rejected, readTo: null });
  };

  const acceptSamples = (metricId: string, samples: readonly Sample[], readToMs?: number) => {
    const entry = registry.byId(metricId);
    if (entry === undefined) return Promise.reject(new NotFoundError(`no metric has the id ${metricId}`));
    const find = () => registry.byNumber(entry.number);
    const latestMs = now() + options.futureToleranceMs;
    const rejected: RejectedPoint[] = [];
    const pending: Pending[] = [];
    for (const [index, { timestampMs, value }] of samples.entries()) {
      const objection = checkSample(timestampMs, value, latestMs);
      if (objection !== null) reject(rejected, index, objection);
      else pending.push({ index, timestampMs: Math.floor(timestampMs), value, find, name: null, unit: null });
    }
    return enqueue({ pending, rejected, readTo: readToMs === undefined ? null : { find, readToMs } });
  };

  return {
    acceptNamed,
    acceptSamples,
    stop: async () => {
      stopped = true;
      await pumping;
    },
  };
}

function takeBatch(queue: Request[]): readonly Request[] {
  let points = 0;
  let count = 0;
  for (const { pending } of queue) {
    if (count > 0 && points + pending.length > BATCH_POINTS) break;
    points += pending.length;
    count += 1;
  }
  return queue.splice(0, count);
}

function namesToMake({ pending }: Request): { name: string; unit: string | null }[] {
  const names: { name: string; unit: string | null }[] = [];
  for (const { name, unit, find } of pending) {
    if (name !== null && find() === undefined) names.push({ name, unit });
  }
  return names;
}

function tally(arrivals: readonly Arrival[], rejected: readonly RejectedPoint[]): AcceptResult {
  const counts = { accepted: 0, duplicate: 0, late: 0 };
  for (const { outcome } of arrivals) if (outcome !== null) counts[outcome] += 1;
  const { accepted, duplicate: duplicates, late } = counts;
  return { accepted, duplicates, late, rejected: rejected.toSorted((a, b) => a.index - b.index) };
}
