import pg from 'pg';
import { expect, test } from 'vitest';
import { createDatabase } from '../../../src/platform/postgres/client.ts';
import { DatabaseAwayError, isOutage } from '../../../src/platform/postgres/outage.ts';
import { ChangeChannels } from '../../../src/platform/postgres/change-channels.ts';
import { watchHealth } from '../../../src/platform/postgres/health-probe.ts';
import { createLog } from '../../../src/log.ts';
import { leadThrough, readTarget, startProxy } from '../../faults/proxy.ts';
import { withDatabase } from '../../helpers/database.ts';
import { createDeferred } from '../../helpers/deferred.ts';

const log = createLog('silent');

/** What a promise that has to fail fails with. */
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: unknown) => error,
  );

test('a database that goes silent fails who waits, turns others away at once, and is found again', async () => {
  await using direct = await withDatabase();
  await using proxy = await startProxy(readTarget(direct.connection));
  const connection = leadThrough(direct.connection, proxy.port);
  await using database = createDatabase({ connection, log, use: 'lapwing test' });
  const lost = createDeferred<undefined>();
  const found = createDeferred<undefined>();
  await database.pool.query('SELECT 1');
  await database.prisma.metric.count();
  await using probe = watchHealth({
    connection,
    changes: new ChangeChannels(),
    log,
    onLost: () => {
      database.gate.close();
      lost.resolve(undefined);
    },
    onFound: () => {
      database.gate.open();
      found.resolve(undefined);
    },
  });
  proxy.setCut(true);
  const waiting = [
    failureOf(database.pool.query('SELECT 1')),
    failureOf(database.prisma.metric.count()),
    // A connection of its own, since the one there was is in use.
    failureOf(database.pool.query('SELECT 2')),
  ];
  await lost.promise;
  expect(probe.isHealthy()).toBe(false);
  for (const failure of await Promise.all(waiting)) expect(isOutage(failure)).toBe(true);
  expect(await failureOf(database.pool.query('SELECT 1'))).toBeInstanceOf(DatabaseAwayError);
  expect(isOutage(await failureOf(database.prisma.metric.count()))).toBe(true);
  const transaction = database.prisma.$transaction((one) => one.metric.count());
  expect(isOutage(await failureOf(transaction))).toBe(true);
  proxy.setCut(false);
  await found.promise;
  expect(probe.isHealthy()).toBe(true);
  expect((await database.pool.query('SELECT 1')).rowCount).toBe(1);
  expect(await database.prisma.metric.count()).toBe(0);
});

test('what a lost connection was doing is over before anybody reads again', async () => {
  await using database = await withDatabase();
  await using other = createDatabase({ connection: database.connection, log, use: 'lapwing test' });
  const client = await other.pool.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  // PostgreSQL looks at its client only when there is something to tell it.
  const working = failureOf(client.query('SELECT pg_sleep(1000)'));
  other.gate.close();
  expect(isOutage(await working)).toBe(true);
  client.release(true);
  other.gate.open();
  const { rowCount } = await other.pool.query('SELECT FROM pg_stat_activity WHERE pid = $1', [rows[0]?.pid]);
  expect(rowCount).toBe(0);
});

test('a statement that PostgreSQL refuses costs no other session', async () => {
  await using database = await withDatabase();
  await using other = createDatabase({ connection: database.connection, log, use: 'lapwing test' });
  const kept = await other.pool.connect();
  expect(await failureOf(other.pool.query('SELECT 1 / 0'))).toBeInstanceOf(pg.DatabaseError);
  await other.pool.query('SELECT 1');
  expect((await kept.query('SELECT 1')).rowCount).toBe(1);
  kept.release();
});

/** Where PostgreSQL of this URL listens. */
