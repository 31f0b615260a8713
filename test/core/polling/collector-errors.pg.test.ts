/** A metric that cannot be read: how long it is waited for, and what it shows meanwhile, by the clock of a test. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCollectorErrors } from '../../../src/core/polling/collector-errors.ts';
import { createLog } from '../../../src/log.ts';
import { toStorable } from '../../../src/platform/bounded-input/storable-text.ts';
import { WriteLock } from '../../../src/platform/runtime/write-lock.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';
import { startEngine, type TestEngine } from '../../helpers/start-engine.ts';

const GRACE_MS = 3 * 3_600_000;

let database: TestDatabase;
let engine: TestEngine;
const clock = { ms: Date.parse('2026-01-01T00:00:00Z') };

beforeAll(async () => {
  database = await withDatabase();
  engine = await startEngine(database);
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await database.pool.query('DELETE FROM metric');
  await database.pool.query(
    `INSERT INTO metric (datasource, identity, name, server, status) VALUES ('PROMETHEUS', 'm', 'm', 's', 'ACTIVE')`,
  );
  await database.pool.query('INSERT INTO metric_progress (metric_number) SELECT number FROM metric');
});

async function open() {
  const { pool, prisma } = database;
  const { id } = await prisma.metric.findFirstOrThrow();
  const { rows } = await pool.query<{ number: number }>('SELECT number FROM metric');
  await engine.registry.load(rows.map(({ number }) => number));
  const entry = engine.registry.byId(id);
  if (entry === undefined) throw new Error('the metric was loaded');
  const errors = createCollectorErrors({
    ...{ pool, registry: engine.registry, statusFeed: engine.statusFeed },
    ...{ writeLock: new WriteLock(), log: createLog('silent'), now: () => clock.ms },
  });
  const note = (message: string | null) => errors.note(entry, message === null ? null : new Error(message));
  const read = async () => {
    const { status, message, collectorError } = await prisma.metric.findFirstOrThrow();
    return { status, message, collectorError };
  };
  const publish = vi.spyOn(engine.statusFeed, 'publish');
  return { entry, note, read, published: () => publish.mock.calls.length };
}

describe('a metric that cannot be read', () => {
  it('has three hours from its first failure, and shows the reason of the newest one', async () => {
    const { note, read } = await open();
    await note('refused');
    const shown = {
      message: 'refused',
      since: '2026-01-01T00:00:00.000Z',
      deadline: '2026-01-01T03:00:00.000Z',
    };
    expect(await read()).toEqual({ status: 'ACTIVE', message: null, collectorError: shown });
    clock.ms += GRACE_MS - 1;
    await note('timed out');
    expect(await read()).toMatchObject({
      status: 'ACTIVE',
      collectorError: { ...shown, message: 'timed out' },
    });
    clock.ms += 1;
    await note('no such host');
    expect(await read()).toEqual({ status: 'ERROR', message: 'no such host', collectorError: null });
  });

  it('is forgiven by one reading, and has all of the three hours the next time', async () => {
    const { entry, note, read } = await open();
    await note('refused');
    clock.ms += GRACE_MS - 1;
    await note(null);
    expect(await read()).toEqual({ status: 'ACTIVE', message: null, collectorError: null });
    expect(entry.collectorErrorDeadlineMs).toBeNull();
    clock.ms += 1;
    await note('refused');
    clock.ms += GRACE_MS - 1;
    await note('refused');
    expect(await read()).toMatchObject({ status: 'ACTIVE' });
  });

  it('is announced when its reason changes, and not each time it is read in vain', async () => {
    const { note, published } = await open();
    for (const reason of ['refused', 'refused', 'timed out', 'timed out', 'refused']) await note(reason);
    expect(published()).toBe(3);
  });

  // The address of something that speaks no HTTP, or a message that was cut within a character.
  it.each([
    ['an answer \0\0\x01 in bytes'],
    ['cut in the middle: \ud83d'],
    ['\udc00 begins here'],
    ['💥 whole'],
  ])('shows its reason whatever characters it has: %j', async (reason) => {
    const { note, read } = await open();
    await note(reason);
    const said = reason.replaceAll('\0', '\ufffd').replaceAll(/\ud83d$|^\udc00/g, '\ufffd');
    expect(await read()).toMatchObject({ collectorError: { message: said } });
    clock.ms += GRACE_MS;
    await note(reason);
    expect(await read()).toMatchObject({ status: 'ERROR', message: said });
  });

  it('costs its reader nothing while the database is away, and is noted when it is back', async () => {
    const { note, read } = await open();
    await database.pool.query('ALTER TABLE metric RENAME TO away');
    await expect(note('refused')).resolves.toBeUndefined();
    await database.pool.query('ALTER TABLE away RENAME TO metric');
    expect(await read()).toMatchObject({ collectorError: null });
    await note('refused again');
    expect(await read()).toMatchObject({ collectorError: { message: 'refused again' } });
  });
});

it('what PostgreSQL can keep is left as it is, and the rest loses what it cannot keep', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      if (!text.includes('\0')) expect(toStorable(text)).toBe(text);
    }),
  );
  const anything = fc
    .array(fc.integer({ min: 0, max: 0xffff }))
    .map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(anything, (text) => {
      const kept = toStorable(text);
      expect(kept).toHaveLength(text.length);
      expect(kept).not.toContain('\0');
      expect(Buffer.from(kept).toString()).toBe(kept);
    }),
  );
});
