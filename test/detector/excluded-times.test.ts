import { describe, expect, it } from 'vitest';
import { DETECTOR_KINDS } from '../../src/detector/detector-kinds.ts';
import {
  clipSpans,
  copyDetector,
  isExcluded,
  markExcluded,
  mergeSpans,
} from '../../src/detector/excluded-times.ts';
import { RED_SCORE } from '../../src/detector/likelihood.ts';
import { createNoise, makeSeries } from './series.ts';

const MOMENTS = Array.from({ length: 200 }, (_, i) => i - 50);
const span = (startMs: number, endMs: number) => ({ startMs, endMs });

describe('Excluded times', () => {
  it('hold from their start to before their end', () => {
    const times = [span(10, 20), span(30, 31)];
    expect([9, 10, 19, 20, 29, 30, 31].filter((ms) => isExcluded(times, ms))).toEqual([10, 19, 30]);
    expect(isExcluded(undefined, 10)).toBe(false);
  });

  it('merged exclude the same moments, in order and apart', () => {
    const noise = createNoise(5);
    for (let round = 0; round < 200; round++) {
      const times = Array.from({ length: round % 7 }, () => {
        const startMs = Math.floor(40 + 20 * noise());
        return span(startMs, startMs + 1 + Math.floor(Math.abs(10 * noise())));
      });
      const merged = mergeSpans(times);
      const list = (spans: typeof merged) => MOMENTS.filter((ms) => isExcluded(spans, ms));
      expect(list(merged)).toEqual(list(times));
      for (const [i, { startMs }] of merged.entries()) {
        expect(startMs).toBeGreaterThan(merged[i - 1]?.endMs ?? -Infinity);
      }
    }
  });

  it.each([
    [-Infinity, []],
    [9, []],
    [10, [span(10, 11)]],
    [25, [span(10, 20)]],
    [30, [span(10, 20), span(30, 31)]],
    [99, [span(10, 20), span(30, 40)]],
  ])('up to and with %d are %j', (untilMs, expected) => {
    expect(clipSpans([span(10, 20), span(30, 40)], untilMs)).toEqual(expected);
  });
});

describe.each(DETECTOR_KINDS)('Of an excluded row the detector $name', (kind) => {
  it('learns nothing, and judges it provisionally, below red and outside of incidents', () => {
    const noise = createNoise(6);
    const isOdd = (row: number) => row >= 600 && row < 640;
    const samples = makeSeries({ rows: 800 }, (row) => 100 + noise() + (isOdd(row) ? 5000 : 0));
    const detector = kind.create({});
    const oracle = kind.create({});
    let wouldBeRed = 0;
    for (const [row, { timestampMs, value }] of samples.entries()) {
      if (!isOdd(row)) {
        expect(detector.update(timestampMs, value)).toEqual(oracle.update(timestampMs, value));
        continue;
      }
      const plain = copyDetector(kind, detector, {}).update(timestampMs, value);
      if (plain.score >= RED_SCORE) wouldBeRed += 1;
      const { score, ...rest } = markExcluded(plain);
      expect(score).toBeLessThan(RED_SCORE);
      expect(rest).toMatchObject({ provisional: true, episode: false, phase: 'EXCLUDED' });
      expect([rest.expected, rest.low, rest.high]).toEqual([plain.expected, plain.low, plain.high]);
    }
    expect(wouldBeRed).toBeGreaterThan(0);
    expect(detector.rows).toBe(760);
  });
});
