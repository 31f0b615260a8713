import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { withDatabase } from '../helpers/database.ts';
import { createLog } from '../../src/log.ts';
import { ServerLock } from '../../src/platform/postgres/server-lock.ts';
import { findFreePort, startServerProcess } from '../helpers/server-process.ts';
import { NOTHING_WRONG } from './judge.ts';
import { runFailover } from './run-failover.ts';

it(
  'a standby takes over from a server that is killed or stopped, and nothing is lost, doubled or scored otherwise',
  { timeout: 180_000 },
  async () => {
    // A frozen one too: `npm run bench:failover -- --loss freeze`, which takes as long as a lease.
    await using database = await withDatabase({ migrated: false });
    const { connection } = database;
    const report = await runFailover({ connection, losses: ['kill', 'stop', 'kill'] });
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(report.logged).toBeGreaterThan(0);
    expect(report).toMatchObject({
      ...NOTHING_WRONG,
      strangeAnswers: [],
    });
  },
);

it('a standby is stopped by SIGTERM, and says that it is one', async () => {
  await using database = await withDatabase();
  const { connection } = database;
  const onLost = (error: Error) => {
    throw error;
  };
  await using active = await ServerLock.take({ connection, log: createLog('silent'), onLost });
  const port = await findFreePort();
  const standby = await startServerProcess({
    DATABASE_URL: connection,
    LAPWING_STANDBY: 'on',
    LAPWING_SEALING_KEY: randomBytes(32).toString('base64'),
    LAPWING_PORT: String(port),
    LAPWING_GRAPHITE_PORT: '',
  });
  expect(standby.addresses).toEqual({ event: 'standby', http: `http://127.0.0.1:${port}/` });
  expect((await fetch(`${standby.addresses.http}ready`)).status).toBe(503);
  expect(await standby.terminate()).toBe(0);
});
