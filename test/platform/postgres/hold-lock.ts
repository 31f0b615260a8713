/** A server reduced to its lock and one connection, to be killed or frozen by a test: `hold-lock.ts URL LEASE_SECONDS` */
import { createLog } from '../../../src/log.ts';
import { createDatabase } from '../../../src/platform/postgres/client.ts';
import { ServerLock } from '../../../src/platform/postgres/server-lock.ts';
import { ServerTerm } from '../../../src/platform/postgres/server-term.ts';

const [, , connection = '', leaseSeconds = '15'] = process.argv;
const log = createLog('silent');
const say = (word: string) => process.stdout.write(`${word}\n`);
const lock = await ServerLock.take({
  connection,
  log,
  leaseSeconds: Number(leaseSeconds),
  onLost: () => undefined,
});
const term = await ServerTerm.begin(connection, lock.session, () => say('over'));
lock.guard(term);
const { pool } = createDatabase({ connection, log, use: term });
const client = await pool.connect();
await client.query('BEGIN');
await client.query(`INSERT INTO account (name) VALUES ('before')`);
say('held');
// Whoever freezes this process does it now.
process.stdin.once('data', () => void goOn());

/** Commits what it had begun, and begins something new. */
async function goOn(): Promise<void> {
  await client.query('COMMIT').then(
    () => say('committed'),
    () => say('not committed'),
  );
  client.release(true);
  await pool.query(`INSERT INTO account (name) VALUES ('after')`).then(
    () => say('written'),
    () => say('not written'),
  );
  process.exit();
}
