/** A server reduced to its embedded database, to be killed by a test. Prints one JSON line. */
import { startEmbedded } from '../../../src/platform/postgres/embedded/start.ts';
import { createLog } from '../../../src/log.ts';

const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);
try {
  const { connection } = await startEmbedded({
    dataDir: process.argv[2] ?? '',
    log: createLog('silent'),
    settings: { fsync: 'off' },
  });
  say({ connection });
} catch (error) {
  say({ refused: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
