import { describe, expect, it } from 'vitest';
import { scoreGroup } from '../../src/detector/group.ts';
import { createNoise } from './series.ts';
import { fc } from '../helpers/property.ts';

/** Upper tail of the standard normal (Abramowitz and Stegun 7.1.26, error below 1.5e-7). */
function tailOf(z: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2);
  const polynomial =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * polynomial * Math.exp((-z * z) / 2);
  return z >= 0 ? tail : 1 - tail;
}

/** How often a group of ordinary metrics, correlated as told, scores at least `score`. */
function countAlarms(score: number, correlation: number, rounds: number): number {
  const noise = createNoise(31);
  let alarms = 0;
  for (let round = 0; round < rounds; round++) {
    const shared = noise();
    const scores = Array.from({ length: 8 }, () => {
      const z = Math.sqrt(correlation) * shared + Math.sqrt(1 - correlation) * noise();
      return 1 - tailOf(z);
    });
    if (scoreGroup(scores).score >= score) alarms += 1;
  }
  return alarms / rounds;
}

describe('the score of a group', () => {
  it('of one metric is the metric’s', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (score) => {
        expect(scoreGroup([score]).score).toBeCloseTo(score, 9);
      }),
    );
  });

  it.each([0, 0.5, 0.95])(
    'is as rare as it says when ordinary metrics are correlated by %d',
    (correlation) => {
      expect(countAlarms(0.99, correlation, 20_000)).toBeLessThan(0.0135);
      expect(countAlarms(0.99, correlation, 20_000)).toBeGreaterThan(0.004);
      expect(countAlarms(0.999, correlation, 20_000)).toBeLessThan(0.002);
    },
  );

  it('stays in [0, 1], never above its largest metric, whatever the order', () => {
    const anyScores = fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 50 });
    fc.assert(
      fc.property(anyScores, (scores) => {
        const { score, strongest } = scoreGroup(scores);
        const known = scores.filter((s) => s !== null);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(Math.max(0, ...known));
        expect(scoreGroup(scores.toReversed()).score).toBeCloseTo(score, 9);
        expect(strongest === null ? known.length : scores[strongest]).toBe(
          known.length === 0 ? 0 : Math.max(...known),
        );
      }),
    );
  });

  it('rises when a second metric is anomalous too', () => {
    const alone = scoreGroup([0.9999, 0.2, 0.3, 0.1]);
    const together = scoreGroup([0.9999, 0.9998, 0.3, 0.1]);
    expect(together.score).toBeGreaterThan(alone.score);
    expect(together.strongest).toBe(0);
  });

  it('is not lowered by metrics without a score', () => {
    expect(scoreGroup([0.9999, null, null])).toStrictEqual(scoreGroup([0.9999]));
    expect(scoreGroup([null])).toStrictEqual({ score: 0, strongest: null });
    expect(scoreGroup([])).toStrictEqual({ score: 0, strongest: null });
  });

  it('refuses what is no score, naming its place', () => {
    expect(() => scoreGroup([0.5, NaN])).toThrow('scores[1] must be in [0, 1], got NaN');
    expect(() => scoreGroup([1.5])).toThrow(RangeError);
  });
});
