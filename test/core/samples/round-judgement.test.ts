import { describe, expect, it } from 'vitest';
import { roundJudgement } from '../../../src/core/samples/round-judgement.ts';
import { classifyScore, RED_SCORE, toLogScale, YELLOW_SCORE } from '../../../src/detector/likelihood.ts';
import { fc } from '../../helpers/property.ts';

const share = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 14, noNaN: true }).map((orders) => 1 - 10 ** -orders),
  fc.constantFrom(
    0,
    1,
    RED_SCORE,
    YELLOW_SCORE,
    RED_SCORE - 1e-12,
    RED_SCORE + 1e-12,
    YELLOW_SCORE - 1e-11,
    Number.MIN_VALUE,
  ),
);
const anyValue = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.constantFrom(0, -0, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 1e12, 1e12 + 1),
);
const anyJudgement = fc.record({
  rawScore: share,
  score: share,
  range: fc.tuple(anyValue, anyValue, anyValue).map((values) => values.toSorted((a, b) => a - b)),
});

describe('a rounded judgement', () => {
  it('is of the same class, finite, and its range holds what the range held', () => {
    fc.assert(
      fc.property(anyJudgement, ({ rawScore, score, range: [low = 0, expected = 0, high = 0] }) => {
        const rounded = roundJudgement({ rawScore, score, expected, low, high });
        expect(classifyScore(rounded.score)).toBe(classifyScore(score));
        expect(rounded.score >= 0 && rounded.score <= 1).toBe(true);
        expect(rounded.rawScore >= 0 && rounded.rawScore <= 1).toBe(true);
        expect(Math.fround(rounded.rawScore)).toBe(rounded.rawScore);
        expect(rounded.low).toBeLessThanOrEqual(low);
        expect(rounded.high).toBeGreaterThanOrEqual(high);
        expect([rounded.low, rounded.expected, rounded.high].every(Number.isFinite)).toBe(true);
        expect(rounded.low <= rounded.expected && rounded.expected <= rounded.high).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('differs by less than anybody sees: a 256th of the width, a thousandth of what is missing to 1', () => {
    fc.assert(
      fc.property(
        share,
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e9, noNaN: true }),
        (score, low, width) => {
          const high = low + width;
          const expected = low + width / 3;
          const rounded = roundJudgement({ rawScore: score, score, expected, low, high });
          const step = width / 256;
          expect(Math.abs(rounded.expected - expected)).toBeLessThanOrEqual(step);
          expect(low - rounded.low).toBeLessThanOrEqual(step);
          expect(rounded.high - high).toBeLessThanOrEqual(step);
          expect(Math.abs(rounded.score - score)).toBeLessThanOrEqual((1 - score) / 1024);
          expect(Math.abs(rounded.rawScore - score)).toBeLessThanOrEqual(score / 1024 + 1e-40);
          expect(Math.abs(toLogScale(rounded.score) - toLogScale(score))).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('keeps a range without width, as of a metric that never moves, to the last bit', () => {
    const still = { rawScore: 0, score: 0, expected: 0.1, low: 0.1, high: 0.1 };
    expect(roundJudgement(still)).toEqual(still);
  });
});
