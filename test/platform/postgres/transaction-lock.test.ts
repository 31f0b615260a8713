import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { LOCK_CLASS, LOCKS } from '../../../src/platform/postgres/transaction-lock.ts';

const MIGRATIONS = new URL('../../../prisma/migrations/', import.meta.url);

it('no lock has the number of another one, those that functions of the database take included', async () => {
  const files = (await readdir(MIGRATIONS, { recursive: true })).filter((name) => name.endsWith('.sql'));
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, MIGRATIONS), 'utf8')));
  const taken = texts.flatMap((text) => [...text.matchAll(/pg_advisory_xact_lock\((\d+), (\d+)\)/g)]);
  expect(taken.length).toBeGreaterThan(0);
  expect(new Set(taken.map(([, group]) => Number(group)))).toEqual(new Set([LOCK_CLASS]));
  const numbers = [...Object.values(LOCKS), ...new Set(taken.map(([, , number]) => Number(number)))];
  expect(numbers).toHaveLength(new Set(numbers).size);
});
