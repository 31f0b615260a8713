import { expect, it } from 'vitest';
import {
  countUnreadableKeys,
  createAccounts,
  renewKeys,
} from '../../../src/core/cloudwatch-service/accounts.ts';
import { createSeal } from '../../../src/platform/outbound/sealed-secret.ts';
import { withDatabase } from '../../helpers/database.ts';

it('makes an account once, however many ask for it first at the same time', async () => {
  await using database = await withDatabase();
  const seal = createSeal(new Uint8Array(32));
  const accounts = createAccounts({ prisma: database.prisma, seal, now: () => new Date() });
  const ids = await Promise.all(Array.from({ length: 20 }, () => accounts.ensureAccount('shop')));
  expect(new Set(ids).size).toBe(1);
  expect(await database.prisma.cloudwatchAccount.count()).toBe(1);
});

it('remembers a key for a minute, and no longer where the clock is put back', async () => {
  await using database = await withDatabase();
  const { prisma } = database;
  let nowMs = Date.parse('2026-11-20T12:00:00Z');
  const seal = createSeal(new Uint8Array(32));
  const accounts = createAccounts({ prisma, seal, now: () => new Date(nowMs) });
  const key = { accessKeyId: 'AKIDSHOP', secretAccessKey: 'secret' };
  const added = await accounts.add({ account: 'shop', ...key });
  expect(await accounts.find('AKIDSHOP')).toEqual(added);
  expect(await accounts.find('AKIDNONE')).toBeNull();
  await prisma.cloudwatchKey.deleteMany();
  nowMs += 59_999;
  expect(await accounts.find('AKIDSHOP')).toEqual(added);
  nowMs += 1;
  expect(await accounts.find('AKIDSHOP')).toBeNull();
  await accounts.add({ account: 'shop', ...key, secretAccessKey: 'other' });
  expect(await accounts.find('AKIDSHOP')).toMatchObject({
    secretAccessKey: 'other',
    accountId: added.accountId,
  });
  await prisma.cloudwatchKey.deleteMany();
  nowMs -= 3_600_000;
  expect(await accounts.find('AKIDSHOP')).toBeNull();
});

it('counts the secrets another key sealed, and renews what an older one opens', async () => {
  await using database = await withDatabase();
  const { prisma } = database;
  const [older, newer] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const options = { prisma, now: () => new Date() };
  const key = { account: 'shop', accessKeyId: 'AKIDSHOP', secretAccessKey: 'secret' };
  await createAccounts({ ...options, seal: createSeal(older) }).add(key);
  expect(await countUnreadableKeys(prisma, createSeal(older))).toBe(0);
  expect(await countUnreadableKeys(prisma, createSeal(newer))).toBe(1);
  const both = createSeal(newer, [older]);
  await renewKeys(prisma, both);
  expect(await countUnreadableKeys(prisma, createSeal(newer))).toBe(0);
  const accounts = createAccounts({ ...options, seal: createSeal(newer) });
  expect(await accounts.find('AKIDSHOP')).toMatchObject({ secretAccessKey: 'secret' });
});
