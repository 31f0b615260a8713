/** When each key was last used: noted in memory at every request, written at most once a minute. */
import type pg from 'pg';
import type { Log } from '../../log.ts';

export interface KeyUses {
  note: (keyId: string, atMs: number) => void;
  /** Writes what was noted, if the last time was a minute ago. A failure costs nothing but the note. */
  write: (nowMs: number) => Promise<void>;
}

const WRITE_EVERY_MS = 60_000;

export function createKeyUses(pool: pg.Pool, log: Log): KeyUses {
  /** Keys are few: no more than those that were recognised. */
  const noted = new Map<string, number>();
  let writtenMs = 0;
  return {
    note: (keyId, atMs) => void noted.set(keyId, atMs),
    write: async (nowMs) => {
      if (noted.size === 0 || nowMs - writtenMs < WRITE_EVERY_MS) return;
      writtenMs = nowMs;
      const uses = [...noted];
      noted.clear();
      try {
        await pool.query(
          `UPDATE api_key SET last_used_at = to_timestamp(used.at_ms / 1000)
           FROM unnest($1::text[], $2::float8[]) AS used(id, at_ms) WHERE api_key.id = used.id`,
          [uses.map(([id]) => id), uses.map(([, atMs]) => atMs)],
        );
      } catch (error) {
        log.debug({ err: error }, 'when keys were last used could not be written');
      }
    },
  };
}
