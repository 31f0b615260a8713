/** The keys that may be used, as requests are checked against them. */
import type pg from 'pg';
import type { Scope } from '../../model.ts';
import type { Caller } from './caller.ts';

export interface KnownKey {
  readonly caller: Caller;
  readonly hash: Uint8Array;
  readonly expiresMs: number;
}

interface KeyRow {
  readonly id: string | null;
  readonly name: string;
  readonly hash: Buffer;
  readonly scopes: readonly Scope[];
  readonly account_id: number | null;
  readonly expires_ms: number | null;
}

/**
 * Revoked keys are left out, but count: a server whose last key was revoked does not become open. In one statement: of
 * two, the second could see a key the first did not, and nobody would be let in until the next reading.
 */
export async function readKeys(
  pool: pg.Pool,
): Promise<{ known: Map<string, KnownKey>; everHadKey: boolean }> {
  const { rows } = await pool.query<KeyRow & { readonly ever_had_key: boolean }>(
    `SELECT ever.had_key AS ever_had_key, id, name, hash, scopes::text[] AS scopes, account_id,
       (extract(epoch FROM expires_at) * 1000)::float8 AS expires_ms
     FROM (SELECT EXISTS (SELECT FROM api_key) AS had_key) AS ever
     LEFT JOIN api_key ON revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
  );
  const known = new Map<string, KnownKey>();
  for (const { id, name, hash, scopes, account_id, expires_ms } of rows) {
    // The one row there is when no key is usable.
    if (id === null) continue;
    const caller = { keyId: id, user: null, name, scopes, accountId: account_id };
    known.set(id, { caller, hash, expiresMs: expires_ms ?? Infinity });
  }
  return { known, everHadKey: rows[0]?.ever_had_key === true };
}
