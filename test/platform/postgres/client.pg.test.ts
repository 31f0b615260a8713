import type pg from 'pg';
import { expect, test } from 'vitest';
import { createDatabase } from '../../../src/platform/postgres/client.ts';
import { openClient, selectDatabase } from '../../../src/platform/postgres/connection.ts';
import { createLog } from '../../../src/log.ts';
import { inTransaction } from '../../../src/platform/postgres/transaction.ts';
import { withDatabase } from '../../helpers/database.ts';

const log = createLog('silent');

test('a client in use whose session is ended fails its next query and nothing else', async () => {
  await using database = await withDatabase();
  await using other = createDatabase({ connection: database.connection, log, use: 'lapwing test' });
  const client = await other.pool.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const ended = new Promise((resolve) => client.once('end', () => resolve(undefined)));
  await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
  await ended;
  await expect(client.query('SELECT 1')).rejects.toThrow();
  client.release(true);
  expect((await other.pool.query('SELECT 1')).rowCount).toBe(1);
});

test('prisma goes on after all its sessions were ended', async () => {
  await using database = await withDatabase();
  expect(await database.prisma.metric.count()).toBe(0);
  await database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'lapwing prisma'`,
  );
  // The pool may hand out the dead connection once before it notices.
  await database.prisma.metric.count().catch(() => undefined);
  expect(await database.prisma.metric.count()).toBe(0);
});

test('times are the same instant, and numbers the same, whatever zone and formats the database has', async () => {
  await using database = await withDatabase();
  const { pathname } = new URL(database.connection);
  const name = pathname.slice(1);
  await database.pool.query(`ALTER DATABASE ${name} SET TimeZone = 'Asia/Tokyo'`);
  await database.pool.query(`ALTER DATABASE ${name} SET DateStyle = 'German, DMY'`);
  await database.pool.query(`ALTER DATABASE ${name} SET extra_float_digits = -3`);
  await using shifted = createDatabase({ connection: database.connection, log, use: 'lapwing test' });
  const at = new Date('2026-03-04T05:06:07.089Z');
  await shifted.prisma.sampleMonth.create({ data: { month: new Date('2026-03-01'), lastWrite: at } });
  const { rows } = await shifted.pool.query('SELECT month, last_write FROM sample_month');
  expect(rows).toEqual([{ month: '2026-03-01', last_write: at }]);
  const { rows: numbers } = await shifted.pool.query('SELECT 0.1::float8 + 0.2::float8 AS sum');
  expect(numbers).toEqual([{ sum: 0.1 + 0.2 }]);
  expect((await shifted.prisma.sampleMonth.findFirstOrThrow()).lastWrite).toEqual(at);
});

test('tables are those of public by SQL and by prisma, whichever schema the user or the database would have first', async () => {
  await using database = await withDatabase();
  const { pathname, username } = new URL(database.connection);
  const own = `"${decodeURIComponent(username) || 'lapwing'}"`;
  await database.pool.query(
    `CREATE SCHEMA IF NOT EXISTS ${own}; CREATE SCHEMA other; CREATE TABLE ${own}.sample_month (); CREATE TABLE other.sample_month ()`,
  );
  await database.pool.query(`ALTER DATABASE ${pathname.slice(1)} SET search_path = other, public`);
  const url = new URL(database.connection);
  url.searchParams.set('options', '-c search_path=other');
  for (const connection of [database.connection, url.href]) {
    await using shifted = createDatabase({ connection, log, use: 'lapwing test' });
    expect((await shifted.pool.query('SELECT month FROM sample_month')).rowCount).toBe(0);
    expect(await shifted.prisma.sampleMonth.count()).toBe(0);
  }
});

test('statements, idle transactions and waits for a connection are all limited', async () => {
  await using database = await withDatabase();
  const { rows } = await database.pool.query(
    `SELECT current_setting('statement_timeout') AS statement,
            current_setting('idle_in_transaction_session_timeout') AS idle`,
  );
  expect(rows).toEqual([{ statement: '15s', idle: '1min' }]);
  expect(database.pool.options.connectionTimeoutMillis).toBe(5_000);
  const { max } = database.pool.options;
  const clients = await Promise.all(Array.from({ length: max }, () => database.pool.connect()));
  await expect(database.pool.connect()).rejects.toThrow('timeout');
  for (const client of clients) client.release();
});

test('what is not a PostgreSQL URL is refused without being repeated', () => {
  for (const connection of ['', 'secret', 'mysql://user:secret@host/db', 'postgresql://secret@/x']) {
    expect(() => createDatabase({ connection, log, use: 'lapwing test' })).toThrow(
      /^DATABASE_URL is not a PostgreSQL URL: expected/,
    );
  }
  const other = selectDatabase('postgresql://user:secret@host/db', 'name');
  expect(() => createDatabase({ connection: `${other}?schema=mine`, log, use: 'lapwing test' })).toThrow(
    'schema=mine',
  );
});

test('limits, isolation and durability are ours, whatever the database has: none where none is asked for', async () => {
  await using database = await withDatabase();
  const name = new URL(database.connection).pathname.slice(1);
  const given = {
    statement_timeout: `'200ms'`,
    lock_timeout: `'10ms'`,
    idle_in_transaction_session_timeout: `'1s'`,
    idle_session_timeout: `'3s'`,
    default_transaction_isolation: `'serializable'`,
    synchronous_commit: 'off',
    standard_conforming_strings: 'off',
  };
  for (const [setting, value] of Object.entries(given))
    await database.pool.query(`ALTER DATABASE ${name} SET ${setting} = ${value}`);
  const show = `SELECT name, setting FROM pg_settings WHERE name = ANY($1)`;
  const read = async (client: Pick<pg.Client, 'query'>) => {
    const { rows } = await client.query<{ name: string; setting: string }>(show, [Object.keys(given)]);
    return Object.fromEntries(rows.map((row) => [row.name, row.setting]));
  };
  const long = await openClient(database.connection, 'lapwing test', {
    statement_timeout: 0,
    idle_in_transaction_session_timeout: 0,
  });
  const ours = {
    default_transaction_isolation: 'read committed',
    standard_conforming_strings: 'on',
    synchronous_commit: 'on',
  };
  expect(await read(long)).toEqual({
    ...ours,
    statement_timeout: '0',
    lock_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    idle_session_timeout: '0',
  });
  await long.end();
  await using server = createDatabase({ connection: database.connection, log, use: 'lapwing test' });
  expect(await read(server.pool)).toEqual({
    ...ours,
    statement_timeout: '15000',
    lock_timeout: '0',
    idle_in_transaction_session_timeout: '60000',
    idle_session_timeout: '0',
  });
});

test('a connection that only reads, as after a failover its old primary gives, is not used again', async () => {
  await using database = await withDatabase();
  await using other = createDatabase({
    connection: database.connection,
    log,
    use: 'lapwing test',
    size: 1,
  });
  const { pool, prisma } = other;
  const readOnly = 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY';
  const write = 'INSERT INTO account (name) VALUES (gen_random_uuid()::text)';
  const writes: (() => Promise<unknown>)[] = [
    () => inTransaction(pool, (client) => client.query(write)),
    () => pool.query(write),
    () => prisma.$executeRawUnsafe(write),
    () => prisma.$transaction([prisma.$executeRawUnsafe(write), prisma.$executeRawUnsafe(write)]),
    () => prisma.$transaction((transaction) => transaction.$executeRawUnsafe(write)),
  ];
  for (const [index, attempt] of writes.entries()) {
    await (index < 2 ? pool.query(readOnly) : prisma.$executeRawUnsafe(readOnly));
    await expect(attempt(), `${index}`).rejects.toThrow(/read-only transaction/);
    await expect(attempt(), `${index}`).resolves.toBeDefined();
  }
});
