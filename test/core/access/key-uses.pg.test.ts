import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeyUses } from '../../../src/core/access/key-uses.ts';
import { createLog } from '../../../src/log.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';

const log = createLog('silent');
let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => database.pool.query('DELETE FROM api_key'));

describe('when a key was last used', () => {
  const readUses = async () => {
    const { rows } = await database.pool.query<{ id: string; at: Date | null }>(
      'SELECT id, last_used_at AS at FROM api_key ORDER BY id',
    );
    return rows.map(({ id, at }) => [id, at?.getTime() ?? null]);
  };
  const insert = () =>
    database.pool.query(
      `INSERT INTO api_key (id, name, hash, scopes) SELECT k, k, sha256(k::bytea), '{READ}' FROM unnest('{a,b,c}'::text[]) AS k`,
    );

  it('is written at most once a minute, the last time of each, and of none that is gone', async () => {
    await insert();
    const uses = createKeyUses(database.pool, log);
    uses.note('a', 1_000);
    uses.note('a', 2_000);
    uses.note('gone', 1_000);
    await uses.write(60_000);
    expect(await readUses()).toEqual([
      ['a', 2_000],
      ['b', null],
      ['c', null],
    ]);
    uses.note('a', 70_000);
    uses.note('b', 71_000);
    await uses.write(119_999);
    expect(await readUses()).toEqual([
      ['a', 2_000],
      ['b', null],
      ['c', null],
    ]);
    await uses.write(120_000);
    expect(await readUses()).toEqual([
      ['a', 70_000],
      ['b', 71_000],
      ['c', null],
    ]);
  });

  it('costs nobody anything where it cannot be written', async () => {
    await insert();
    const uses = createKeyUses(database.pool, log);
    uses.note('a', 1_000);
    await database.pool.query('ALTER TABLE api_key RENAME TO away');
    await expect(uses.write(60_000)).resolves.toBeUndefined();
    await database.pool.query('ALTER TABLE away RENAME TO api_key');
    uses.note('b', 61_000);
    await uses.write(120_000);
    expect(await readUses()).toEqual([
      ['a', null],
      ['b', 61_000],
      ['c', null],
    ]);
  });
});
