import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import { checkTagFilters, matchesTags } from '../../../src/core/metrics/tag-filter.ts';

const TAGS = [
  { key: 'Name', value: 'web-1' },
  { key: 'Env', value: 'prod*' },
];

describe('filters by tag', () => {
  it.each<[string, string, boolean]>([
    ['Name', 'web-1', true],
    ['Name', 'web', false],
    ['Name', 'WEB-1', false],
    ['Name', '*web*', true],
    ['Name', 'web-?', true],
    ['Name', 'web-??', false],
    ['Name', '*', true],
    ['Name', '*b*-*1*', true],
    ['Name', '*b*-*2*', false],
    ['Env', 'prod\\*', true],
    ['Env', 'prod\\?', false],
    ['Owner', '*', false],
  ])('match %s: %s → %s', (key, pattern, expected) => {
    expect(matchesTags([{ key, values: [pattern] }], TAGS)).toBe(expected);
  });

  it('take the values of one key for alternatives, and need every key', () => {
    expect(matchesTags([{ key: 'Name', values: ['db*', 'web*'] }], TAGS)).toBe(true);
    expect(
      matchesTags(
        [
          { key: 'Name', values: ['web*'] },
          { key: 'Env', values: ['dev'] },
        ],
        TAGS,
      ),
    ).toBe(false);
  });

  it('do not take for ever over many stars', () => {
    const filters = [{ key: 'Name', values: ['*a*a*a*a*a*a*a*a*a*a*b'] }];
    expect(matchesTags(filters, [{ key: 'Name', value: 'a'.repeat(256) }])).toBe(false);
  });

  it.each([
    [[], 'at least one'],
    [[{ key: '', values: ['a'] }], 'filters.0.key'],
    [[{ key: 'a', values: [] }], 'filters.0.values'],
    [[{ key: 'a', values: ['\\a'] }], 'filters.0.values.0'],
    [[{ key: 'a', values: ['ok', 'a\\'] }], 'filters.0.values.1'],
    [
      [
        { key: 'a', values: ['x'] },
        { key: 'a', values: ['y'] },
      ],
      'twice',
    ],
    [Array.from({ length: 11 }, (_, index) => ({ key: `k${index}`, values: ['x'] })), 'at most 10'],
  ])('are refused by what is wrong: %j', (filters, words) => {
    const checking = () => checkTagFilters(filters, ['filters']);
    expect(checking).toThrow(InvalidInputError);
    expect(checking).toThrow(words);
  });
});
