/** Notes on resources, and the peaks of what is labelled, as they are read for any metrics. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createAnnotations,
  dropOrphanedAnnotations,
  moveAnnotations,
} from '../../../src/core/annotations/annotations.ts';
import { findLabelsAt } from '../../../src/core/annotations/labels-at.ts';
import { readAnnotations } from '../../../src/core/annotations/read-annotations.ts';
import { readLabelPeak } from '../../../src/core/annotations/read-label-peak.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { isScored } from '../../../src/core/samples/stored-sample.ts';
import { NotFoundError } from '../../../src/errors.ts';
import { inTransaction } from '../../../src/platform/postgres/transaction.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';
import {
  anyLayout,
  anySamples,
  anyTime,
  FIRST_MS,
  isWithin,
  LAST_MS,
  storeSamples,
} from '../../helpers/stored-samples.ts';

let database: TestDatabase;
/** Metrics 1 and 2 are of one server, 3 of another, 4 of a server of the same name in another account. */
const SERVERS = [
  [1, 1, 'a'],
  [2, 1, 'a'],
  [3, 1, 'b'],
  [4, 2, 'a'],
] as const;

beforeAll(async () => {
  database = await withDatabase();
  await createSampleMonths(database.pool).ensure([FIRST_MS, LAST_MS]);
  await database.pool.query(`INSERT INTO account (id, name) VALUES (2, 'team')`);
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  await database.pool.query('DELETE FROM annotation; DELETE FROM metric');
  for (const [number, account, server] of SERVERS)
    await database.pool.query(
      `INSERT INTO metric (number, account_id, datasource, identity, name, server) VALUES ($1::int, $2, 'CUSTOM', $1::text, $1::text, $3)`,
      [number, account, server],
    );
});

const note = (more: object = {}) => {
  const at = { timestamp: new Date(FIRST_MS), server: 'a', device: 'd', user: 'u' };
  return { ...at, message: 'm' as string | null, data: undefined as unknown, ...more };
};
const open = () => createAnnotations({ prisma: database.prisma });
const listMessages = async () => {
  const rows = await database.prisma.annotation.findMany({ orderBy: { message: 'asc' } });
  return rows.map(({ message, server, accountId }) => `${message ?? ''} ${server} ${accountId}`);
};

describe('notes', () => {
  it('of metrics are the newest of their resource in a window, in the order of their times', async () => {
    const anyNote = fc.record({
      account: fc.constantFrom(1, 2),
      server: fc.constantFrom('a', 'b', 'c'),
      at: anyTime,
    });
    const end = fc.option(anyTime);
    const asked = fc.record({ fromMs: end, toMs: end, limit: fc.integer({ min: 1, max: 6 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(anyNote, { maxLength: 30 }), asked, async (given, window) => {
        await database.pool.query('DELETE FROM annotation');
        const notes = given.map((one) => ({ ...one, id: randomUUID() }));
        await database.pool.query(
          `INSERT INTO annotation (id, account_id, server, "timestamp", device, user_name, message)
           SELECT (n->>'id')::uuid, (n->>'account')::int, n->>'server', to_timestamp((n->>'at')::float8 / 1000), 'd', 'u', 'm'
           FROM json_array_elements($1) AS n`,
          [JSON.stringify(notes)],
        );
        const found = await readAnnotations(database.pool, [1, 2, 3, 4, 5], window);
        for (const [number, account, server] of SERVERS) {
          const wanted = notes
            .filter((one) => one.account === account && one.server === server)
            .filter(({ at }) => at >= (window.fromMs ?? -Infinity) && at <= (window.toMs ?? Infinity))
            .toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
            .slice(-window.limit);
          expect((found.get(number) ?? []).map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
        }
        expect(found.get(5)).toBeUndefined();
      }),
      { numRuns: 15 },
    );
  });

  it.each<[string, object, string]>([
    ['device', { device: ' ' }, 'device: expected 1 to 255 characters'],
    ['device', { device: 'x'.repeat(256) }, 'device: expected 1 to 255 characters'],
    ['user', { user: 'a\nb' }, 'user: expected 1 to 255 characters'],
    ['message', { message: null }, 'message: expected a message, or data'],
    ['message', { message: '', data: null }, 'message: expected a message, or data'],
    ['message', { message: 'x'.repeat(10_001) }, 'message: expected at most 10000 characters, got 10001'],
    ['message', { message: 'a\0b' }, 'message: expected no zero characters'],
    ['data', { data: 'x'.repeat(19_999) }, 'data: expected at most 20000 characters of JSON, got 20001'],
    ['data', { data: { a: ['\0'] } }, 'data: expected no zero characters, and no half of a character'],
    ['data', { data: { '\ud83d': 1 } }, 'data: expected no zero characters, and no half of a character'],
  ])('are refused by %s of %o', async (_field, more, message) => {
    await expect(open().createAnnotation(note(more))).rejects.toThrow(`input.${message}`);
    expect(await listMessages()).toEqual([]);
  });

  it('keep any JSON that PostgreSQL has, as it was given', async () => {
    const { createAnnotation } = open();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 2 }), async (given) => {
        const text = JSON.stringify({ given });
        fc.pre(!/\\u(?:0000|d[89a-f])/.test(text) && text.length < 20_000);
        const { data, message } = await createAnnotation(note({ data: { given }, message: null }));
        expect([data, message]).toEqual([JSON.parse(text), null]);
      }),
      { numRuns: 15 },
    );
    // Only looks like what cannot be kept.
    expect((await createAnnotation(note({ data: '\\u0000' }))).data).toBe('\\u0000');
  });

  it('are of a server that metrics of the account have, and are deleted once', async () => {
    const { createAnnotation, deleteAnnotation } = open();
    await expect(createAnnotation(note({ server: 'c' }))).rejects.toThrow(NotFoundError);
    await expect(createAnnotation(note({ server: 'b', accountId: 2 }))).rejects.toThrow(NotFoundError);
    const { id } = await createAnnotation(note());
    expect((await deleteAnnotation(id)).id).toBe(id);
    await expect(deleteAnnotation(id)).rejects.toThrow(NotFoundError);
    const { id: other } = await createAnnotation(note());
    const both = await Promise.allSettled([deleteAnnotation(other), deleteAnnotation(other)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('go with the last metric of their server, or the last that is monitored, in their account alone', async () => {
    const { createAnnotation } = open();
    await createAnnotation(note({ message: 'ours' }));
    await createAnnotation(note({ message: 'theirs', accountId: 2 }));
    const drop = (monitored: boolean) =>
      inTransaction(database.pool, (client) =>
        dropOrphanedAnnotations(client, { accountId: 1, server: 'a' }, monitored),
      );
    await database.pool.query(`UPDATE metric SET status = 'ACTIVE' WHERE number = 2`);
    await database.pool.query('DELETE FROM metric WHERE number = 1');
    await drop(true);
    expect(await listMessages()).toEqual(['ours a 1', 'theirs a 2']);
    await database.pool.query(`UPDATE metric SET status = 'UNMONITORED'`);
    await drop(false);
    expect(await listMessages()).toEqual(['ours a 1', 'theirs a 2']);
    await drop(true);
    expect(await listMessages()).toEqual(['theirs a 2']);
  });

  it('move along with the last metric that leaves a server', async () => {
    const { createAnnotation } = open();
    await createAnnotation(note({ message: 'ours' }));
    await createAnnotation(note({ message: 'theirs', accountId: 2 }));
    const move = () =>
      database.prisma.$transaction((transaction) => moveAnnotations(transaction, 1, 'a', 'b'));
    await move();
    expect(await listMessages()).toEqual(['ours a 1', 'theirs a 2']);
    await database.pool.query(`UPDATE metric SET server = 'b' WHERE number IN (1, 2)`);
    await move();
    expect(await listMessages()).toEqual(['ours b 1', 'theirs a 2']);
  });
});

describe('labels', () => {
  it('know the first of the most anomalous samples of their span, and how far it was off', async () => {
    await fc.assert(
      fc.asyncProperty(anySamples, anyLayout, anyTime, anyTime, async (samples, layout, fromMs, toMs) => {
        await storeSamples(database.pool, samples, layout);
        const found = await readLabelPeak(database.pool, 1, { from: new Date(fromMs), to: new Date(toMs) });
        const within = samples
          .filter(isScored)
          .filter((one) => one.metricNumber === 1 && isWithin(one, fromMs, toMs));
        const highest = Math.max(...within.map(({ score }) => score));
        const peak = within.find(({ score }) => score === highest);
        expect(found?.timestampMs).toBe(peak?.timestampMs);
        if (found === null || peak === undefined) return;
        expect(Number.isFinite(found.deviation)).toBe(true);
        if (Math.abs(peak.value) < 1e300) expect(found.deviation).toBe(peak.value - peak.expected);
      }),
      { numRuns: 15 },
    );
  });

  it('of a long time are read a page at a time, and little where something anomalous was found', async () => {
    // Most of it calm; the most anomalous in the middle, and again at the end.
    const samples = Array.from({ length: 9000 }, (_, index) => {
      const score = index === 0 ? 0.9 : index === 5000 || index === 8999 ? 0.99 : (index % 10) / 20;
      return { ...makeScoredSample(index + 1), timestampMs: FIRST_MS + index * 1000, value: index, score };
    });
    await storeSamples(database.pool, samples, { blockSize: 500, packed: [false] });
    const counts: number[] = [];
    const counting = new Proxy(database.pool, {
      get: () => async (text: string, values: unknown[]) => {
        const result = await database.pool.query<{ samples: unknown[] | null }>(text, values);
        counts.push(result.rows.reduce((sum, row) => sum + (row.samples?.length ?? 0), 0));
        return result;
      },
    });
    const peak = await readLabelPeak(counting, 1, { from: new Date(0), to: new Date(LAST_MS) });
    expect(peak).toEqual({ timestampMs: FIRST_MS + 5_000_000, score: 0.99, deviation: 5000 });
    expect(Math.max(...counts)).toBeLessThanOrEqual(2000);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThan(2100);
  });

  it('are found by where anomalies began: of several the one given last', async () => {
    const metrics = await database.prisma.metric.findMany({ orderBy: { number: 'asc' } });
    const [first = '', second = ''] = metrics.map(({ id }) => id);
    const add = (metricId: string, from: number, to: number, createdAt: number) => {
      const at = {
        from: new Date(FIRST_MS + from),
        to: new Date(FIRST_MS + to),
        createdAt: new Date(createdAt),
      };
      return database.prisma.anomalyLabel.create({
        data: { metricId, ...at, kind: 'REAL', note: `${from}-${to}` },
      });
    };
    await add(first, 0, 5, 2000);
    await add(first, 0, 9, 1000);
    await add(first, 1, 9, 3000);
    await add(second, 0, 7, 1000);
    const starts = [
      [second, 0],
      [first, 0],
      [first, 2],
      [second, 1],
      [first, 0],
    ] as const;
    const found = await findLabelsAt(
      database.prisma,
      starts.map(([metricId, from]) => ({ metricId, startedAt: new Date(FIRST_MS + from) })),
    );
    expect(found.map((label) => label?.note ?? null)).toEqual(['0-7', '0-5', null, null, '0-5']);
  });
});
