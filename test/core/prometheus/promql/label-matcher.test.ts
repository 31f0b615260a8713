import { describe, expect, it } from 'vitest';
import { createMatcher } from '../../../../src/core/prometheus/promql/label-matcher.ts';

describe('a matcher', () => {
  it.each([
    ['=', 'a', ['a'], ['', 'b', 'A']],
    ['!=', 'a', ['', 'b'], ['a']],
    ['=~', 'a|b.*', ['a', 'b', 'bcd', 'b\n'], ['', 'ab', 'xb']],
    ['!~', 'a|b.*', ['', 'ab'], ['a', 'bcd']],
    ['=~', '', [''], ['a']],
    ['=~', '(?i)web-\\d+', ['WEB-1', 'web-22'], ['web-']],
  ] as const)('%s %j looks at the whole value', (operator, value, good, bad) => {
    const { matches } = createMatcher('label', operator, value);
    // A second time it is remembered.
    for (const text of [...good, ...good]) expect([text, matches(text)]).toEqual([text, true]);
    for (const text of [...bad, ...bad]) expect([text, matches(text)]).toEqual([text, false]);
  });

  it('takes an expression that would take JavaScript for ever', () => {
    expect(createMatcher('label', '=~', '(a+)+').matches(`${'a'.repeat(4000)}b`)).toBe(false);
  });

  it.each([
    ['(', 'missing closing )'],
    ['(?=a)', 'invalid or unsupported Perl syntax'],
    ['a{1001}', 'invalid repeat'],
    ['(\\pL{100}){9}'.repeat(40), 'expression too large'],
    ['a'.repeat(10_001), 'expression too large'],
  ])('refuses %.20s', (pattern, message) => {
    expect(() => createMatcher('label', '=~', pattern)).toThrow(message);
  });
});
