import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Act, timeKeyboard, timeMouse } from './keystroke-level.ts';

/** By hand from the operators of the model. */
const BY_MOUSE: readonly (readonly [what: string, acts: readonly Act[], seconds: number])[] = [
  ['nothing', [], 0],
  ['a click: M P B B', [{ clicks: 1, keys: 0 }], 2.65],
  [
    'two clicks: M P B B, twice',
    [
      { clicks: 1, keys: 0 },
      { clicks: 1, keys: 0 },
    ],
    5.3,
  ],
  ['one of a list: M P B B P B B', [{ clicks: 2, keys: 0 }], 3.95],
  ['four letters into a field: M P B B H K K K K', [{ clicks: 1, keys: 4 }], 4.17],
  [
    'letters, and Enter: no M and no H before it',
    [
      { clicks: 1, keys: 4 },
      { clicks: 0, keys: 1 },
    ],
    4.45,
  ],
  [
    'letters, and a click: M P B B H K, M H P B B',
    [
      { clicks: 1, keys: 1 },
      { clicks: 1, keys: 0 },
    ],
    6.38,
  ],
];

const someActs = fc.array(fc.record({ clicks: fc.nat(3), keys: fc.nat(40) }), { maxLength: 6 });

describe('the Keystroke-Level Model', () => {
  it.each(BY_MOUSE)('by mouse: %s', (_, acts, seconds) => {
    expect(timeMouse(acts)).toBeCloseTo(seconds, 10);
  });

  it('by keyboard: M for each act, K for each key', () => {
    expect(timeKeyboard(0, 0)).toBe(0);
    expect(timeKeyboard(2, 10)).toBeCloseTo(5.5, 10);
  });

  it('takes longer for more, whatever came before', () => {
    fc.assert(
      fc.property(someActs, fc.record({ clicks: fc.nat(3), keys: fc.nat(40) }), (acts, more) => {
        const longer = timeMouse([...acts, more]) - timeMouse(acts);
        const least = 0.28 * more.keys + 1.3 * more.clicks + (more.clicks > 0 ? 1.35 : 0);
        expect(longer).toBeGreaterThanOrEqual(least - 1e-9);
        // A hand moves twice at most.
        expect(longer).toBeLessThanOrEqual(least + 0.8 + 1e-9);
      }),
    );
  });
});
