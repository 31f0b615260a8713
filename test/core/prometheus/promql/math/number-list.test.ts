import { expect, it } from 'vitest';
import { NumberList } from '../../../../../src/core/prometheus/promql/math/number-list.ts';
import { fc } from '../../../../helpers/property.ts';

it('a list of numbers holds what an array holds, bit for bit', () => {
  const step = fc.oneof(
    fc.record({ push: fc.array(fc.double(), { maxLength: 40 }) }),
    fc.record({ drop: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const list = new NumberList();
      let expected: readonly number[] = [];
      for (const one of steps) {
        if ('push' in one) {
          for (const number of one.push) list.push(number);
          expected = [...expected, ...one.push];
        } else {
          const count = Math.floor(one.drop * expected.length);
          list.dropFirst(count);
          expected = expected.slice(count);
        }
        expect(list.length).toBe(expected.length);
        expect([...list.toArray()]).toEqual(expected);
      }
    }),
  );
});
