/**
 * The queue between PutMetricData and the database: bounded, first in first out. Requests that arrive while a commit
 * is under way are committed together, and each is answered only after the commit that holds it: what was answered
 * is on disk.
 */
import type pg from 'pg';
import type { Log } from '../../../log.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { AdditionBatch } from './addition.ts';
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import { createSeriesIds } from './series-ids.ts';
import { storeAdditions } from './store-additions.ts';

export interface IntakeOptions {
  readonly pool: pg.Pool;
  readonly log: Log;
  readonly stats: Stats;
  readonly now: () => Date;
  /** Called with what is on disk, before it is answered. */
  readonly onStored?: (batches: readonly AdditionBatch[]) => void;
  /** Data that may wait; more are refused with Throttling. */
  readonly queuedData: number;
}

export interface Intake {
  /**
   * Resolves once the data are committed.
   * @throws CloudwatchError Throttling when the queue is full, ServiceUnavailable when the database fails
   */
  put(batch: AdditionBatch): Promise<void>;
  /** Refuses new data and waits for what is queued. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly batch: AdditionBatch;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const MAX_DATA_PER_COMMIT = 20_000;

export function createIntake(options: IntakeOptions): Intake {
  const queue: Waiting[] = [];
  const { stats } = options;
  let queued = 0;
  const seriesIds = createSeriesIds();
  let draining: Promise<void> | null = null;
  let stopped = false;

  const settle = async (waiting: readonly Waiting[]): Promise<void> => {
    const data = countData(waiting);
    try {
      const batches = waiting.map(({ batch }) => batch);
      await storeAdditions(options.pool, batches, seriesIds, options.now());
      options.onStored?.(batches);
      stats.count('cloudwatch_data_stored', data);
      stats.count('cloudwatch_commits');
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      // One request's data may be what PostgreSQL refuses: its neighbours do not pay for it. Any other failure is of
      // the database, and trying each request alone would only make all of them wait.
      if (waiting.length > 1 && isOfTheData(error)) {
        for (const one of waiting) await settle([one]);
        return;
      }
      options.log.error({ err: error, data, requests: waiting.length }, 'pushed data could not be stored');
      stats.count('cloudwatch_data_failed', data);
      for (const { reject } of waiting) {
        reject(
          new CloudwatchError('ServiceUnavailable', 'The data could not be stored; try again.', {
            cause: error,
          }),
        );
      }
    }
  };

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const waiting = takeBatch(queue);
      await settle(waiting);
      queued -= countData(waiting);
    }
    draining = null;
  };

  return {
    put(batch) {
      if (stopped)
        return Promise.reject(new CloudwatchError('ServiceUnavailable', 'The server is stopping.'));
      if (queued + batch.additions.length > options.queuedData) {
        stats.count('cloudwatch_data_throttled', batch.additions.length);
        return Promise.reject(new CloudwatchError('Throttling', 'Rate exceeded'));
      }
      queued += batch.additions.length;
      return new Promise((resolve, reject) => {
        queue.push({ batch, resolve, reject });
        draining ??= drain();
      });
    },
    async stop() {
      stopped = true;
      await draining;
    },
  };
}

/** SQLSTATE classes 22 and 23: a value out of range, a constraint. */
function isOfTheData(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code));
}

function countData(waiting: readonly Waiting[]): number {
  return waiting.reduce((sum, { batch }) => sum + batch.additions.length, 0);
}

function takeBatch(queue: Waiting[]): readonly Waiting[] {
  let data = 0;
  let end = 0;
  while (end < queue.length) {
    data += queue[end]?.batch.additions.length ?? 0;
    if (end > 0 && data > MAX_DATA_PER_COMMIT) break;
    end += 1;
  }
  return queue.splice(0, end);
}
