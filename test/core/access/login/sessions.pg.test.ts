/** Sessions between a provider and a database, either of which may be away. With whole servers: test/api/http/auth. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Confirmation } from '../../../../src/core/access/login/identity-provider.ts';
import type { Role } from '../../../../src/core/access/login/roles.ts';
import { Sessions, type SessionsOptions } from '../../../../src/core/access/login/sessions.ts';
import { Users } from '../../../../src/core/access/login/user-store.ts';
import { createLog } from '../../../../src/log.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { type TestDatabase, withDatabase } from '../../../helpers/database.ts';
import { json, type ScriptedProvider, startScriptedProvider } from '../../../helpers/scripted-provider.ts';

const OPS: Role = { value: 'ops', scopes: ['ADMIN'], accountId: null };
const DEV: Role = { value: 'dev', scopes: ['READ'], accountId: 1 };
const REFRESH_SECONDS = 60;
const log = createLog('silent');

let database: TestDatabase;
let provider: ScriptedProvider;
/** The one refresh token that is valid: each is valid once. */
let valid = '';
const stats = createStats();

beforeAll(async () => {
  database = await withDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  await database.pool.query('DELETE FROM login_session; DELETE FROM login_user');
  provider = await startScriptedProvider();
  valid = 'refresh 0';
  let given = 0;
  provider.answers['/token'] = (form) => {
    if (form.get('refresh_token') !== valid) return json(400, { error: 'invalid_grant' });
    valid = `refresh ${(given += 1)}`;
    return json(200, { access_token: 'a', token_type: 'Bearer', refresh_token: valid });
  };
  provider.answers['/userinfo'] = json(200, { sub: 'alice', name: 'Alice', groups: ['ops'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await provider[Symbol.asyncDispose]();
});

/** What somebody is let in with who just signed in. */
function confirmed(more: Partial<Confirmation> = {}): Confirmation {
  const idToken = `x.${Buffer.from('{"sub":"alice"}').toString('base64url')}.x`;
  const tokens = { refreshToken: 'refresh 0', accessToken: 'a', idToken };
  return { subject: 'alice', userName: 'Alice', values: ['ops'], tokens, lifeSeconds: null, ...more };
}

/** A server; it is stopped like one that was killed: nothing is written then. */
async function start(roles: readonly Role[] = [OPS, DEV], more: Partial<SessionsOptions> = {}) {
  const opened = await provider.open();
  const { pool } = database;
  const users = new Users({ pool, issuer: opened.issuer, roles, log });
  const sessions = new Sessions({
    ...{ pool, provider: opened, users, roles, roleClaim: 'groups', stats, log },
    ...{ refreshSeconds: REFRESH_SECONDS, sessionHours: 1 },
    ...more,
  });
  await sessions.start();
  return Object.assign(sessions, { [Symbol.asyncDispose]: () => sessions.stop() });
}

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
const countTokenRequests = () => provider.requests.filter(({ path }) => path === '/token').length;

async function countStored(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM login_session',
  );
  return rows[0]?.count ?? 0;
}

/** While it lasts, no session can be written. */
async function withoutTable(step: () => Promise<unknown>): Promise<void> {
  await database.pool.query('ALTER TABLE login_session RENAME TO away');
  try {
    await step();
  } finally {
    await database.pool.query('ALTER TABLE away RENAME TO login_session');
  }
}

describe('a session', () => {
  it('is let in without a question until it is due, and then after one, however many ask at once', async () => {
    await using sessions = await start();
    const secret = await sessions.create(confirmed());
    expect(sessions.find(secret)).toMatchObject({ name: 'Alice', scopes: ['ADMIN'] });
    pass(REFRESH_SECONDS - 1);
    expect(sessions.find(secret)).not.toBeInstanceOf(Promise);
    expect(countTokenRequests()).toBe(0);
    pass(1);
    const found = await Promise.all(Array.from({ length: 10 }, () => Promise.resolve(sessions.find(secret))));
    for (const caller of found) expect(caller).toMatchObject({ scopes: ['ADMIN'] });
    expect(countTokenRequests()).toBe(1);
    expect(sessions.find(secret)).not.toBeInstanceOf(Promise);
  });

  it('outlives a userinfo endpoint that fails after the refresh token was used, and a restart then', async () => {
    const ok = provider.answers['/userinfo'] ?? null;
    const secret = await (async () => {
      await using sessions = await start();
      const made = await sessions.create(confirmed());
      provider.answers['/userinfo'] = json(500, {});
      const failed = stats.read('session_checks_failed');
      pass(REFRESH_SECONDS);
      expect(await sessions.find(made)).toMatchObject({ name: 'Alice' });
      expect(stats.read('session_checks_failed')).toBe(failed + 1);
      pass(REFRESH_SECONDS);
      expect(await sessions.find(made)).toMatchObject({ name: 'Alice' });
      return made;
    })();
    expect(valid).toBe('refresh 2');
    provider.answers['/userinfo'] = ok;
    await using after = await start();
    pass(REFRESH_SECONDS);
    expect(await after.find(secret)).toMatchObject({ scopes: ['ADMIN'] });
  });

  it('outlives a database that is away while its refresh token is used', async () => {
    await using sessions = await start();
    const secret = await sessions.create(confirmed());
    pass(REFRESH_SECONDS);
    // The tokens are read before, and cannot be written.
    const query = database.pool.query.bind(database.pool);
    const spy = vi.spyOn(database.pool, 'query').mockImplementation((...asked: unknown[]) => {
      if (String(asked[0]).startsWith('UPDATE login_session')) throw new Error('the database is away');
      return (query as (...given: unknown[]) => unknown)(...asked);
    });
    expect(await sessions.find(secret)).toMatchObject({ name: 'Alice' });
    spy.mockRestore();
    pass(REFRESH_SECONDS);
    expect(await sessions.find(secret)).toMatchObject({ name: 'Alice' });
    expect(valid).toBe('refresh 2');
    await using after = await start();
    pass(REFRESH_SECONDS);
    expect(await after.find(secret)).toMatchObject({ name: 'Alice' });
  });

  it.each<[string, () => unknown]>([
    ['refuses its refresh token', () => (valid = 'another')],
    ['gives it no role', () => (provider.answers['/userinfo'] = json(200, { sub: 'alice', groups: [] }))],
    ['refuses its access token', () => (provider.answers['/userinfo'] = { status: 401 })],
  ])('ends for good when the provider %s', async (_what, change) => {
    await using sessions = await start();
    const secret = await sessions.create(confirmed());
    change();
    const lost = vi.fn();
    const caller = await sessions.find(secret);
    if (caller?.user == null) throw new Error('it is open');
    sessions.watch(caller.user, lost);
    pass(REFRESH_SECONDS);
    expect(await sessions.find(secret)).toBeNull();
    expect(lost).toHaveBeenCalledOnce();
    expect([sessions.isStill(caller.user), await countStored()]).toEqual([false, 0]);
  });

  it('ends with its hours, or with the access token where it cannot be asked again', async () => {
    // Refresh tokens that are valid again and again: two sessions have the same.
    provider.answers['/token'] = json(200, { access_token: 'a', token_type: 'Bearer' });
    await using sessions = await start();
    const long = await sessions.create(confirmed({ lifeSeconds: 7200 }));
    const short = await sessions.create(confirmed({ lifeSeconds: 1800 }));
    pass(1799);
    expect(await sessions.find(short)).not.toBeNull();
    pass(1);
    expect(sessions.find(short)).toBeNull();
    pass(1799);
    expect(await sessions.find(long)).not.toBeNull();
    pass(1);
    expect(sessions.find(long)).toBeNull();
  });

  it('is not begun by a user without a role, whose role of before ends', async () => {
    await using sessions = await start();
    await sessions.create(confirmed());
    await expect(sessions.create(confirmed({ values: ['none'] }))).rejects.toMatchObject({
      reason: 'no_role',
    });
    const { rows } = await database.pool.query('SELECT FROM login_user');
    expect(rows).toHaveLength(0);
  });

  it('that signs out is gone, and names itself to the provider; it goes on while that cannot be written', async () => {
    await using sessions = await start();
    const secret = await sessions.create(confirmed());
    await withoutTable(() => expect(sessions.end(secret)).rejects.toThrow());
    expect(sessions.find(secret)).toMatchObject({ name: 'Alice' });
    expect(await sessions.end(secret)).toBe(confirmed().tokens.idToken);
    expect([sessions.find(secret), await sessions.end(secret), await countStored()]).toEqual([null, null, 0]);
  });
});

describe('a restart', () => {
  it('brings back the sessions whose roles there are, with the rights of now', async () => {
    const secrets = await (async () => {
      await using sessions = await start();
      const made = [];
      for (const values of [['ops'], ['dev']]) made.push(await sessions.create(confirmed({ values })));
      return made;
    })();
    await using after = await start([{ ...DEV, scopes: ['WRITE'] }]);
    expect(after.find(secrets[0] ?? '')).toBeNull();
    expect(after.find(secrets[1] ?? '')).toMatchObject({ scopes: ['WRITE'], accountId: 1 });
  });
});
