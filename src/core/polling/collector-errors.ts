/**
 * A metric that cannot be read has a while to recover before it is put in ERROR: the newest failure is kept on the
 * metric with the time of the first one and the deadline, a success wipes it.
 */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import { toStorable } from '../../platform/bounded-input/storable-text.ts';
import type { StatusFeed } from '../../platform/runtime/change-feed.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';

export interface CollectorErrors {
  /** Never throws: a database that is away now shows at the next reading. */
  note: (entry: MetricEntry, failure: Error | null) => Promise<void>;
}

/** Three hours, as HTM-IT had it. */
const GRACE_MS = 10_800_000;

export function createCollectorErrors(options: {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly writeLock: WriteLock;
  readonly statusFeed: StatusFeed;
  readonly log: Log;
  readonly now?: () => number;
}): CollectorErrors {
  const { pool, registry, writeLock, statusFeed, log } = options;
  const now = options.now ?? Date.now;

  const open = async (entry: MetricEntry, failure: Error) => {
    const since = now();
    const error = {
      message: toStorable(failure.message),
      since: new Date(since).toISOString(),
      deadline: new Date(since + GRACE_MS).toISOString(),
    };
    await pool.query('UPDATE metric SET collector_error = $2 WHERE number = $1', [entry.number, error]);
    entry.collectorErrorDeadlineMs = since + GRACE_MS;
    statusFeed.publish(entry.id);
  };

  /** Writes nothing where the source says the same as before. */
  const replaceMessage = async (entry: MetricEntry, failure: Error) => {
    const { rowCount } = await pool.query(
      `UPDATE metric SET collector_error = jsonb_set(collector_error, '{message}', to_jsonb($2::text))
       WHERE number = $1 AND collector_error->>'message' <> $2`,
      [entry.number, toStorable(failure.message)],
    );
    if (rowCount === 1) statusFeed.publish(entry.id);
  };

  const giveUp = (entry: MetricEntry, failure: Error) =>
    writeLock.runExclusive(async () => {
      await pool.query(
        `UPDATE metric SET status = 'ERROR', message = $2, collector_error = NULL WHERE number = $1`,
        [entry.number, toStorable(failure.message)],
      );
      await registry.load([entry.number]);
      statusFeed.publish(entry.id);
    });

  const clear = async (entry: MetricEntry) => {
    await pool.query('UPDATE metric SET collector_error = NULL WHERE number = $1', [entry.number]);
    entry.collectorErrorDeadlineMs = null;
    statusFeed.publish(entry.id);
  };

  return {
    note: async (entry, failure) => {
      const deadlineMs = entry.collectorErrorDeadlineMs;
      try {
        if (failure === null) {
          if (deadlineMs !== null) await clear(entry);
        } else if (deadlineMs === null) await open(entry, failure);
        else if (now() >= deadlineMs) await giveUp(entry, failure);
        else await replaceMessage(entry, failure);
      } catch (error) {
        log.warn({ err: error, metric: entry.id }, 'collector error could not be noted');
      }
    },
  };
}
