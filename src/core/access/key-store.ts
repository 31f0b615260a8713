/** The keys and accounts in the database. */
import { DuplicateNameError, InvalidInputError, NotFoundError, QuotaExceededError } from '../../errors.ts';
import type { Account, ApiKey, Prisma, PrismaClient } from '../../generated/prisma/client.ts';
import type { Scope } from '../../model.ts';
import { findNameFlaw } from '../../platform/bounded-input/name-flaw.ts';
import { lockPrismaUntilCommit } from '../../platform/postgres/transaction-lock.ts';
import { createSecret } from './secret.ts';

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Name of the account it is bound to; null for none. One that does not exist is made. */
  readonly account: string | null;
  readonly expiresAt: Date | null;
}

/** A key as it may be shown. */
export type StoredKey = Omit<ApiKey, 'hash'> & { readonly account: Account | null };

export interface CreatedKey {
  readonly stored: StoredKey;
  /** The key itself, for this once. */
  readonly key: string;
}

/** Keys that are neither revoked nor expired. */
export const MAX_KEYS = 1000;
const SHOWN = { omit: { hash: true }, include: { account: true } } as const;

/**
 * @throws InvalidInputError naming the field; DuplicateNameError when a usable key has the name; QuotaExceededError
 */
export async function insertKey(prisma: PrismaClient, wanted: NewKey): Promise<CreatedKey> {
  check(wanted);
  return prisma.$transaction(async (transaction) => {
    // The command line makes keys beside a server: of two that look at once, both would find the name and a place free.
    await lockPrismaUntilCommit(transaction, 'keys');
    await checkPlace(transaction, wanted.name);
    return insert(transaction, wanted);
  });
}

async function checkPlace(prisma: Prisma.TransactionClient, name: string): Promise<void> {
  const usable = isUsable();
  const count = await prisma.apiKey.count({ where: usable });
  if (count >= MAX_KEYS) {
    throw new QuotaExceededError(`there are ${count} keys already: revoke some first`, MAX_KEYS, count);
  }
  if ((await prisma.apiKey.count({ where: { ...usable, name } })) > 0) {
    throw new DuplicateNameError(`name: there is a key ${JSON.stringify(name)} already; choose another name`);
  }
}

async function insert(
  prisma: Prisma.TransactionClient,
  { name, account, expiresAt, scopes }: NewKey,
): Promise<CreatedKey> {
  const accountId = account === null ? null : (await ensureAccount(prisma, account)).id;
  const { id, key, hash } = createSecret();
  const stored = await prisma.apiKey.create({
    // Prisma wants an array over a plain ArrayBuffer, which a Buffer of the pool is not.
    data: { id, name, hash: Uint8Array.from(hash), scopes: [...new Set(scopes)], accountId, expiresAt },
    ...SHOWN,
  });
  return { stored, key };
}

/** It may be repeated: the first time counts. @throws NotFoundError */
export async function revokeKey(prisma: PrismaClient, id: string): Promise<StoredKey> {
  await prisma.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: new Date() } });
  const key = await prisma.apiKey.findUnique({ where: { id }, ...SHOWN });
  if (key === null) throw new NotFoundError(`no key has the id ${JSON.stringify(id.slice(0, 80))}`);
  return key;
}

/** The keys with these ids, revoked ones too, in no order. */
export function findKeys(prisma: PrismaClient, ids: readonly string[]): Promise<StoredKey[]> {
  return prisma.apiKey.findMany({ ...SHOWN, where: { id: { in: [...ids] } } });
}

/** Usable keys, or all there ever were, the newest first; MAX_KEYS at most. */
export function listKeys(prisma: PrismaClient, withRevoked: boolean): Promise<StoredKey[]> {
  return prisma.apiKey.findMany({
    ...SHOWN,
    where: withRevoked ? {} : isUsable(),
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
    take: MAX_KEYS,
  });
}

function isUsable() {
  return { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] };
}

/** The account of this name, made if there is none. */
export function ensureAccount(prisma: Pick<PrismaClient, 'account'>, name: string): Promise<Account> {
  // An update of nothing would be a SELECT and an INSERT: of several at once all but one would fail.
  return prisma.account.upsert({ where: { name }, create: { name }, update: { name } });
}

function check({ name, scopes, account, expiresAt }: NewKey): void {
  checkText(name, 'name');
  if (account !== null) checkText(account, 'account');
  if (scopes.length === 0) refuse('scopes', 'expected at least one, got none');
  if (account !== null && scopes.includes('ADMIN')) {
    refuse('scopes', 'ADMIN is over the whole server: a key of one account cannot have it');
  }
  if (expiresAt !== null && !(expiresAt.getTime() > Date.now())) {
    refuse('expiresAt', `expected a time to come, got ${expiresAt.toISOString()}`);
  }
}

function checkText(text: string, field: string): void {
  const flaw = findNameFlaw(text);
  if (flaw !== null) refuse(field, flaw);
}

function refuse(field: string, reason: string): never {
  throw new InvalidInputError(`${field}: ${reason}`, ['input', field]);
}
