/**
 * The last part of a panel's address: which link it is, and a MAC of that. What is in the database makes no token, and a
 * forged one is refused without asking the database.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface PanelTokens {
  /** @param id uuid of the link */
  readonly sign: (id: string) => string;
  /** @returns the uuid; null for what was not made by `sign` with this key */
  readonly open: (token: string) => string | null;
}

const ID_LENGTH = 22;
const FORM = /^[\w-]{22}\.[\w-]{43}$/;

/** @param key 32 bytes */
export function createPanelTokens(key: Uint8Array): PanelTokens {
  const sign = (id: string) => {
    const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
    const mac = createHmac('sha256', key).update(bytes).digest('base64url');
    return `${bytes.toString('base64url')}.${mac}`;
  };
  return {
    sign,
    open: (token) => {
      if (!FORM.test(token)) return null;
      const id = writeUuid(Buffer.from(token.slice(0, ID_LENGTH), 'base64url').toString('hex'));
      // As texts: of the last letter of base64url not every bit counts, and one link has one address.
      return timingSafeEqual(Buffer.from(token), Buffer.from(sign(id))) ? id : null;
    },
  };
}

function writeUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
