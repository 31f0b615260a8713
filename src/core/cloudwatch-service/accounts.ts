/** Accounts and their access keys. */
import type { PrismaClient } from '../../generated/prisma/client.ts';
import { canOpen, type Seal } from '../../platform/outbound/sealed-secret.ts';

/** The account of the first key pair; the one that owns what Lapwing itself knows. */
export const FIRST_ACCOUNT = 'default';

interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly accountId: number;
}

export interface Accounts {
  /** Null for a key nobody has. A key that was found is remembered for a minute. */
  find(accessKeyId: string): Promise<AccessKey | null>;
  /** Adds the key, and the account if it is new; a key that exists gets this secret. */
  add(key: {
    readonly account: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  }): Promise<AccessKey>;
  /** The account of this name, made when absent: for callers that carry no key of ours. */
  ensureAccount(name: string): Promise<number>;
}

const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 1_000;

/** How many stored secret access keys were sealed with another key than this: requests signed with them are refused. */
export async function countUnreadableKeys(
  prisma: Pick<PrismaClient, 'cloudwatchKey'>,
  seal: Seal,
): Promise<number> {
  const keys = await prisma.cloudwatchKey.findMany({ select: { accessKeyId: true, sealedSecret: true } });
  return keys.filter(({ accessKeyId, sealedSecret }) => !canOpen(seal, sealedSecret, accessKeyId)).length;
}

/** Seals with the newest key what an older one still opens. */
export async function renewKeys(prisma: Pick<PrismaClient, 'cloudwatchKey'>, seal: Seal): Promise<void> {
  const keys = await prisma.cloudwatchKey.findMany({ select: { accessKeyId: true, sealedSecret: true } });
  for (const { accessKeyId, sealedSecret } of keys) {
    const renewed = seal.renew(sealedSecret, accessKeyId);
    if (renewed === null) continue;
    const data = { sealedSecret: renewed };
    await prisma.cloudwatchKey.updateMany({ where: { accessKeyId, sealedSecret }, data });
  }
}

export function createAccounts(options: {
  readonly prisma: PrismaClient;
  readonly seal: Seal;
  readonly now: () => Date;
}): Accounts {
  const { prisma, seal, now } = options;
  const known = new Map<string, { readonly key: AccessKey; readonly foundMs: number }>();

  const ensureAccount = async (name: string): Promise<number> => {
    // An update of nothing would be a SELECT and an INSERT: of several at once all but one would fail.
    const account = await prisma.cloudwatchAccount.upsert({
      where: { name },
      create: { name },
      update: { name },
    });
    return account.id;
  };

  return {
    ensureAccount,
    async find(accessKeyId) {
      const entry = known.get(accessKeyId);
      const ageMs = entry === undefined ? Infinity : now().getTime() - entry.foundMs;
      // Not longer either where the clock was put back.
      if (entry !== undefined && ageMs >= 0 && ageMs < REMEMBERED_MS) return entry.key;
      known.delete(accessKeyId);
      const row = await prisma.cloudwatchKey.findUnique({ where: { accessKeyId } });
      if (row === null) return null;
      const secretAccessKey = seal.open(row.sealedSecret, accessKeyId);
      const key = { accessKeyId, secretAccessKey, accountId: row.accountId };
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(accessKeyId, { key, foundMs: now().getTime() });
      return key;
    },
    async add({ account, accessKeyId, secretAccessKey }) {
      const accountId = await ensureAccount(account);
      // Prisma wants an array over a plain ArrayBuffer, which a Buffer of the pool is not.
      const sealedSecret = Uint8Array.from(seal.close(secretAccessKey, accessKeyId));
      await prisma.cloudwatchKey.upsert({
        where: { accessKeyId },
        create: { accessKeyId, accountId, sealedSecret },
        update: { accountId, sealedSecret },
      });
      known.delete(accessKeyId);
      return { accessKeyId, secretAccessKey, accountId };
    },
  };
}
