import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AUDIT_DAYS, createAuditLog } from '../../../src/core/access/audit-log.ts';
import type { Caller } from '../../../src/core/access/caller.ts';
import { createLog } from '../../../src/log.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';

const FIRST_PURGE_MS = 300_000;
const DAY_MS = 86_400_000;
const KEY: Caller = { keyId: 'k', user: null, name: 'key', scopes: ['WRITE'], accountId: null };
const USER: Caller = { ...KEY, keyId: null, user: { subject: 'alice', session: 's.1' }, name: 'Alice' };

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => database.pool.query('DELETE FROM audit_entry'));

function open(now: () => number = Date.now) {
  const stats = createStats();
  const audit = createAuditLog({ pool: database.pool, stats, log: createLog('silent'), now });
  return { stats, audit };
}

/** A server up to its first purge, whose clock says `from` at its start and `to` at its end. */
async function passFirstPurge(from: number, to: number): Promise<void> {
  let nowMs = from;
  const { audit } = open(() => nowMs);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    audit.start();
    nowMs = to;
    vi.advanceTimersByTime(FIRST_PURGE_MS);
  } finally {
    vi.useRealTimers();
  }
  await audit.stop();
}

const note = (caller: Caller, given: unknown) => {
  return { caller, field: 'deleteMetric', arguments: given, result: 'DeleteMetricPayload', requestId: 'r-1' };
};
const readAll = async () =>
  (await database.pool.query('SELECT * FROM audit_entry ORDER BY at')).rows as unknown[];

describe('an entry of the audit log', () => {
  it('says who did what, when, and what came of it', async () => {
    const { audit, stats } = open(() => Date.parse('2026-01-01T00:00:00Z'));
    await audit.write(note(KEY, { input: { id: 'Metric:1', secret: 'hunter2' } }));
    await audit.write({ ...note(USER, null), requestId: null });
    const at = new Date('2026-01-01T00:00:00Z');
    const shared = { at, field: 'deleteMetric', result: 'DeleteMetricPayload' };
    const byKey = { key_id: 'k', key_name: 'key', user_id: null, request_id: 'r-1' };
    const byUser = { key_id: null, key_name: 'Alice', user_id: 'alice', request_id: null };
    expect(await readAll()).toMatchObject([
      { ...shared, ...byKey, arguments: { input: { id: 'Metric:1', secret: '(hidden)' } } },
      { ...shared, ...byUser, arguments: null },
    ]);
    expect(stats.read('audit_entries_written')).toBe(2);
  });

  it('is kept whatever characters its arguments have, names of fields too', async () => {
    const unit = fc.oneof(
      fc.constantFrom('\0', '\ud800', '\udfff', '\\', '\\u0000', '"', '\u{1f600}', 'a', '\u2028'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    const text = fc.string({ unit, maxLength: 12 });
    // PostgreSQL's JSON has neither U+0000 nor half of a surrogate pair.
    const asStored = (given: string) => given.replaceAll(/[\0\p{Cs}]/gu, '\ufffd');
    const { audit, stats } = open();
    await fc.assert(
      fc.asyncProperty(text, text, async (name, value) => {
        await database.pool.query('DELETE FROM audit_entry');
        // A name of its own that is no secret.
        await audit.write(note(KEY, { [`a${name}z`]: value }));
        const [entry] = (await readAll()) as { arguments: Record<string, string> }[];
        const [[storedName, stored] = []] = Object.entries(entry?.arguments ?? {});
        expect(storedName).toBe(asStored(`a${name}z`));
        if (!/^https?:/i.test(value)) expect(stored).toBe(asStored(value));
      }),
      { numRuns: 25 },
    );
    expect(stats.read('audit_entries_lost')).toBe(0);
  });

  it('that cannot be written is counted, and fails nobody', async () => {
    const { audit, stats } = open();
    await database.pool.query('ALTER TABLE audit_entry RENAME TO away');
    await expect(audit.write(note(KEY, {}))).resolves.toBeUndefined();
    await database.pool.query('ALTER TABLE away RENAME TO audit_entry');
    expect([stats.read('audit_entries_lost'), stats.read('audit_entries_written')]).toEqual([1, 0]);
  });

  it('is dropped when it is a year old, and not before, by a clock that goes steadily', async () => {
    const now = Date.now();
    for (const age of [AUDIT_DAYS * DAY_MS + 1, AUDIT_DAYS * DAY_MS, 0])
      await open(() => now - age).audit.write(note(KEY, { age }));
    // Ten years ahead for a while, and set right from ten years ahead: neither says what is old.
    await passFirstPurge(now, now + 3650 * DAY_MS);
    await passFirstPurge(now + 3650 * DAY_MS, now);
    expect(await readAll()).toHaveLength(3);
    await passFirstPurge(now - FIRST_PURGE_MS, now);
    expect(await readAll()).toMatchObject([
      { arguments: { age: AUDIT_DAYS * DAY_MS } },
      { arguments: { age: 0 } },
    ]);
  });
});
