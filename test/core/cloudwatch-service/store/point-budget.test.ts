import { describe, expect, it } from 'vitest';
import { MathError } from '../../../../src/core/cloudwatch-service/math/values.ts';
import { PointBudget, splitQuestions } from '../../../../src/core/cloudwatch-service/store/point-budget.ts';
import { fc } from '../../../helpers/property.ts';

const ask = (hours: number, periodSeconds: number) => ({
  hash: Buffer.alloc(32),
  startMs: 0,
  endMs: hours * 3_600_000,
  periodSeconds,
  unit: null,
});

describe('A budget of points', () => {
  it('is used up by what is taken, to the last point', () => {
    const budget = new PointBudget(10);
    budget.take(4);
    budget.take(6);
    budget.take(0);
    expect(() => budget.take(1)).toThrow(MathError);
  });
});

describe('Questions are read in parts', () => {
  it('that hold each of them once, in their order', () => {
    const question = fc.tuple(fc.integer({ min: 1, max: 2_000 }), fc.constantFrom(1, 60, 300, 86_400));
    fc.assert(
      fc.property(fc.array(question, { maxLength: 60 }), (given) => {
        const questions = given.map(([hours, period]) => ask(hours, period));
        const parts = splitQuestions(questions);
        expect(parts.flat()).toEqual(questions);
        expect(parts.every((part) => part.length > 0)).toBe(true);
      }),
    );
  });

  it.each([
    ['a day by the minute of a hundred series', 100, ask(24, 60), [100]],
    ['two weeks by the minute of twenty', 20, ask(336, 60), [9, 9, 2]],
    ['a thousand years by the second of twelve', 12, ask(8_766_000, 1), [5, 5, 2]],
    ['nothing', 0, ask(1, 60), []],
  ])('%s', (_what, count, question, sizes) => {
    const parts = splitQuestions(Array.from({ length: count }, () => question));
    expect(parts.map((part) => part.length)).toEqual(sizes);
  });
});
