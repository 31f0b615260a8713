/** Writes the rows of progress that wait: at an orderly stop, and before somebody sorts by them. */
import type pg from 'pg';
import { EMPTY_BATCH, writeBatch } from '../samples/write-batch.ts';
import type { ProgressRows } from './progress-rows.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';

/** Some milliseconds: points wait no longer than this for their turn. */
const PORTION = 1000;

/** Brings the table up to what was committed when it was called. @throws what the database throws */
export type SaveProgress = () => Promise<void>;

export function createSaveProgress(options: {
  readonly pool: pg.Pool;
  readonly writeLock: WriteLock;
  readonly progressRows: ProgressRows;
}): SaveProgress {
  const { pool, writeLock, progressRows } = options;
  const savePortion = async () => {
    const progress = progressRows.listWaiting(PORTION);
    if (progress.length === 0) return;
    await writeBatch(pool, { ...EMPTY_BATCH, progress });
    progressRows.confirm(progress);
  };
  return async () => {
    // Those that fall behind meanwhile stand at the end of the line, and are not waited for.
    for (let left = progressRows.waiting; left > 0; left -= PORTION)
      await writeLock.runExclusive(savePortion);
  };
}
