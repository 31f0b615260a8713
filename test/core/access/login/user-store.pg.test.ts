/** What the provider said of users: kept over a restart, and tried again while the database does not take it. */
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Role } from '../../../../src/core/access/login/roles.ts';
import { Users } from '../../../../src/core/access/login/user-store.ts';
import { createLog } from '../../../../src/log.ts';
import { createDeferred } from '../../../helpers/deferred.ts';
import { type TestDatabase, withDatabase } from '../../../helpers/database.ts';

const OPS: Role = { value: 'ops', scopes: ['WRITE'], accountId: null };
const DEV: Role = { value: 'dev', scopes: ['READ'], accountId: 1 };

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

async function start(
  roles: readonly Role[] = [OPS, DEV],
  issuer = 'https://id.example',
  pool: pg.Pool = database.pool,
): Promise<Users> {
  const users = new Users({ pool, issuer, roles, log: createLog('silent') });
  await users.start();
  return users;
}

describe('users', () => {
  it('have the role that was last confirmed, by the same provider, after a restart too', async () => {
    const users = await start();
    expect(users.roleOf('ann')).toBeNull();
    await users.confirm('ann', OPS);
    await users.confirm('ann', DEV);
    expect(users.roleOf('ann')).toEqual(DEV);
    expect((await start()).roleOf('ann')).toEqual(DEV);
    expect((await start([OPS])).roleOf('ann')).toBeNull();
    expect((await start([OPS, DEV], 'https://other.example')).roleOf('ann')).toBeNull();
  });

  it('have the rights that the settings give their role now', async () => {
    await (await start()).confirm('bob', DEV);
    const other: Role = { ...DEV, scopes: ['WRITE'] };
    expect((await start([other])).roleOf('bob')).toEqual(other);
  });

  it('that lost their role have none at once, and the database hears of it when it can', async () => {
    const users = await start();
    await users.confirm('cy', OPS);
    await database.pool.query('ALTER TABLE login_user RENAME TO away');
    await users.confirm('cy', null);
    expect(users.roleOf('cy')).toBeNull();
    await database.pool.query('ALTER TABLE away RENAME TO login_user');
    expect((await start()).roleOf('cy')).toEqual(OPS);
    await users.save();
    expect((await start()).roleOf('cy')).toBeNull();
  });

  it('who sign in twice at once have the later role in the database, too', async () => {
    const [goOn, asked] = [createDeferred<null>(), [] as unknown[]];
    // The first statement is a slow one.
    const slow = new Proxy(database.pool, {
      get: (pool, name, receiver): unknown => {
        if (name !== 'query') return Reflect.get(pool, name, receiver);
        return async (text: string, values: unknown[]) => {
          if (text.startsWith('INSERT') && asked.push(values) === 1) await goOn.promise;
          return pool.query(text, values);
        };
      },
    });
    const users = await start(undefined, undefined, slow);
    const both = [users.confirm('eve', OPS), users.confirm('eve', DEV)];
    await (await start()).confirm('bystander', DEV);
    goOn.resolve(null);
    await Promise.all(both);
    expect(users.roleOf('eve')).toEqual(DEV);
    expect((await start()).roleOf('eve')).toEqual(DEV);
  });

  it('who stay what they were are written once an hour, so that a start knows when they were confirmed', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const began = Date.now();
      const users = await start();
      const readConfirmed = async () => {
        const { rows } = await database.pool.query<{ at: Date }>(
          `SELECT confirmed_at AS at FROM login_user WHERE subject = 'fay'`,
        );
        return ((rows[0]?.at.getTime() ?? NaN) - began) / 60_000;
      };
      await users.confirm('fay', OPS);
      vi.setSystemTime(began + 59 * 60_000);
      await users.confirm('fay', OPS);
      expect(await readConfirmed()).toBe(0);
      vi.setSystemTime(began + 61 * 60_000);
      await users.confirm('fay', OPS);
      expect(await readConfirmed()).toBe(61);
      vi.setSystemTime(began + 62 * 60_000);
      await users.confirm('fay', DEV);
      expect(await readConfirmed()).toBe(62);
      vi.setSystemTime(began + 62 * 60_000 + 30 * 86_400_000 - 1);
      expect(users.roleOf('fay')).toEqual(DEV);
      vi.setSystemTime(began + 62 * 60_000 + 30 * 86_400_000);
      expect(users.roleOf('fay')).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  it('that were not confirmed for 30 days are known no more', async () => {
    await (await start()).confirm('dot', OPS);
    await database.pool.query(
      `UPDATE login_user SET confirmed_at = now() - interval '30 days' WHERE subject = 'dot'`,
    );
    const users = await start();
    expect(users.roleOf('dot')).toBeNull();
    await users.purge();
    const { rows } = await database.pool.query(`SELECT FROM login_user WHERE subject = 'dot'`);
    expect(rows).toHaveLength(0);
    await users.confirm('dot', OPS);
    expect((await start()).roleOf('dot')).toEqual(OPS);
  });
});
