/** Saves every model at an orderly stop, so that the next start has nothing to replay. */
import type pg from 'pg';
import { EMPTY_BATCH, writeBatch, type Checkpoint } from '../samples/write-batch.ts';
import type { Log } from '../../log.ts';
import { isOutage } from '../../platform/postgres/outage.ts';
import type { ModelCache } from './model-cache.ts';

/** Some 2 MB a transaction. */
const PORTION = 200;
/** What is not saved by then is replayed at the next start. */
const LIMIT_MS = 10_000;

export async function saveCheckpoints(options: {
  readonly pool: pg.Pool;
  readonly models: ModelCache;
  readonly log: Log;
}): Promise<void> {
  const { models, log } = options;
  const deadline = performance.now() + LIMIT_MS;
  let saved = 0;
  try {
    while (performance.now() < deadline) {
      const checkpoints = models.dirtyCheckpoints(PORTION);
      if (checkpoints.length === 0) break;
      saved += await saveSome(checkpoints, options);
    }
    log.info({ saved }, 'models saved');
  } catch (error) {
    log.warn({ err: error, saved }, 'models could not all be saved; the rest is replayed at the next start');
  }
}

/** One the database does not take costs itself alone: its metric replays more samples at the next start. */
async function saveSome(
  checkpoints: readonly Checkpoint[],
  options: { readonly pool: pg.Pool; readonly models: ModelCache; readonly log: Log },
): Promise<number> {
  const { pool, models, log } = options;
  try {
    await writeBatch(pool, { ...EMPTY_BATCH, checkpoints });
    models.confirm(checkpoints);
    return checkpoints.length;
  } catch (error) {
    if (isOutage(error)) throw error;
    const [first] = checkpoints;
    if (checkpoints.length === 1 && first !== undefined) {
      log.error({ err: error, metricNumber: first.metricNumber }, 'model could not be saved');
      models.discard([first.metricNumber]);
      return 0;
    }
    let saved = 0;
    for (const checkpoint of checkpoints) saved += await saveSome([checkpoint], options);
    return saved;
  }
}
