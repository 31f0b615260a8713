/** What the provider said of users: kept over a restart, and tried again while the database does not take it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../../../src/core/access/login/roles.ts';
import { Users } from '../../../../src/core/access/login/user-store.ts';
import { createLog } from '../../../../src/log.ts';
import { type TestDatabase, withDatabase } from '../../../helpers/database.ts';

const OPS: Role = { value: 'ops', scopes: ['WRITE'], accountId: null };
const DEV: Role = { value: 'dev', scopes: ['READ'], accountId: 1 };

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

async function start(roles: readonly Role[] = [OPS, DEV], issuer = 'https://id.example'): Promise<Users> {
  const users = new Users({ pool: database.pool, issuer, roles, log: createLog('silent') });
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
