/**
 * The text of an API key: `lapwing_`, a number that may be shown, the secret. It is one word, which a double click
 * marks and scanners for leaked secrets find: /lapwing_[0-9a-f]{12}_[0-9a-f]{64}/.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface NewSecret {
  /** The part that may be shown. */
  readonly id: string;
  /** The whole key. It is shown once and kept nowhere. */
  readonly key: string;
  readonly hash: Buffer;
}

const ID_BYTES = 6;
/** 256 bits. */
const SECRET_BYTES = 32;
const FORM = /^lapwing_([0-9a-f]{12})_[0-9a-f]{64}$/;
/** A longer text is no key of anybody's: hashing it would only cost time. */
export const MAX_KEY_LENGTH = 512;

export function createSecret(): NewSecret {
  const id = randomBytes(ID_BYTES).toString('hex');
  const key = `lapwing_${id}_${randomBytes(SECRET_BYTES).toString('hex')}`;
  return { id, key, hash: hashKey(key) };
}

/**
 * SHA-256. Slow hashes protect what can be guessed: to try the 2^256 secrets of a key takes as good as for ever,
 * however fast each try is, and a slow hash would be paid at every request.
 */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** The part that may be shown; null for a text that is no key of ours. */
export function readKeyId(key: string): string | null {
  return FORM.exec(key)?.[1] ?? null;
}

/** In a time that says nothing of where they differ. */
export function isSameHash(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
