/** The newest part of the log in memory, places in it, and windows of it that were packed, against plain lists. */
import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../src/core/samples/packed/block-codec.ts';
import { toColumns } from '../../../src/core/samples/packed/sample-columns.ts';
import type { ScoredSample } from '../../../src/core/samples/stored-sample.ts';
import { formatCursor, parseCursor, readCursor } from '../../../src/core/score-log/cursor.ts';
import { PackedWindow } from '../../../src/core/score-log/packed-window.ts';
import { createScoreRing, type LogCommit, readRing } from '../../../src/core/score-log/ring-buffer.ts';
import { gatherRows } from '../../../src/core/score-log/row-buffer.ts';
import { CursorExpiredError, CursorInvalidError } from '../../../src/errors.ts';
import { fc } from '../../helpers/property.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';

const makeScore = (seq: number, metricNumber = 1): ScoredSample => ({
  ...makeScoredSample(seq),
  metricNumber,
});
const makeCommit = (atMs: number): LogCommit => ({ atMs, span: null });

const CAPACITY = 8;
type Step = { append: number; metricNumber: number; skip: number } | { forget: number } | { skipTo: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      append: fc.integer({ min: 1, max: 5 }),
      metricNumber: fc.nat(3),
      skip: fc.constantFrom(0, 0, 0, 0, 1, 3, -2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ forget: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ skipTo: fc.integer({ min: -3, max: 4 }) }) },
);

describe('the ring', () => {
  it('holds the newest scores without a hole between them, but for those that were taken back', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 25 }),
        fc.nat(30),
        fc.integer({ min: 1, max: 12 }),
        (steps, from, most) => {
          const ring = createScoreRing(CAPACITY, 10);
          /** What a ring of any size would hold, by place; undefined where it was taken back. */
          let held = new Map<number, { score: ScoredSample; commit: LogCommit } | undefined>();
          let last = 10;
          for (const [index, one] of steps.entries()) {
            if ('append' in one) {
              const commit = makeCommit(index);
              // Behind places that were missed, or with some that are there already.
              const first = last + 1 + one.skip;
              const scores = Array.from({ length: one.append }, (_, place) =>
                makeScore(first + place, one.metricNumber),
              );
              ring.append(scores, commit);
              for (const score of scores) {
                if (score.seq <= last) continue;
                if (score.seq > last + 1) held = new Map();
                held.set(score.seq, { score, commit });
                last = score.seq;
              }
            } else if ('forget' in one) {
              ring.forget(one.forget);
              for (const [seq, kept] of held)
                if (kept?.score.metricNumber === one.forget) held.set(seq, undefined);
            } else {
              ring.skipTo(last + one.skipTo);
              if (one.skipTo > 0) {
                held = new Map();
                last += one.skipTo;
              }
            }
          }
          const places = [...held.keys()].slice(-CAPACITY);
          expect(ring.last).toBe(last);
          expect(ring.first).toBe(places[0] ?? last + 1);
          for (let seq = 0; seq <= last + 3; seq++)
            expect(ring.get(seq)).toBe(places.includes(seq) ? held.get(seq)?.score : undefined);
          const after = Math.max(ring.first - 1, from);
          const { samples, upTo } = readRing(ring, after, most);
          const wanted = places.filter((seq) => seq > after && seq <= after + most);
          expect(samples).toEqual(wanted.flatMap((seq) => held.get(seq)?.score ?? []));
          expect(upTo).toBe(Math.min(last, after + most));
          const asked = [...samples, makeScore(last + 1), makeScore(0)];
          const commits = new Set(wanted.flatMap((seq) => held.get(seq)?.commit ?? []));
          expect(ring.commitsOf(asked)).toEqual([...commits]);
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('a cursor', () => {
  const bounds = { epoch: 'abc', floor: 5, last: 9 };

  it.each([
    ['v1.abc.5', 5],
    ['v1.abc.9', 9],
  ])('%s is the place %d', (cursor, seq) => {
    expect(parseCursor(cursor, bounds)).toBe(seq);
    expect(formatCursor('abc', seq)).toBe(cursor);
    expect(readCursor(cursor, 'abc')).toBe(seq);
  });

  it.each([
    ['v1.abc.4', CursorExpiredError, 'v1.abc.5'],
    ['v1.abc.0', CursorExpiredError, 'dropped by retention'],
    ['v1.abc.10', CursorInvalidError, 'ahead of the last score'],
    ['v1.abd.7', CursorInvalidError, 'another database'],
    ['v1.abd.700', CursorInvalidError, 'another database'],
    ['v2.abc.7', CursorInvalidError, 'is not a cursor'],
    ['v1.abc.-1', CursorInvalidError, 'is not a cursor'],
    ['v1.abc.7 ', CursorInvalidError, 'is not a cursor'],
    ['v1.ABC.7', CursorInvalidError, 'is not a cursor'],
    ['v1.abc.1e3', CursorInvalidError, 'is not a cursor'],
    [`v1.abc.${'9'.repeat(16)}`, CursorInvalidError, 'is not a cursor'],
    ['', CursorInvalidError, 'is not a cursor'],
  ])('%j is refused', (cursor, kind, message) => {
    const parse = () => parseCursor(cursor, bounds);
    expect(parse).toThrow(kind);
    expect(parse).toThrow(message);
  });

  it('that is long is quoted in part', () => {
    expect(() => parseCursor('x'.repeat(100_000), bounds)).toThrow(/^.{0,200}$/);
  });

  it('may be ahead of what is known, of the same log', () => {
    expect([readCursor('v1.abc.10', 'abc'), readCursor('v1.abd.10', 'abc'), readCursor('', 'abc')]).toEqual([
      10,
      null,
      null,
    ]);
  });
});

describe('a window that was packed', () => {
  const anyWindow = fc.record({
    first: fc.integer({ min: 1, max: 50 }),
    metrics: fc.array(fc.option(fc.nat(3), { freq: 6 }), { minLength: 1, maxLength: 60 }),
  });

  it('gives the samples of any range in the order of their offsets, whichever blocks they came in', async () => {
    const range = fc.record({
      after: fc.integer({ min: -5, max: 120 }),
      upTo: fc.nat(120),
      limit: fc.integer({ min: 1, max: 70 }),
    });
    await fc.assert(
      fc.asyncProperty(anyWindow, range, async ({ first, metrics }, { after, upTo, limit }) => {
        // Null for a place whose sample lies elsewhere.
        const samples = metrics.flatMap((metric, place) =>
          metric === null ? [] : makeScore(first + place, metric + 1),
        );
        const blocks = [4, 2, 1, 3].flatMap((metricNumber) => {
          const own = samples.filter((sample) => sample.metricNumber === metricNumber);
          return own.length === 0 ? [] : { metricNumber, data: encodeBlock(toColumns(own)) };
        });
        const bounds = { first, last: first + metrics.length - 1, version: 1 };
        const window = await PackedWindow.read(bounds, blocks);
        const wanted = samples.filter(({ seq }) => seq > after && seq <= upTo).slice(0, limit);
        expect(window.list(after, upTo, limit)).toEqual(wanted);
        expect(window.bytes).toBe(metrics.length * (12 * 8 + 4));
      }),
      { numRuns: 150 },
    );
  });

  it('leaves the samples of a damaged block out, and gives the others', async () => {
    const good = { metricNumber: 1, data: encodeBlock(toColumns([makeScore(1), makeScore(3)])) };
    const bad = {
      metricNumber: 2,
      data: Buffer.from(encodeBlock(toColumns([makeScore(2, 2)]))).fill(0, 3, 5),
    };
    const window = await PackedWindow.read({ first: 1, last: 3, version: 1 }, [bad, good]);
    expect(window.list(0, 9, 9).map(({ seq }) => seq)).toEqual([1, 3]);
  });
});

describe('rows that are gathered', () => {
  it('are applied in the order of the log, but for metrics whose scores were taken back, or that are not monitored', async () => {
    const applied: number[][] = [];
    const rows = gatherRows((_client, scores) => {
      applied.push(scores.map(({ seq }) => seq));
      return Promise.resolve();
    }, 5);
    rows.add([makeScore(1, 1), makeScore(2, 2), makeScore(3, 3)]);
    rows.forget(2);
    // What comes after it was taken back counts.
    rows.add([makeScore(4, 2)]);
    expect([rows.isFull(), [...rows.metricNumbers()]]).toEqual([false, [1, 3, 2]]);
    rows.add([makeScore(5, 1), makeScore(6, 4)]);
    expect(rows.isFull()).toBe(true);
    // Of nothing it touches no database.
    const client = undefined as never;
    await rows.write(client, new Set([1, 2]));
    await rows.write(client, new Set([9]));
    expect(applied).toEqual([[1, 4, 5]]);
  });
});
