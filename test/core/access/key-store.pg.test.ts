import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { insertKey, MAX_KEYS, type NewKey } from '../../../src/core/access/key-store.ts';
import { DuplicateNameError, QuotaExceededError } from '../../../src/errors.ts';
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
