/**
 * A bounded queue whose requests are written by whole batches: those that come while a batch is being written share
 * the next one.
 */
import { setImmediate } from 'node:timers/promises';
import { isOutage } from '../../platform/postgres/outage.ts';
import { RetryLaterError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { StaleDraftError } from './commit.ts';
import type { PipelinedRun } from '../../platform/runtime/write-lock.ts';

export interface BatchQueue<Request, Result> {
  /** @throws RetryLaterError when the queue is full, the database away or the server stopping */
  readonly add: (request: Request) => Promise<Result>;
  /** Takes no more; returns when all that was taken is written or refused. */
  readonly stop: () => Promise<void>;
}

interface Waiting<Request, Result> {
  readonly request: Request;
  readonly points: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

export function createBatchQueue<Request, Result>(options: {
  /** Points that may wait, those being written included. */
  readonly limit: number;
  /** A batch is closed at this many points; a single larger request is a batch of its own. */
  readonly batchPoints: number;
  /** Told how many points wait, whenever that changes. */
  readonly onPoints: (points: number) => void;
  readonly countPoints: (request: Request) => number;
  /** Null when the request can be written at once; else what resolves, and never rejects, when it can. */
  readonly prepare: (request: Request) => Promise<void> | null;
  /** Writes all of them or none; one result per request, in order. The next batch is taken when it is ready for it. */
  readonly write: (requests: readonly Request[]) => PipelinedRun<readonly Result[]>;
  /** Called with why a batch could not be written, and with null when one was. */
  readonly onWritten: (failure: unknown) => void;
  /** How many batches have failed, wholly or in part: the one that was begun on top of such a one is written anew. */
  readonly failures: () => number;
  readonly stats: Stats;
  readonly log: Log;
}): BatchQueue<Request, Result> {
  const { limit, stats, log } = options;
  const queue: Waiting<Request, Result>[] = [];
  let points = 0;
  let pumping: Promise<void> | null = null;
  /** Requests that cannot be written yet; their points count as waiting. */
  const preparing = new Set<Promise<void>>();
  /** Batches being written: two at most, but for those written again after a failure. */
  const unsettled = new Set<Promise<void>>();
  /** Batches that failed and are being written anew. */
  const redoing = new Set<Promise<void>>();
  let stopped = false;

  const add = (request: Request): Promise<Result> => {
    const count = options.countPoints(request);
    if (stopped) return refuse('the server is stopping');
    // An empty queue takes any request, else one larger than the limit could never be sent.
    if (points > 0 && points + count > limit)
      return refuse(`${points} points are waiting to be written already`);
    setPoints(points + count);
    return new Promise((resolve, reject) => {
      const waiting = { request, points: count, resolve, reject };
      const prepared = options.prepare(request);
      if (prepared === null) enqueue(waiting);
      else {
        const ready = prepared.then(() => {
          preparing.delete(ready);
          enqueue(waiting);
        });
        preparing.add(ready);
      }
    });
  };

  const enqueue = (waiting: Waiting<Request, Result>) => {
    queue.push(waiting);
    pumping ??= pump();
  };

  const refuse = (why: string) => {
    stats.count('retry_later');
    return Promise.reject(new RetryLaterError(`${why}: send the same points again in a moment`));
  };

  const setPoints = (count: number) => {
    points = count;
    options.onPoints(points);
  };

  const pump = async () => {
    // The requests of one tick share a batch.
    await Promise.resolve();
    let failures = options.failures();
    while (queue.length > 0) {
      const batch = takeBatch(queue, options.batchPoints);
      const { isReady, result } = options.write(batch.map(({ request }) => request));
      const settling = settle(batch, result).finally(() => {
        unsettled.delete(settling);
        setPoints(points - batch.reduce((sum, waiting) => sum + waiting.points, 0));
      });
      unsettled.add(settling);
      await isReady;
      if (options.failures() !== failures) await redone();
      failures = options.failures();
    }
    pumping = null;
  };

  /** What is written anew comes before what is newer: a metric's points are scored in their order or not at all. */
  const redone = async () => {
    // By then every batch that stood on the one that failed knows it.
    await setImmediate();
    while (redoing.size > 0) await Promise.all(redoing);
  };

  /** Never throws. */
  const settle = async (
    batch: readonly Waiting<Request, Result>[],
    result: Promise<readonly Result[]>,
  ): Promise<void> => {
    try {
      const results = await result;
      options.onWritten(null);
      for (const [index, one] of results.entries()) batch[index]?.resolve(one);
    } catch (error) {
      const again = redo(batch, error).finally(() => redoing.delete(again));
      redoing.add(again);
      await again;
    }
  };

  /** Requests that share a batch with one that trips a bug of ours are written without it. */
  const redo = async (batch: readonly Waiting<Request, Result>[], error: unknown): Promise<void> => {
    const again = (some: typeof batch) =>
      settle(some, options.write(some.map(({ request }) => request)).result);
    if (error instanceof StaleDraftError) await again(batch);
    else if (isOutage(error)) refuseAll(batch, error);
    else if (batch.length > 1) for (const waiting of batch) await again([waiting]);
    else {
      log.error({ err: error }, 'unexpected failure writing points');
      for (const { reject } of batch) {
        reject(new Error('unexpected failure writing points', { cause: error }));
      }
    }
  };

  const refuseAll = (batch: readonly Waiting<Request, Result>[], error: unknown) => {
    log.warn({ err: error, requests: batch.length }, 'batch of points could not be written');
    stats.count('retry_later', batch.length);
    options.onWritten(error);
    const message = 'the points could not be written: send them again in a moment';
    for (const { reject } of batch) reject(new RetryLaterError(message, { cause: error }));
  };

  return {
    add,
    stop: async () => {
      stopped = true;
      await Promise.all(preparing);
      await pumping;
      await Promise.all(unsettled);
    },
  };
}

function takeBatch<Item extends { readonly points: number }>(queue: Item[], most: number): readonly Item[] {
  let points = 0;
  let count = 0;
  for (const item of queue) {
    if (count > 0 && points + item.points > most) break;
    points += item.points;
    count += 1;
  }
  return queue.splice(0, count);
}
