/** A server reduced to its lock, to be killed by a test. */
import { holdServerLock } from '../../../src/platform/postgres/server-lock.ts';
import { createLog } from '../../../src/log.ts';

await holdServerLock({
  connection: process.argv[2] ?? '',
  log: createLog('silent'),
  onLost: (error) => {
    throw error;
  },
});
process.stdout.write('held\n');
