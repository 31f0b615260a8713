/** Saves every model at an orderly stop, so that the next start has nothing to replay. */
import type pg from 'pg';
import { EMPTY_BATCH, writeBatch } from '../samples/write-batch.ts';
import type { Log } from '../../log.ts';
import type { Models } from './model-cache.ts';

/** Some 2 MB a transaction. */
const PORTION = 200;
/** What is not saved by then is replayed at the next start. */
const LIMIT_MS = 10_000;

export async function saveCheckpoints(options: {
  readonly pool: pg.Pool;
  readonly models: Models;
  readonly log: Log;
}): Promise<void> {
  const { pool, models, log } = options;
  const deadline = performance.now() + LIMIT_MS;
  let saved = 0;
  try {
    while (performance.now() < deadline) {
      const checkpoints = models.dirtyCheckpoints(PORTION);
      if (checkpoints.length === 0) break;
      await writeBatch(pool, { ...EMPTY_BATCH, checkpoints });
      models.confirm(checkpoints);
      saved += checkpoints.length;
    }
    log.info({ saved }, 'models saved');
  } catch (error) {
    log.warn({ err: error, saved }, 'models could not all be saved; the rest is replayed at the next start');
  }
}
