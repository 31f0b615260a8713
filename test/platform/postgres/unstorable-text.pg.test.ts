import { expect, it } from 'vitest';
import { isUnstorableText } from '../../../src/platform/postgres/unstorable-text.ts';
import { withDatabase } from '../../helpers/database.ts';

it('text that PostgreSQL cannot keep is known, in a column and within JSON; other bad input is a mistake of ours', async () => {
  await using database = await withDatabase();
  const failWith = (sql: string, value: string) =>
    database.pool.query(sql, [value]).then(
      () => null,
      (error: unknown) => isUnstorableText(error),
    );
  expect(await failWith('SELECT $1::text', 'a\u0000b')).toBe(true);
  for (const text of ['\ud800', '\udc00', '\ud800\ud800', 'a\u0000']) {
    expect(await failWith('SELECT $1::jsonb', JSON.stringify([{ key: text }]))).toBe(true);
  }
  expect(await failWith('SELECT $1::jsonb', '{"half": ')).toBe(false);
  expect(await failWith('SELECT $1::int', 'one')).toBe(false);
});

it('text that PostgreSQL cannot keep is known where Prisma sent it', async () => {
  await using database = await withDatabase();
  const create = (key: string, name = 'a') =>
    database.prisma.notificationRule
      .create({ data: { name, scope: { tags: [{ key, values: [] }] } }, select: { id: true } })
      .then(
        () => null,
        (error: unknown) => isUnstorableText(error),
      );
  for (const text of ['\ud800', '\udc00', '\ud800\ud800', 'a\u0000']) expect(await create(text)).toBe(true);
  expect(await create('\ud83d\ude00 \\ud800')).toBeNull();
  // The name is taken.
  expect(await create('b')).toBe(false);
});
