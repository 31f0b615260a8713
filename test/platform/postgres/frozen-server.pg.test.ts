/** What PostgreSQL ends by itself of a server that is frozen: where its successor may not, as another database user. */
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClient } from '../../../src/platform/postgres/connection.ts';
import { createDatabase } from '../../../src/platform/postgres/client.ts';
import { endSessions } from '../../../src/platform/postgres/end-sessions.ts';
import { endSilentHolder, openLockSession, tryLock } from '../../../src/platform/postgres/lock-session.ts';
import { ServerTerm } from '../../../src/platform/postgres/server-term.ts';
import { createLog } from '../../../src/log.ts';
import { createUsers } from '../../helpers/create-users.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';

const log = createLog('silent');
const never = () => undefined;

let database: TestDatabase;
let [one, other]: readonly string[] = [];

beforeEach(async () => {
  database = await withDatabase();
  [one, other] = await createUsers(database.connection, 2);
});
afterEach(() => database[Symbol.asyncDispose]());

/** An error comes before it. */
const untilEnd = (client: pg.Client) => new Promise<void>((resolve) => client.once('end', resolve));
const connect = (connection: string | undefined) => connection ?? '';

async function begin(connection: string | undefined): Promise<ServerTerm> {
  const holder = await openClient(connect(connection), 'lapwing test');
  try {
    return await ServerTerm.begin(connect(connection), holder, never);
  } finally {
    await holder.end();
  }
}

describe('a server whose successor is another database user', () => {
  it('loses the lock when it is silent', async () => {
    const holder = await openLockSession(connect(one), { leaseSeconds: 0.1 });
    const ended = untilEnd(holder);
    expect(await tryLock(holder)).toBe(true);
    const waiting = await openLockSession(connect(other), {});
    expect(await endSilentHolder(waiting, 0)).toBe(false);
    await ended;
    await expect.poll(() => tryLock(waiting)).toBe(true);
    await waiting.end();
  });

  it('keeps it while it is not', async () => {
    const holder = await openLockSession(connect(one), { leaseSeconds: 0.1 });
    for (let beat = 0; beat < 3; beat++) await holder.query('SELECT pg_sleep(0.5)');
    const { rowCount } = await holder.query('SELECT 1');
    expect(rowCount).toBe(1);
    await holder.end();
  });

  it('begins no term once it has lost the lock', async () => {
    const before = await begin(one);
    const holder = await openLockSession(connect(other), { leaseSeconds: 0.1 });
    await untilEnd(holder);
    await expect(ServerTerm.begin(connect(other), holder, never)).rejects.toThrow();
    const { rows } = await database.pool.query<{ term: string }>('SELECT term FROM server_term');
    expect(rows).toEqual([{ term: before.number }]);
  });

  it('is waited for until the sessions of its pools are over', async () => {
    const before = await begin(one);
    const frozen = createDatabase({ connection: connect(one), log, use: before });
    const session = await frozen.pool.connect();
    await session.query('BEGIN');
    const { rows } = await session.query<{ limit: string }>(
      `SELECT current_setting('idle_session_timeout') || ' ' || current_setting('idle_in_transaction_session_timeout') AS limit`,
    );
    expect(rows).toEqual([{ limit: '10s 10s' }]);
    await session.query(`SET idle_in_transaction_session_timeout = '500ms'`);
    const ended = new Promise<string>((resolve) =>
      session.once('error', (error: Error) => resolve(error.message)),
    );
    const after = await begin(other);
    expect(await ended).toContain('idle-in-transaction timeout');
    expect(BigInt(after.number)).toBe(BigInt(before.number) + 1n);
    session.release(true);
    await expect(frozen.pool.query('SELECT 1')).rejects.toThrow('the database does not answer');
    await frozen.stop();
  });
});

it('a user that works as another role ends its own lost sessions', async () => {
  const lost = await openClient(connect(one), 'lapwing');
  const { rows } = await lost.query<{ pid: number; user: string }>(
    'SELECT pg_backend_pid() AS pid, current_user AS user',
  );
  const [{ pid, user } = { pid: 0, user: '' }] = rows;
  expect(connect(one)).not.toContain(`//${user}:`);
  const ended = untilEnd(lost);
  await endSessions(connect(one), [pid]);
  await ended;
});
