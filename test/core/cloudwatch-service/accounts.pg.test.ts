import { expect, it } from 'vitest';
import { createAccounts } from '../../../src/core/cloudwatch-service/accounts.ts';
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
