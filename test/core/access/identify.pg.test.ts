/** Who a key makes its holder, by the clock of a test: whatever is wrong with a key teaches nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CONFIGURATION_CALLER, OPEN_CALLER, PANEL_KEY_ID } from '../../../src/core/access/caller.ts';
import { GUESSES_AT_ONCE } from '../../../src/core/access/guess-limit.ts';
import type { NewKey } from '../../../src/core/access/key-store.ts';
import { Keys } from '../../../src/core/access/keys.ts';
import { InvalidInputError } from '../../../src/errors.ts';
import { createLog } from '../../../src/log.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { createDeferred } from '../../helpers/deferred.ts';
import { until } from '../../helpers/until.ts';

const log = createLog('silent');
const DAY_MS = 86_400_000;

let database: TestDatabase;
let nowMs = 0;
beforeAll(async () => {
  database = await withDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  nowMs = Date.now();
  await database.pool.query('DELETE FROM api_key');
});

type Options = Partial<Pick<ConstructorParameters<typeof Keys>[0], 'setting' | 'login' | 'pool'>>;

async function startKeys(options: Options = {}) {
  const changes = { listen: () => () => undefined, isCurrent: () => true };
  const { pool, prisma } = database;
  const given = { setting: null, login: null, pool, prisma, ...options };
  const keys = new Keys({ ...given, changes, stats: createStats(), log, now: () => nowMs });
  await keys.start();
  return Object.assign(keys, { [Symbol.asyncDispose]: () => keys.stop() });
}

const wanted = (name: string, more: Partial<NewKey> = {}): NewKey => {
  return { name, scopes: ['READ'], account: null, expiresAt: null, ...more };
};
const ADMIN = wanted('admin', { scopes: ['ADMIN'] });

describe('a key', () => {
  it('is taken by itself alone, and only while it may be used', async () => {
    await using keys = await startKeys();
    const { key } = await keys.create(ADMIN);
    const { key: read, stored } = await keys.create(
      wanted('read', { account: 'team', expiresAt: new Date(nowMs + DAY_MS) }),
    );
    const identify = (text: string | null) => keys.identify(text, '192.0.2.1');
    const caller = {
      keyId: stored.id,
      user: null,
      name: 'read',
      scopes: ['READ'],
      accountId: stored.accountId,
    };
    expect(identify(read)).toEqual(caller);
    const last = read.at(-1) === '0' ? '1' : '0';
    for (const wrong of [
      read.slice(0, -1) + last,
      `${read}0`,
      ` ${read}`,
      read.toUpperCase(),
      '',
      'x'.repeat(600),
    ])
      expect(identify(wrong)).toBe('wrong_key');
    // The number of one and the secret of the other.
    expect(identify(read.slice(0, 21) + key.slice(21))).toBe('wrong_key');
    expect(identify(null)).toBe('missing_key');
    nowMs += DAY_MS;
    expect(identify(read)).toBe('wrong_key');
    expect(keys.isStill({ keyId: stored.id })).toBe(false);
    nowMs -= 1;
    expect(identify(read)).toEqual(caller);
    await keys.revoke(stored.id);
    expect(identify(read)).toBe('wrong_key');
  });

  it('of the settings may do everything, and is no other than itself', async () => {
    await using keys = await startKeys({ setting: 'a word' });
    expect(keys.identify('a word', 'a')).toMatchObject({ name: 'LAPWING_API_KEY', scopes: ['ADMIN'] });
    expect(keys.identify('a word ', 'a')).toBe('wrong_key');
    expect(keys.identify(null, 'a')).toBe('missing_key');
    expect([keys.hasAdmin(), keys.isOpen()]).toEqual([true, false]);
  });

  it('that was made here is let in from where others guess, a word of the settings is not', async () => {
    await using keys = await startKeys({ setting: 'a word' });
    const { key } = await keys.create(wanted('made'));
    for (let guess = 0; guess < GUESSES_AT_ONCE; guess++)
      expect(keys.identify('guess', 'a')).toBe('wrong_key');
    expect(keys.identify('guess', 'a')).toBe('too_many_guesses');
    // Right or wrong: nothing is learned.
    expect(keys.identify('a word', 'a')).toBe('too_many_guesses');
    expect(keys.identify('a word', 'b')).toMatchObject({ scopes: ['ADMIN'] });
    expect(keys.identify(key, 'a')).toMatchObject({ name: 'made' });
    // One of their form is not guessed, and not counted.
    expect(keys.identify(`${key.slice(0, -4)}0000`, 'a')).toBe('wrong_key');
  });

  it('has a mark by which a link knows the word of the settings again, and no other has one', async () => {
    await using one = await startKeys({ setting: 'a word' });
    await using same = await startKeys({ setting: 'a word' });
    await using other = await startKeys({ setting: 'another' });
    const [secret, otherSecret] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const mark = one.markOf('environment', secret);
    expect(mark).toMatch(/^[0-9a-f]{16}$/);
    expect(same.markOf('environment', secret)).toBe(mark);
    expect(other.markOf('environment', secret)).not.toBe(mark);
    expect(one.markOf('environment', otherSecret)).not.toBe(mark);
    expect([one.markOf('abc', secret), one.markOf(null, secret)]).toEqual([null, null]);
    await using none = await startKeys();
    expect(none.markOf('environment', secret)).toBeNull();
    expect(none.isStill({ keyId: 'environment' })).toBe(false);
  });
});

describe('a server', () => {
  it('is open until the first key, and never again, also when all are revoked', async () => {
    await using keys = await startKeys();
    expect(keys.identify(null, 'a')).toBe(OPEN_CALLER);
    expect(keys.identify('whatever', 'a')).toBe(OPEN_CALLER);
    expect(keys.isStill({ keyId: null })).toBe(true);
    const { stored } = await keys.create(ADMIN);
    expect(keys.isStill({ keyId: null })).toBe(false);
    await keys.revoke(stored.id);
    expect(keys.identify(null, 'a')).toBe('missing_key');
    await using after = await startKeys();
    expect([after.isOpen(), after.hasAdmin()]).toEqual([false, false]);
  });

  it('where people sign in is not open, and has an admin where some of them may be one', async () => {
    await using some = await startKeys({ login: { hasAdmin: true } });
    await using none = await startKeys({ login: { hasAdmin: false } });
    expect([some.isOpen(), none.isOpen()]).toEqual([false, false]);
    expect([some.hasAdmin(), none.hasAdmin()]).toEqual([true, false]);
  });

  it('wants an admin first: without one nobody could make another key', async () => {
    await using keys = await startKeys();
    await expect(keys.create(wanted('read'))).rejects.toThrow(InvalidInputError);
    await keys.create({ ...ADMIN, expiresAt: new Date(nowMs + DAY_MS) });
    await keys.create(wanted('read'));
    nowMs += DAY_MS;
    expect(keys.hasAdmin()).toBe(false);
    await expect(keys.create(wanted('other'))).rejects.toThrow('expected ADMIN');
  });

  it('gives a new key to who made it, also where it cannot read it back: it is shown once', async () => {
    await using keys = await startKeys();
    await keys.create(ADMIN);
    vi.spyOn(database.pool, 'query').mockImplementationOnce(() => {
      throw new Error('the connection broke');
    });
    const { key, stored } = await keys.create(wanted('read'));
    await until(() => expect(keys.identify(key, 'a')).toMatchObject({ keyId: stored.id }));
  });

  it('takes itself and its panels for callers that no key ends', async () => {
    await using keys = await startKeys({ setting: 'a word' });
    for (const keyId of [CONFIGURATION_CALLER.keyId, PANEL_KEY_ID]) {
      expect(keys.isStill({ keyId })).toBe(true);
      expect(keys.identify(keyId, 'a')).toBe('wrong_key');
    }
  });
});

describe('what a key has open', () => {
  it('ends when the key expires, once, and nothing of others ends, nor what was closed before', async () => {
    await using keys = await startKeys();
    await keys.create(ADMIN);
    const { stored: short } = await keys.create(wanted('short', { expiresAt: new Date(nowMs + DAY_MS) }));
    const { stored: long } = await keys.create(wanted('long'));
    const [lost, closed, kept, failing] = [
      vi.fn(),
      vi.fn(),
      vi.fn(),
      vi.fn(() => {
        throw new Error('cannot end');
      }),
    ];
    keys.watch({ keyId: short.id }, failing);
    keys.watch({ keyId: short.id }, lost);
    keys.watch({ keyId: short.id }, closed)();
    keys.watch({ keyId: long.id }, kept);
    nowMs += DAY_MS;
    await until(() => expect(lost).toHaveBeenCalled());
    nowMs += DAY_MS;
    await keys.create({ ...ADMIN, name: 'another' });
    const again = vi.fn();
    keys.watch({ keyId: short.id }, again);
    await until(() => expect(again).toHaveBeenCalled());
    expect([lost, closed, kept, failing].map((fn) => fn.mock.calls.length)).toEqual([1, 0, 0, 1]);
  });

  it('is looked at no more once the server stopped, whatever was under way', async () => {
    await using keys = await startKeys();
    const { key } = await keys.create(ADMIN);
    keys.identify(key, 'a');
    const [begun, goOn] = [createDeferred<null>(), createDeferred<null>()];
    const query = vi.spyOn(database.pool, 'query').mockImplementation(async () => {
      begun.resolve(null);
      await goOn.promise;
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      await begun.promise;
      await keys.stop();
      goOn.resolve(null);
      await new Promise((resolve) => setImmediate(resolve));
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
      query.mockRestore();
    }
  });
});
