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

interface Waiting<Request, Result> {
  readonly request: Request;
  readonly points: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

interface BatchQueueOptions<Request, Result> {
  /** Points that may wait, those being written included. */
  readonly limit: number;
  /** A batch is closed at this many points; a single larger request is a batch of its own. */
  readonly batchPoints: number;
  /** Gets the number of points that wait, whenever it changes. */
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
}

export class BatchQueue<Request, Result> {
  readonly #options: BatchQueueOptions<Request, Result>;
  readonly #limit: number;
  readonly #stats: Stats;
  readonly #log: Log;
  readonly #queue: Waiting<Request, Result>[] = [];
  #points = 0;
  #pumping: Promise<void> | null = null;
  /** Requests that cannot be written yet; their points count as waiting. */
  readonly #preparing = new Set<Promise<void>>();
  /** Batches being written: two at most, but for those written again after a failure. */
  readonly #unsettled = new Set<Promise<void>>();
  /** Batches that failed and are being written anew. */
  readonly #redoing = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: BatchQueueOptions<Request, Result>) {
    this.#options = options;
    this.#limit = options.limit;
    this.#stats = options.stats;
    this.#log = options.log;
  }

  /** @throws RetryLaterError when the queue is full, the database away or the server stopping */
  add(request: Request): Promise<Result> {
    const count = this.#options.countPoints(request);
    if (this.#stopped) return this.#refuse('the server is stopping');
    // An empty queue takes any request, else one larger than the limit could never be sent.
    if (this.#points > 0 && this.#points + count > this.#limit)
      return this.#refuse(`${this.#points} points are waiting to be written already`);
    this.#setPoints(this.#points + count);
    return new Promise((resolve, reject) => {
      const waiting = { request, points: count, resolve, reject };
      const prepared = this.#options.prepare(request);
      if (prepared === null) this.#enqueue(waiting);
      else {
        const ready = prepared.then(() => {
          this.#preparing.delete(ready);
          this.#enqueue(waiting);
        });
        this.#preparing.add(ready);
      }
    });
  }

  /** Takes no more; returns when all that was taken is written or refused. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#preparing);
    await this.#pumping;
    await Promise.all(this.#unsettled);
  }

  #enqueue(waiting: Waiting<Request, Result>) {
    this.#queue.push(waiting);
    this.#pumping ??= this.#pump();
  }

  #refuse(why: string) {
    this.#stats.count('retry_later');
    return Promise.reject(new RetryLaterError(`${why}: send the same points again in a moment`));
  }

  #setPoints(count: number) {
    this.#points = count;
    this.#options.onPoints(this.#points);
  }

  async #pump() {
    // The requests of one tick share a batch.
    await Promise.resolve();
    let failures = this.#options.failures();
    while (this.#queue.length > 0) {
      const batch = takeBatch(this.#queue, this.#options.batchPoints);
      const { isReady, result } = this.#options.write(batch.map(({ request }) => request));
      const settling = this.#settle(batch, result).finally(() => {
        this.#unsettled.delete(settling);
        this.#setPoints(this.#points - batch.reduce((sum, waiting) => sum + waiting.points, 0));
      });
      this.#unsettled.add(settling);
      await isReady;
      if (this.#options.failures() !== failures) await this.#redone();
      failures = this.#options.failures();
    }
    this.#pumping = null;
  }

  /** What is written anew comes before what is newer: a metric's points are scored in their order or not at all. */
  async #redone() {
    // By then every batch that stood on the one that failed knows it.
    await setImmediate();
    while (this.#redoing.size > 0) await Promise.all(this.#redoing);
  }

  /** Never throws. */
  async #settle(
    batch: readonly Waiting<Request, Result>[],
    result: Promise<readonly Result[]>,
  ): Promise<void> {
    try {
      const results = await result;
      this.#options.onWritten(null);
      for (const [index, one] of results.entries()) batch[index]?.resolve(one);
    } catch (error) {
      const again = this.#redo(batch, error).finally(() => this.#redoing.delete(again));
      this.#redoing.add(again);
      await again;
    }
  }

  /** Requests that share a batch with one that trips a bug of ours are written without it. */
  async #redo(batch: readonly Waiting<Request, Result>[], error: unknown): Promise<void> {
    const again = (some: typeof batch) =>
      this.#settle(some, this.#options.write(some.map(({ request }) => request)).result);
    if (error instanceof StaleDraftError) await again(batch);
    else if (isOutage(error)) this.#refuseAll(batch, error);
    else if (batch.length > 1) for (const waiting of batch) await again([waiting]);
    else {
      this.#log.error({ err: error }, 'unexpected failure writing points');
      for (const { reject } of batch) {
        reject(new Error('unexpected failure writing points', { cause: error }));
      }
    }
  }

  #refuseAll(batch: readonly Waiting<Request, Result>[], error: unknown) {
    this.#log.warn({ err: error, requests: batch.length }, 'batch of points could not be written');
    this.#stats.count('retry_later', batch.length);
    this.#options.onWritten(error);
    const message = 'the points could not be written: send them again in a moment';
    for (const { reject } of batch) reject(new RetryLaterError(message, { cause: error }));
  }
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
