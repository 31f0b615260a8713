/**
 * The log of mutations: who, what, with which result. An entry is written before the answer is sent. Points that are
 * pushed are not in it: they are counted, and a row for each push would cost more than the push.
 */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { createIntervalJobs } from '../../platform/runtime/interval-jobs.ts';
import type { Caller } from './caller.ts';
import { redactArguments } from './redact.ts';

interface AuditNote {
  readonly caller: Caller;
  /** Name of the mutation. */
  readonly field: string;
  /** As given; secrets are left out here. */
  readonly arguments: unknown;
  /** Name of the type that came back, or the code of the error. */
  readonly result: string;
  readonly requestId: string | null;
}

export interface AuditLog {
  /** Resolves when it is written. Never fails: what cannot be written is counted, and logged. */
  write: (note: AuditNote) => Promise<void>;
  /** Begins to drop entries that are old, an hour from now. */
  start: () => void;
  stop: () => Promise<void>;
}

export const AUDIT_DAYS = 365;
const PURGE_EVERY_MS = 3_600_000;
const PURGED_AT_ONCE = 10_000;

export function createAuditLog(options: {
  readonly pool: pg.Pool;
  readonly stats: Stats;
  readonly log: Log;
  readonly now?: () => number;
}): AuditLog {
  const { pool, stats, log, now = Date.now } = options;
  const purge = () =>
    pool.query(
      'DELETE FROM audit_entry WHERE id IN (SELECT id FROM audit_entry WHERE at < $1 ORDER BY at LIMIT $2)',
      [new Date(now() - AUDIT_DAYS * 86_400_000), PURGED_AT_ONCE],
    );
  const jobs = createIntervalJobs(
    [{ name: 'purge audit log', everyMs: PURGE_EVERY_MS, needsSteadyClock: true, run: purge }],
    { log, stats, now: () => new Date(now()) },
  );

  return {
    write: async ({ caller, field, arguments: given, result, requestId }) => {
      try {
        await pool.query(
          `INSERT INTO audit_entry (at, key_id, key_name, user_id, field, arguments, result, request_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [
            new Date(now()),
            caller.keyId,
            caller.name,
            caller.user?.subject ?? null,
            field,
            writeStorable(redactArguments(given)),
            result,
            requestId,
          ],
        );
        stats.count('audit_entries_written');
      } catch (error) {
        stats.count('audit_entries_lost');
        log.error({ err: error, field, result, caller: caller.name, requestId }, 'audit entry not written');
      }
    },
    start: jobs.start,
    stop: () => jobs.stop(),
  };
}

/** JSON as PostgreSQL takes it: it has no place for NUL and for halves of characters, which become U+FFFD. */
function writeStorable(value: unknown): string {
  return JSON.stringify(value).replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][\da-f]{2})/gi, '$1\ufffd');
}
