/** An embedded database in a temporary folder, gone with it: for tests, benchmarks and the check of migrations. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../../log.ts';
import { startEmbedded, type EmbeddedDatabase } from './start.ts';

export interface TemporaryDatabase extends EmbeddedDatabase {
  /** What startEmbedded was given; removed by stop. */
  readonly dataDir: string;
}

/**
 * As startEmbedded, without waiting for the disk.
 * @param options.settings `{ fsync: 'on' }` waits for the disk as the product does
 * @param options.parent where the folder is made; that of the system for temporary files when left out
 */
export async function startTemporaryEmbedded(options: {
  readonly log: Log;
  readonly onDown?: (reason: string) => void;
  readonly onUp?: () => void;
  readonly settings?: Readonly<Record<string, string>>;
  readonly parent?: string;
}): Promise<TemporaryDatabase> {
  const dataDir = await mkdtemp(join(options.parent ?? tmpdir(), 'lapwing-temporary-'));
  // mkdtemp shuts others out; started by root, PostgreSQL runs as another user and must get through.
  await chmod(dataDir, 0o755);
  const remove = () => rm(dataDir, { recursive: true, force: true });
  try {
    const settings = { fsync: 'off', ...options.settings };
    const { connection, stop: stopServer } = await startEmbedded({ ...options, dataDir, settings });
    const stop = () => stopServer().then(remove);
    return { connection, dataDir, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
