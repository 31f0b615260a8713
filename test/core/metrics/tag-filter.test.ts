import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import { checkTagFilters, matchesTags, toCanonicalFilters } from '../../../src/core/metrics/tag-filter.ts';

const TAGS = [
  { key: 'Name', value: 'web-1' },
  { key: 'Env', value: 'prod*' },
];

const WEB = { resourceId: 'i-0001', state: 'running', tags: TAGS, attributes: {} };

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
    expect(matchesTags([{ key, values: [pattern] }], WEB)).toBe(expected);
  });

  it('take the values of one key for alternatives, and need every key', () => {
    expect(matchesTags([{ key: 'Name', values: ['db*', 'web*'] }], WEB)).toBe(true);
    expect(
      matchesTags(
        [
          { key: 'Name', values: ['web*'] },
          { key: 'Env', values: ['dev'] },
        ],
        WEB,
      ),
    ).toBe(false);
  });

  it('do not take for ever over many stars', () => {
    const filters = [{ key: 'Name', values: ['*a*a*a*a*a*a*a*a*a*a*b'] }];
    expect(matchesTags(filters, { ...WEB, tags: [{ key: 'Name', value: 'a'.repeat(256) }] })).toBe(false);
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
    [[{ key: 'tag:', values: ['x'] }], 'filters.0.key'],
    [
      [
        { key: 'Name', values: ['x'] },
        { key: 'tag:Name', values: ['y'] },
      ],
      'twice',
    ],
    [Array.from({ length: 11 }, (_, index) => ({ key: `k${index}`, values: ['x'] })), 'at most 10'],
  ])('are refused by what is wrong: %j', (filters, words) => {
    const checking = () => checkTagFilters(filters, ['filters']);
    expect(checking).toThrow(InvalidInputError);
    expect(checking).toThrow(words);
  });

  it('of another type of resource are refused by name', () => {
    const filters = [{ key: 'instance-type', values: ['m5.large'] }];
    checkTagFilters(filters, ['filters'], 'AWS::EC2::Instance');
    expect(() => checkTagFilters(filters, ['filters'], 'AWS::EC2::Volume')).toThrow(
      'resources of AWS::EC2::Volume have no instance-type',
    );
  });
});

describe('filters of EC2', () => {
  const instance = {
    resourceId: 'i-0001',
    state: 'running',
    tags: [...TAGS, { key: 'vpc-id', value: 'of a tag' }, { key: 'tag:Odd', value: 'odd' }],
    attributes: {
      'availability-zone': ['us-west-2a'],
      'group-name': ['web', 'ssh'],
      'image-id': ['ami-1'],
      'instance-type': ['m5.large'],
      'subnet-id': ['subnet-1'],
      'vpc-id': ['vpc-1'],
    },
  };

  it.each<[string, string[], boolean]>([
    ['instance-type', ['m5.large'], true],
    ['instance-type', ['m5.*'], true],
    ['instance-type', ['t3.micro', 'm5.large'], true],
    ['instance-type', ['M5.LARGE'], false],
    ['availability-zone', ['us-west-2?'], true],
    ['vpc-id', ['vpc-1'], true],
    ['vpc-id', ['of a tag'], false],
    ['tag:vpc-id', ['of a tag'], true],
    ['subnet-id', ['subnet-1'], true],
    ['image-id', ['ami-2'], false],
    ['group-name', ['ssh'], true],
    ['instance-id', ['i-0001'], true],
    ['instance-state-name', ['running'], true],
    ['instance-state-name', ['stopped'], false],
    ['tag-key', ['Env'], true],
    ['tag-key', ['Owner'], false],
    ['key-name', ['*'], false],
    ['tag:Name', ['web-*'], true],
    ['tag:tag:Odd', ['odd'], true],
    ['tag:Odd', ['odd'], false],
  ])('match %s: %j → %s', (key, values, expected) => {
    expect(matchesTags([{ key, values }], instance)).toBe(expected);
  });

  it('have one form where two would say the same', () => {
    const keys = ['Name', 'tag:Name', 'tag:vpc-id', 'vpc-id', 'tag:tag:Odd', 'aws:autoscaling:groupName'];
    const filters = keys.map((key) => ({ key, values: ['x'] }));
    expect(toCanonicalFilters(filters).map(({ key }) => key)).toEqual([
      'Name',
      'Name',
      'tag:vpc-id',
      'vpc-id',
      'tag:tag:Odd',
      'aws:autoscaling:groupName',
    ]);
  });
});
