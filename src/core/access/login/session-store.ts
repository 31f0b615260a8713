/** The sessions in the database. One server writes them; it has them in memory, and reads them at its start. */
import type pg from 'pg';

/** A session as it is stored, without its tokens. */
export interface StoredSession {
  readonly hash: Buffer;
  readonly subject: string;
  readonly userName: string;
  /** The value of the role claim its rights come from. */
  readonly role: string;
  readonly expiresMs: number;
  /** When the provider last confirmed them. */
  readonly verifiedMs: number;
}

/** Of sessions that have not ended, with one provider. */
export async function readSessions(pool: pg.Pool, issuer: string): Promise<readonly StoredSession[]> {
  const { rows } = await pool.query<StoredSession>(
    `SELECT hash, subject, user_name AS "userName", role,
       (extract(epoch FROM expires_at) * 1000)::float8 AS "expiresMs",
       (extract(epoch FROM verified_at) * 1000)::float8 AS "verifiedMs"
     FROM login_session WHERE issuer = $1 AND expires_at > now() ORDER BY created_at`,
    [issuer],
  );
  return rows;
}

export async function insertSession(
  pool: pg.Pool,
  { hash, subject, userName, role, expiresMs, verifiedMs }: StoredSession,
  provider: { readonly issuer: string; readonly tokens: Buffer },
): Promise<void> {
  await pool.query(
    `INSERT INTO login_session (hash, issuer, subject, user_name, role, tokens, expires_at, verified_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      hash,
      provider.issuer,
      subject,
      userName,
      role,
      provider.tokens,
      new Date(expiresMs),
      new Date(verifiedMs),
    ],
  );
}

/** What the provider confirmed, with the tokens it gave for the next time. */
export async function updateSession(
  pool: pg.Pool,
  { hash, userName, role, expiresMs, verifiedMs }: StoredSession,
  tokens: Buffer,
): Promise<void> {
  await pool.query(
    `UPDATE login_session SET user_name = $2, role = $3, tokens = $4, expires_at = $5, verified_at = $6
     WHERE hash = $1`,
    [hash, userName, role, tokens, new Date(expiresMs), new Date(verifiedMs)],
  );
}

/** @returns null where there is no such session any more */
export async function readTokens(pool: pg.Pool, hash: Buffer): Promise<Buffer | null> {
  const { rows } = await pool.query<{ readonly tokens: Buffer }>(
    'SELECT tokens FROM login_session WHERE hash = $1',
    [hash],
  );
  return rows[0]?.tokens ?? null;
}

export async function deleteSession(pool: pg.Pool, hash: Buffer): Promise<void> {
  await pool.query('DELETE FROM login_session WHERE hash = $1', [hash]);
}

export async function deleteExpiredSessions(pool: pg.Pool): Promise<void> {
  await pool.query('DELETE FROM login_session WHERE expires_at <= now()');
}
