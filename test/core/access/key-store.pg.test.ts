import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ensureAccount,
  findKeys,
  insertKey,
  listKeys,
  MAX_KEYS,
  type NewKey,
  revokeKey,
} from '../../../src/core/access/key-store.ts';
import { readKeys } from '../../../src/core/access/read-keys.ts';
import { hashKey, isSameHash } from '../../../src/core/access/secret.ts';
import { DuplicateNameError, NotFoundError, QuotaExceededError } from '../../../src/errors.ts';
import { createLog } from '../../../src/log.ts';
import { createDatabase, type Database } from '../../../src/platform/postgres/client.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';

let database: TestDatabase;
/** The command line beside the server. */
let other: Database;

beforeAll(async () => {
  database = await withDatabase();
  other = createDatabase({ connection: database.connection, log: createLog('silent'), use: 'lapwing test' });
});
beforeEach(() => database.pool.query('DELETE FROM api_key'));
afterAll(async () => {
  await other.stop();
  await database[Symbol.asyncDispose]();
});

/** Makes keys from both sides at once. @returns why some were refused */
async function createAtOnce(names: readonly string[]): Promise<readonly unknown[]> {
  const results = await Promise.allSettled(
    names.map((name, index) => {
      const wanted: NewKey = { name, scopes: ['READ'], account: 'a', expiresAt: null };
      return insertKey((index % 2 === 0 ? database : other).prisma, wanted);
    }),
  );
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
}

it('of keys of one name that are made at once, one is made', async () => {
  const refusals = await createAtOnce(Array.from({ length: 10 }, () => 'same'));
  expect(refusals).toHaveLength(9);
  for (const refusal of refusals) expect(refusal).toBeInstanceOf(DuplicateNameError);
  expect(await database.prisma.apiKey.count()).toBe(1);
});

it('of keys that are made at once, no more are made than there is room for', async () => {
  await database.pool.query(
    `INSERT INTO api_key (id, name, hash, scopes)
     SELECT 'k' || i, 'k' || i, sha256(i::text::bytea), '{READ}' FROM generate_series(1, $1::int) AS i`,
    [MAX_KEYS - 2],
  );
  const refusals = await createAtOnce(Array.from({ length: 8 }, (_, index) => `new ${index}`));
  expect(refusals).toHaveLength(6);
  for (const refusal of refusals) expect(refusal).toBeInstanceOf(QuotaExceededError);
  expect(await database.prisma.apiKey.count()).toBe(MAX_KEYS);
});

const make = (name: string, more: Partial<NewKey> = {}) =>
  insertKey(database.prisma, { name, scopes: ['READ'], account: null, expiresAt: null, ...more });
const SOON = new Date(Date.now() + 60_000);
const LONG = 'n'.repeat(255);

describe('a new key', () => {
  it.each<[string, string, Partial<NewKey> & { readonly name: string }]>([
    ['without a name', 'name', { name: '' }],
    ['with a blank name', 'name', { name: ' \t ' }],
    ['with a name of two lines', 'name', { name: 'a\nb' }],
    ['with a name that is written backwards', 'name', { name: 'a\u202eb' }],
    ['with half of a character', 'name', { name: 'a\ud83d' }],
    ['with a name that is too long', 'name', { name: `${LONG}n` }],
    ['with a blank account', 'account', { name: 'k', account: '' }],
    ['with an account that is too long', 'account', { name: 'k', account: `${LONG}n` }],
    ['that may do nothing', 'scopes', { name: 'k', scopes: [] }],
    [
      'that may do everything in one account',
      'scopes',
      { name: 'k', scopes: ['READ', 'ADMIN'], account: 'a' },
    ],
    ['that has expired', 'expiresAt', { name: 'k', expiresAt: new Date(Date.now() - 1) }],
  ])('%s is refused by its field: %s', async (_what, field, { name, ...more }) => {
    const refused = make(name, more).catch((error: unknown) => error);
    expect(await refused).toMatchObject({ message: expect.stringMatching(`^${field}: `) as unknown });
    expect(await database.prisma.apiKey.count()).toBe(0);
  });

  it('is kept as a hash of itself, with each scope once, in its account', async () => {
    const { key, stored } = await make(LONG, {
      scopes: ['READ', 'INGEST', 'READ'],
      account: 'team',
      expiresAt: SOON,
    });
    expect(stored).toMatchObject({ name: LONG, scopes: ['READ', 'INGEST'], account: { name: 'team' } });
    expect(stored).not.toHaveProperty('hash');
    const { rows } = await database.pool.query<{ text: string }>('SELECT api_key::text AS text FROM api_key');
    expect(rows[0]?.text).not.toContain(key.slice(-64));
    const { known, everHadKey } = await readKeys(database.pool);
    const entry = known.get(stored.id);
    expect(everHadKey).toBe(true);
    expect(isSameHash(entry?.hash ?? Buffer.alloc(0), hashKey(key))).toBe(true);
    const accountId = (await ensureAccount(database.prisma, 'team')).id;
    expect(entry).toMatchObject({
      expiresMs: SOON.getTime(),
      caller: { keyId: stored.id, name: LONG, accountId },
    });
  });

  it('may have the name of one that is revoked or expired, and of no other', async () => {
    const { stored } = await make('k');
    await expect(make('k')).rejects.toThrow(DuplicateNameError);
    await expect(make('K')).resolves.toBeDefined();
    await revokeKey(database.prisma, stored.id);
    await expect(make('k')).resolves.toBeDefined();
    await database.pool.query(`UPDATE api_key SET expires_at = now() - interval '1 second'`);
    await expect(make('k')).resolves.toBeDefined();
  });
});

describe('the keys there are', () => {
  it('are listed from the newest on, those that may be used or all of them, and found by their ids', async () => {
    const made = [];
    for (const name of ['a', 'b', 'c', 'd']) made.push((await make(name)).stored);
    const [a, b, c, d] = made.map(({ id }) => id);
    for (const [index, id] of [a, b, c, d].entries())
      await database.pool.query(`UPDATE api_key SET created_at = to_timestamp($2) WHERE id = $1`, [
        id,
        index,
      ]);
    await revokeKey(database.prisma, b ?? '');
    await database.pool.query(`UPDATE api_key SET expires_at = now() - interval '1 second' WHERE id = $1`, [
      c,
    ]);
    const ids = async (withRevoked: boolean) =>
      (await listKeys(database.prisma, withRevoked)).map(({ id }) => id);
    expect(await ids(false)).toEqual([d, a]);
    expect(await ids(true)).toEqual([d, c, b, a]);
    const found = await findKeys(database.prisma, [b ?? '', d ?? '', 'unknown']);
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set([b, d]));
    for (const key of found) expect(key).not.toHaveProperty('hash');
    const { known } = await readKeys(database.pool);
    expect(new Set(known.keys())).toEqual(new Set([a, d]));
  });

  it('are revoked for good, the first time counts, and one that never was is not found', async () => {
    const { stored } = await make('k');
    const first = await revokeKey(database.prisma, stored.id);
    const again = await revokeKey(database.prisma, stored.id);
    expect(first.revokedAt).toBeInstanceOf(Date);
    expect(again.revokedAt).toEqual(first.revokedAt);
    await expect(revokeKey(database.prisma, 'unknown')).rejects.toThrow(NotFoundError);
  });

  it('were never there, or are not any more: only the first leaves a server open', async () => {
    expect(await readKeys(database.pool)).toEqual({ known: new Map(), everHadKey: false });
    await revokeKey(database.prisma, (await make('k')).stored.id);
    expect(await readKeys(database.pool)).toEqual({ known: new Map(), everHadKey: true });
  });

  it('name an account once, however many are made in it at once', async () => {
    const accounts = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        ensureAccount((index % 2 === 0 ? database : other).prisma, 'busy'),
      ),
    );
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(1);
  });
});
