/**
 * The secret of a session, which is its cookie. The database has its SHA-256, and the tokens of the provider sealed with
 * a key that is made of the secret: a reader of the database, or of a backup of it, can neither be the user nor use the
 * tokens.
 */
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { createSeal, type Seal } from '../../../platform/outbound/sealed-secret.ts';

/** 256 bits. */
const SECRET_BYTES = 32;
const FORM = /^[\w-]{43}$/;
/** Says what the key is for: another use of the secret gives another key. */
const SEAL_PURPOSE = 'lapwing session tokens';
const SEAL_OWNER = 'session';

/** What the provider gave for a session. */
export interface Tokens {
  /** Null where the provider gives none. */
  readonly refreshToken: string | null;
  readonly accessToken: string;
  /** Names the session to the provider when the user signs out. */
  readonly idToken: string;
}

export function createSessionSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** Whether a text could be a secret: others are not looked up. */
export function isSessionSecret(text: string): boolean {
  return FORM.test(text);
}

/** No slow hash: see hashKey. */
export function hashSessionSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export class TokenSeal {
  readonly #seal: Seal;

  constructor(secret: string) {
    this.#seal = createSeal(new Uint8Array(hkdfSync('sha256', secret, '', SEAL_PURPOSE, 32)));
  }

  close(tokens: Tokens): Buffer {
    return this.#seal.close(JSON.stringify(tokens), SEAL_OWNER);
  }

  /** @throws SealError when the tokens are those of another session */
  open(sealed: Uint8Array): Tokens {
    // Sealed by close, or it does not open.
    return JSON.parse(this.#seal.open(sealed, SEAL_OWNER)) as Tokens;
  }
}
