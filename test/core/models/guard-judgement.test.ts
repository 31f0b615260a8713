import { describe, expect, it } from 'vitest';
import { createGuardJudgement, mendJudgement } from '../../../src/core/models/guard-judgement.ts';
import type { MetricEntry } from '../../../src/core/metrics/registry.ts';
import { createLog } from '../../../src/log.ts';
import type { Judgement } from '../../../src/model.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { fc } from '../../helpers/property.ts';

const SOUND: Judgement = {
  rawScore: 0.5,
  score: 0.25,
  expected: 2,
  low: 1,
  high: 3,
  provisional: false,
  episode: false,
  phase: null,
  view: null,
};

describe('what a detector says', () => {
  it.each<[string, Partial<Judgement>, Partial<Judgement>]>([
    ['a score that is none', { score: NaN, rawScore: NaN }, { score: 0, rawScore: 0 }],
    ['a score beyond its scale', { score: 1.5, rawScore: -1 }, { score: 1, rawScore: 0 }],
    ['an expected value that is none', { expected: NaN }, { expected: 7 }],
    ['a range that is none', { expected: NaN, low: NaN, high: NaN }, { expected: 7, low: 7, high: 7 }],
    [
      'a range without ends',
      { low: -Infinity, high: Infinity },
      { low: -Number.MAX_VALUE, high: Number.MAX_VALUE },
    ],
    ['one end that is none', { low: NaN }, { low: 2, high: 3 }],
    ['ends the wrong way round', { low: 3, high: 1 }, { low: 1, high: 3 }],
  ])('is mended: %s', (_, wrong, mended) => {
    expect(mendJudgement({ ...SOUND, ...wrong }, 7)).toEqual({ ...SOUND, ...mended });
  });

  it('can be stored whatever it is, and is left alone when it can be', () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity));
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 5, maxLength: 5 }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (all, value) => {
          const [rawScore = 0, score = 0, expected = 0, low = 0, high = 0] = all;
          const mended = mendJudgement({ ...SOUND, rawScore, score, expected, low, high }, value);
          for (const share of [mended.score, mended.rawScore]) expect(share >= 0 && share <= 1).toBe(true);
          expect(mended.low <= mended.high).toBe(true);
          expect([mended.low, mended.high].every(Number.isFinite)).toBe(true);
          expect(mendJudgement(mended, 7)).toBe(mended);
        },
      ),
    );
  });

  it('is counted when it is mended, and logged once for each metric', () => {
    const stats = createStats();
    const lines: string[] = [];
    const log = createLog('silent');
    log.error = (facts: { metric: string }) => lines.push(facts.metric);
    const guard = createGuardJudgement({ stats, log });
    const entryOf = (number: number) => ({ number, id: `m${number}` }) as MetricEntry;
    guard(entryOf(1), SOUND, 7);
    for (const number of [1, 1, 2]) guard(entryOf(number), { ...SOUND, low: NaN }, 7);
    expect(stats.read('judgements_mended')).toBe(3);
    expect(lines).toEqual(['m1', 'm2']);
  });
});
