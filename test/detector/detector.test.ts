import { describe, expect, it } from 'vitest';
import type { DetectorKind } from '../../src/detector/detector.ts';
import { DETECTOR_KINDS, findDetectorKind } from '../../src/detector/detector-kinds.ts';
import type { Sample } from '../../src/model.ts';
import { createDetector, judgeAll, makeLoad, START_MS } from './series.ts';
import { fc } from '../helpers/property.ts';

/** Any series: any finite values, steps from a second to a day with gaps, spikes and standstills. */
const anySeries = fc
  .array(
    fc.record({
      stepMs: fc.oneof(fc.constant(300_000), fc.integer({ min: 1, max: 5 * 86_400_000 })),
      value: fc.oneof(
        fc.double({ min: -1e12, max: 1e12, noNaN: true }),
        fc.integer({ min: 0, max: 5 }),
        fc.constant(42),
      ),
    }),
    { minLength: 1, maxLength: 400 },
  )
  .map((rows): Sample[] => {
    let timestampMs = START_MS;
    return rows.map(({ stepMs, value }) => ({ timestampMs: (timestampMs += stepMs), value }));
  });

/** Sequences of finite doubles as no metric has them: largest, denormal, alternating, far from zero. */
const extremeSeries = fc
  .record({
    offset: fc.constantFrom(0, 1e16, -1e300, Number.MAX_VALUE),
    values: fc.array(
      fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE, 0, 1),
      ),
      { minLength: 1, maxLength: 12 },
    ),
    rows: fc.integer({ min: 1, max: 400 }),
  })
  .map(({ offset, values, rows }): Sample[] =>
    Array.from({ length: rows }, (_, row) => {
      const value = (values[row % values.length] ?? 0) + (row > 30 ? offset : 0);
      return { timestampMs: START_MS + row * 3_600_000, value: Number.isFinite(value) ? value : offset };
    }),
  );

function restoreNow(kind: DetectorKind, bytes: Uint8Array) {
  const restored = kind.restore(bytes, {});
  if (restored === null) throw new Error('the snapshot was refused');
  return restored;
}

describe.each(DETECTOR_KINDS.map((kind) => [kind.name, kind] as const))('the detector %s', (name, kind) => {
  it('is found by its name', () => {
    expect(findDetectorKind(name)).toBe(kind);
    expect(findDetectorKind('no such kind')).toBeNull();
  });

  it.each([1000, 60_000, 300_000, 3_600_000, 43_200_000, 86_400_000, 604_800_000])(
    'is provisional for as many rows as it says at steps of %i ms',
    (stepMs) => {
      const rows = kind.learningRows(stepMs);
      const detector = kind.create({});
      const judge = (row: number) => detector.update(START_MS + row * stepMs, row % 7).provisional;
      const provisional = Array.from({ length: rows }, (_, row) => judge(row));
      expect(provisional).not.toContain(false);
      expect(judge(rows)).toBe(false);
    },
  );

  it('gives the prefix of its judgements for a prefix of a series, bit for bit', () => {
    fc.assert(
      fc.property(anySeries, fc.nat(), (samples, cut) => {
        const whole = judgeAll(kind.create({}), samples);
        const length = cut % samples.length;
        expect(judgeAll(kind.create({}), samples.slice(0, length))).toStrictEqual(whole.slice(0, length));
      }),
      { numRuns: 60 },
    );
  });

  it('goes on from a snapshot cut anywhere as if nothing had happened, bit for bit', () => {
    fc.assert(
      fc.property(anySeries, fc.nat(), (samples, cut) => {
        const at = cut % samples.length;
        const detector = kind.create({});
        judgeAll(detector, samples.slice(0, at));
        const restored = restoreNow(kind, detector.snapshot());
        expect(restored.rows).toBe(at);
        expect(restored.explain()).toStrictEqual(detector.explain());
        expect(judgeAll(restored, samples.slice(at))).toStrictEqual(judgeAll(detector, samples.slice(at)));
        expect(restored.snapshot()).toStrictEqual(detector.snapshot());
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['ordinary', anySeries],
    ['extreme', extremeSeries],
  ])('keeps every number within its bounds for any series of %s values', (_, series) => {
    fc.assert(
      fc.property(series, (samples) => {
        const detector = kind.create({});
        for (const { timestampMs, value } of samples) {
          const judgement = detector.update(timestampMs, value);
          for (const score of [judgement.rawScore, judgement.score]) {
            expect(score).toBeGreaterThanOrEqual(0);
            expect(score).toBeLessThanOrEqual(1);
          }
          for (const edge of [judgement.expected, judgement.low, judgement.high]) {
            expect(Number.isFinite(edge)).toBe(true);
          }
          expect(judgement.low).toBeLessThanOrEqual(judgement.expected);
          expect(judgement.high).toBeGreaterThanOrEqual(judgement.expected);
          const shares = detector.explain().map(({ share }) => share);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-12);
          expect(judgement.view).toBe(detector.explain()[0]?.view ?? null);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('scores the same, up to rounding, whatever power of ten values are scaled by', () => {
    const samples = makeLoad(1200, 5);
    samples.splice(700, 3, ...samples.slice(700, 703).map((s) => ({ ...s, value: s.value + 60 })));
    const plain = judgeAll(kind.create({}), samples);
    expect(plain.some(({ phase }) => phase === 'OPENS')).toBe(true);
    for (let power = -30; power < 30; power++) {
      const scaled = samples.map((s) => ({ ...s, value: s.value * 10 ** power }));
      const judged = judgeAll(kind.create({}), scaled);
      expect(judged.map((j) => j.phase)).toStrictEqual(plain.map((j) => j.phase));
      const differences = judged.map((j, i) => Math.abs(j.score - (plain[i]?.score ?? 0)));
      expect(Math.max(...differences)).toBeLessThan(1e-9);
    }
  });

  it('scores the same up to rounding when values are scaled or shifted by anything', () => {
    const samples = makeLoad(3000, 6);
    const plain = judgeAll(kind.create({}), samples);
    for (const change of [(v: number) => v * 1e6, (v: number) => v * 1e-6, (v: number) => v + 1e6]) {
      const changed = judgeAll(
        kind.create({}),
        samples.map((s) => ({ ...s, value: change(s.value) })),
      );
      const differences = changed.map((j, i) => Math.abs(j.score - (plain[i]?.score ?? 0)));
      expect(Math.max(...differences)).toBeLessThan(1e-3);
    }
  });

  it('refuses what is no point before anything changes', () => {
    const samples = makeLoad(500, 7);
    const detector = kind.create({});
    judgeAll(detector, samples);
    const before = detector.snapshot();
    const lastMs = samples.at(-1)?.timestampMs ?? 0;
    for (const value of [NaN, Infinity, -Infinity]) {
      expect(() => detector.update(lastMs + 1, value)).toThrow(RangeError);
    }
    for (const timestampMs of [NaN, Infinity, lastMs, lastMs - 1]) {
      expect(() => detector.update(timestampMs, 1)).toThrow(RangeError);
    }
    expect(detector.snapshot()).toStrictEqual(before);
  });

  it('names the field and the value it refuses', () => {
    const detector = createDetector();
    detector.update(START_MS, 1);
    expect(() => detector.update(START_MS + 1, NaN)).toThrow('value must be finite, got NaN');
    expect(() => detector.update(START_MS, 1)).toThrow(
      `timestampMs must be after the last point's ${START_MS}`,
    );
  });

  it('refuses bytes that are torn, edited or of another version', () => {
    const detector = kind.create({});
    judgeAll(detector, makeLoad(100, 8));
    const bytes = detector.snapshot();
    expect(kind.restore(bytes.subarray(0, bytes.length - 1), {})).toBeNull();
    expect(kind.restore(new Uint8Array(), {})).toBeNull();
    for (const place of [4, 40, bytes.length - 1]) {
      const edited = bytes.slice();
      edited[place] = (edited[place] ?? 0) ^ 1;
      expect(kind.restore(edited, {})).toBeNull();
    }
  });

  it('has a state of at most 16 kB after a simulated year, as large as after a day', () => {
    const year = makeLoad(365 * 288, 9);
    const detector = kind.create({});
    judgeAll(detector, year.slice(0, 288));
    const early = detector.snapshot().byteLength;
    judgeAll(detector, year.slice(288));
    expect(detector.snapshot().byteLength).toBe(early);
    expect(early).toBeLessThanOrEqual(16 * 1024);
  });
});
