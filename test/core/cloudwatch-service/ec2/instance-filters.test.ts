/** EC2's filters, as its documentation of the Filter type has them, and against regular expressions. */
import { describe, expect, it } from 'vitest';
import {
  checkFilters,
  findAmong,
  findAmongTagged,
  matchPattern,
  type KnownInstance,
} from '../../../../src/core/cloudwatch-service/ec2/instance-filters.ts';
import { fc } from '../../../helpers/property.ts';

describe('A value of a filter', () => {
  it.each([
    // "A filter value of \*amazon\?\\ specifies the literal string *amazon?\."
    [String.raw`\*amazon\?\\`, String.raw`*amazon?\ `.trim(), true],
    [String.raw`\*amazon\?\\`, 'xamazonx\\', false],
    [String.raw`\*`, 'anything', false],
    [String.raw`100\*`, '100*', true],
    [String.raw`\\*`, String.raw`\server\share`, true],
    [String.raw`C:\tmp`, String.raw`C:\tmp`, true],
    [String.raw`C:\*`, String.raw`C:\tmp`, false],
    [String.raw`C:\\*`, String.raw`C:\tmp`, true],
    ['tail\\', 'tail\\', true],
    ['Web-?', 'web-1', false],
    ['web-?', 'web-10', false],
    ['web-?', 'web-', false],
    ['web-?', 'web-é', true],
    ['web-?', 'web-😀', true],
    ['web-*😀', 'web-1😀', true],
    ['.*', 'abc', false],
    ['[ab]', 'a', false],
    ['*\n*', 'one\ntwo', true],
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['a**b', 'ab', true],
  ])('%j fits %j: %s', (pattern, text, expected) => {
    expect(matchPattern(pattern, text)).toBe(expected);
  });

  it('fits what the regular expression of the same meaning does', () => {
    const PARTS = [
      ['*', '.*'],
      ['?', '.'],
      ['a', 'a'],
      ['b', 'b'],
      [String.raw`\*`, String.raw`\*`],
      [String.raw`\?`, String.raw`\?`],
      [String.raw`\\`, String.raw`\\`],
    ] as const;
    const pattern = fc.array(fc.constantFrom(...PARTS), { maxLength: 8 });
    const text = fc.array(fc.constantFrom('a', 'b', '*', '?', '\\'), { maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (parts, characters) => {
        const expression = new RegExp(`^${parts.map(([, part]) => part).join('')}$`, 'su');
        const held = characters.join('');
        expect(matchPattern(parts.map(([part]) => part).join(''), held)).toBe(expression.test(held));
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes no longer for many stars than its length times the text', () => {
    const startedAt = performance.now();
    expect(matchPattern('*a'.repeat(100), 'a'.repeat(20_000))).toBe(true);
    expect(matchPattern(`${'*a'.repeat(100)}b`, 'a'.repeat(20_000))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

const INSTANCE: KnownInstance = {
  id: 'i-1',
  state: 'running',
  region: 'eu-west-1',
  tags: [
    { key: 'Name', value: 'web-1' },
    { key: 'tag:odd', value: 'x' },
  ],
  attributes: {},
  startedAt: null,
  sizeRank: 0,
};

describe('Filters', () => {
  const find = findAmongTagged({ state: ({ state }) => [state], none: () => [] });
  const fits = (...filters: readonly (readonly [string, ...string[]])[]) =>
    checkFilters(
      filters.map(([Name, ...Value]) => ({ Name, Value })),
      find,
    )(INSTANCE);

  it.each([
    [[], true],
    [[['state', 'stopped', 'running']], true],
    [[['state', 'stopped']], false],
    [
      [
        ['state', 'running'],
        ['tag:Name', 'web-*'],
      ],
      true,
    ],
    [
      [
        ['state', 'running'],
        ['tag:Name', 'db-*'],
      ],
      false,
    ],
    [
      [
        ['state', 'stopped'],
        ['tag:Name', 'web-*'],
      ],
      false,
    ],
    [[['tag:name', 'web-1']], false],
    [[['tag:tag:odd', 'x']], true],
    [[['tag:Missing', '*']], false],
    // Without values nothing is one of them.
    [[['state']], false],
    [[['none', '*']], false],
  ] as const)('%j: %s', (filters, expected) => {
    expect(fits(...filters)).toBe(expected);
  });

  it.each([
    [[{ Value: ['x'] }], 'MissingParameter', 'Filter.1.Name'],
    [[{ Name: 'state' }, { Name: 'colour', Value: ['x'] }], 'InvalidParameterValue', 'Filter.2.Name'],
    [[{ Name: 'constructor', Value: ['x'] }], 'InvalidParameterValue', 'There is no such filter.'],
    [[{ Name: 'state', Value: Array<string>(201).fill('x') }], 'InvalidParameterValue', 'at most 200'],
    [Array.from({ length: 51 }, () => ({ Name: 'state' })), 'InvalidParameterValue', 'at most 50'],
  ])('%.60j are refused: %s', (filters, code, message) => {
    expect(() => checkFilters(filters, find)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error,
    );
  });

  it('may be fifty, of two hundred values each', () => {
    const Value = [...Array<string>(199).fill('x'), 'running'];
    const filters = Array.from({ length: 50 }, () => ({ Name: 'state', Value }));
    expect(checkFilters(filters, find)(INSTANCE)).toBe(true);
  });

  it('of what has no tags know no tag', () => {
    expect(findAmong({ name: (one: string) => [one] })('tag:Name')).toBeUndefined();
  });
});
