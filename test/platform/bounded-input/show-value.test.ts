import { expect, test } from 'vitest';
import { cutMessage, showValue } from '../../../src/platform/bounded-input/show-value.ts';
import { fc } from '../../helpers/property.ts';

test.each([
  ['text', '"text"'],
  [7, '7'],
  [null, 'null'],
  [undefined, 'undefined'],
  [{ a: [1, 'b'], c: {} }, '{"a": [1, "b"], "c": {}}'],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
])('%o is shown as %s', (value, shown) => {
  expect(showValue(value)).toBe(shown);
});

test('of a large value the beginning is shown, in no more than 200 characters', () => {
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`field${i}`, 'x'.repeat(100)]));
  const deep = (depth: number): object => (depth === 0 ? {} : { a: deep(depth - 1) });
  for (const value of [many, [many, many], 'x'.repeat(1_000_000), { ['n'.repeat(1_000_000)]: 1 }, deep(64)]) {
    const shown = showValue(value);
    expect(shown.length).toBeLessThanOrEqual(201);
    expect(shown.endsWith('…')).toBe(true);
  }
});

test('whatever is cut, no half of a character is left', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 150, maxLength: 1_500 });
  fc.assert(
    fc.property(text, (value) => {
      for (const shown of [showValue({ value }), cutMessage(value)])
        expect(shown).not.toMatch(/\p{Surrogate}/u);
      expect(cutMessage(value).length).toBeLessThanOrEqual(1_001);
    }),
  );
});
