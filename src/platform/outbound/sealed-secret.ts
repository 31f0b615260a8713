/** Secrets at rest: AES-256-GCM under a key that is not in the database. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperatorError } from '../../errors.ts';
import { makeFolder } from '../runtime/make-folder.ts';

export interface Seal {
  /** @param owner what the secret belongs to; the sealed bytes open for no other */
  close(secret: string, owner: string): Buffer;
  /** @throws SealError when the bytes were sealed with another key or for another owner */
  open(sealed: Uint8Array, owner: string): string;
  /** @returns the secret sealed with the newest key; null where it is already, or does not open */
  renew(sealed: Uint8Array, owner: string): Buffer<ArrayBuffer> | null;
}

/** A stored secret cannot be read, or the key file cannot be used. */
class SealError extends OperatorError {
  override readonly name = 'SealError';
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * @param key 32 bytes
 * @param older keys that secrets may still be sealed with: they open, and close nothing any more
 */
export function createSeal(key: Uint8Array, older: readonly Uint8Array[] = []): Seal {
  const keys = [key, ...older];
  if (keys.some(({ length }) => length !== KEY_BYTES)) {
    throw new SealError(`the sealing key must have ${KEY_BYTES} bytes`);
  }
  const close = (secret: string, owner: string) => {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner));
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]);
  };
  return {
    close,
    open(sealed, owner) {
      const found = findOpen(keys, sealed, owner);
      if (found !== null) return found.secret;
      throw new SealError('a stored secret does not open: was the sealing key replaced?');
    },
    renew(sealed, owner) {
      const found = findOpen(keys, sealed, owner);
      return found === null || found.key === key ? null : close(found.secret, owner);
    },
  };
}

/** @returns the secret, and which of the keys opens it; null where none does */
function findOpen(keys: readonly Uint8Array[], sealed: Uint8Array, owner: string) {
  for (const key of keys) {
    try {
      return { key, secret: decrypt(Buffer.from(sealed), key, owner) };
    } catch {
      // Sealed with another of them, or with none.
    }
  }
  return null;
}

/** @throws what node:crypto throws when the bytes were sealed with another key or for another owner */
function decrypt(bytes: Buffer, key: Uint8Array, owner: string): string {
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString('utf8');
}

/**
 * A key of its own for one purpose: who learns it learns neither the sealing key nor the key of another purpose.
 * @param purpose never the same for two things
 */
export function deriveKey(sealingKey: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', sealingKey, '', purpose, KEY_BYTES));
}

/** Whether the sealed bytes open: without the secret. */
export function canOpen(seal: Seal, sealed: Uint8Array, owner: string): boolean {
  try {
    seal.open(sealed, owner);
    return true;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
}

/**
 * The key in a file of its own, readable by its owner only; made at the first start.
 * @throws SealError when the file holds something else
 */
export async function readSealingKey(path: string): Promise<Uint8Array> {
  await makeFolder(dirname(path));
  return (await findSealingKey(path)) ?? (await makeKeyFile(path));
}

/** A whole file or none, whenever the machine stops: an empty one would be taken for a key that was lost. */
async function makeKeyFile(path: string): Promise<Uint8Array> {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(randomBytes(KEY_BYTES));
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    // Unlike a rename it replaces nothing: of two that start at once, one is first.
    await link(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  await syncFolder(dirname(path));
  return readKeyFile(path);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * The key in the file, which is not made: for those who only look.
 * @returns null when there is no such file
 * @throws SealError when the file holds something else
 */
export async function findSealingKey(path: string): Promise<Uint8Array | null> {
  try {
    return await readKeyFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function readKeyFile(path: string): Promise<Uint8Array> {
  const key = await readFile(path);
  if (key.length === KEY_BYTES) return key;
  throw new SealError(
    `${path} is not a sealing key: it has ${key.length} bytes, expected ${KEY_BYTES}. Restore it from a backup; ` +
      'if there is none, remove it: a new key is made at the next start, and secrets must be entered again',
  );
}
