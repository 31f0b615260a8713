/** What the limits see in a document, before anything of it runs. */
import { getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createOperationCheck } from '../../../../src/api/graphql/limits/check.ts';
import { createSchema } from '../../../../src/api/graphql/schema.ts';

const LIMITS = {
  maxDepth: 15,
  maxFields: 1000,
  maxFieldPairs: 10_000,
  maxAliases: 100,
  maxRootFields: 25,
  maxDirectives: 50,
  maxCost: 50_000,
  maxPageRows: 5_000,
};
const check = createOperationCheck(createSchema(), LIMITS);
const times = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ');
const find = (document: string, variables = {}, name: string | null = null) =>
  check(parse(document), name, variables);

describe('a document of ordinary size passes:', () => {
  test.each([
    ['the question for the schema', getIntrospectionQuery({ schemaDescription: true })],
    ['a page of metrics with their charts', '{ metrics { nodes { name series { timestamps values } } } }'],
    ['a page of metrics with a page of samples', '{ metrics { nodes { data { nodes { value } } } } }'],
    ['the longest page of samples', '{ metricData(filter: {}, first: 1000) { nodes { metric { name } } } }'],
    ['the largest events', 'subscription { anomalyScores(maxBatch: 1000) { scores { value } } }'],
    ['sixty metrics side by side', `{ ${times(20, (i) => `m${i}: metric(id: "M:${i}") { name unit }`)} }`],
    ['lists in lists', '{ metrics { nodes { resource { metrics { resource { metrics { name } } } } } } }'],
    ['an unknown field, which validation refuses', '{ nope { nope } }'],
    ['a fragment that is not there', '{ ...Nope }'],
  ])('%s', (_name, document) => {
    expect(find(document)).toBeNull();
  });
});

test('variables called by names every object has are not taken for page sizes', () => {
  const document =
    'query ($constructor: Int, $__proto__: Int) { metrics(first: $constructor) { nodes { data(first: $__proto__) { nodes { value } } } } }';
  expect(find(document, {})).toBeNull();
  expect(find(document, JSON.parse('{"__proto__":900}') as object)).toMatchObject({ limit: 'cost' });
});

describe('is refused, by the name of the limit, what it allows and what was seen:', () => {
  const metrics = (inner: string) => `{ metrics { nodes { ${inner} } } }`;
  const doubling = times(300, (i) => `fragment F${i} on Metric { ...F${i + 1} ...F${i + 1} }`);
  const deep = `${'resource { metrics { '.repeat(8)} name ${'} }'.repeat(8)}`;
  const manyNames = times(51, () => '"a-name-of-some-length",');

  test.each([
    ['depth', metrics(deep), { allowed: 15, seen: 19 }],
    [
      'depth',
      `${metrics('...A')} fragment A on Metric { resource { ...B } } fragment B on Resource { metrics { ${deep} } }`,
      { allowed: 15, seen: 21 },
    ],
    ['aliases', metrics(times(101, (i) => `a${i}: name`)), { allowed: 100, seen: 101 }],
    [
      'aliases',
      `${metrics(times(11, () => '... on Metric { ...A }'))} fragment A on Metric { ${times(10, (i) => `a${i}: name`)} }`,
      { allowed: 100, seen: 110 },
    ],
    ['root_fields', `{ ${times(26, () => '__typename')} }`, { allowed: 25, seen: 26 }],
    [
      'root_fields',
      `{ ${times(3, () => '...A')} } fragment A on Query { ${times(9, () => '__typename')} }`,
      { allowed: 25, seen: 27 },
    ],
    ['directives', `{ serverInfo { version ${'@skip(if: false) '.repeat(51)} } }`, { allowed: 50, seen: 51 }],
    ['directives', `query ${'@a '.repeat(51)} { __typename }`, { allowed: 50, seen: 51 }],
    [
      'fields',
      `{ __typename } fragment Unused on Metric { ${times(1001, (i) => `f${i}`)} }`,
      { allowed: 1000 },
    ],
    [
      'fields',
      `${metrics('...F0')} ${doubling} fragment F300 on Metric { name }`,
      { allowed: 1000, seen: 2 ** 300 + 2 },
    ],
    ['field_pairs', `{ serverInfo { ${times(400, () => 'counters { name }')} } }`, { allowed: 10_000 }],
    [
      'field_pairs',
      `{ serverInfo { ${times(30, () => `counters(names: [${manyNames}]) { name }`)} } }`,
      { allowed: 10_000 },
    ],
    ['page', '{ metricData(filter: {}, first: 5001) { nodes { value } } }', { seen: 5001, place: 'first' }],
    [
      'page',
      metrics('series(maxPoints: 9999) { values }'),
      { allowed: 5000, seen: 9999, place: 'maxPoints' },
    ],
    ['cost', metrics('data(first: 1000) { nodes { value } }'), { allowed: 50_000, seen: 100_201 }],
    ['cost', metrics('annotations(first: 1000) { message }'), { allowed: 50_000, seen: 100_101 }],
    ['cost', metrics('...A') + ' fragment A on Metric { data(last: 1000) { edges { node { value } } } }', {}],
    ['cost', `{ ${times(25, (i) => `a${i}: __schema { types { name } }`)} ...A }`, {}],
  ] as const)('%s', (limit, document, expected) => {
    expect(find(document)).toMatchObject({ limit, ...expected });
  });

  test('a page whose size is in a variable, or in its default', () => {
    const document = 'query ($n: Int = 6000) { metricData(filter: {}, first: $n) { nodes { value } } }';
    expect(find(document, { n: 7000 })).toMatchObject({ limit: 'page', seen: 7000 });
    expect(find(document, { n: 10 })).toBeNull();
    expect(find(document)).toMatchObject({ limit: 'page', seen: 6000 });
  });

  test('a list of ids in a variable, by what is read of each', () => {
    const document =
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Metric { data(first: 1000) { nodes { value } } } } }';
    const ids = (count: number) => ({ ids: Array.from({ length: count }, (_, i) => `Metric:${i}`) });
    expect(find(document, ids(40))).toBeNull();
    expect(find(document, ids(60))).toMatchObject({ limit: 'cost', seen: 60_120 });
  });

  test('only the operation that would run', () => {
    const document = `query Small { __typename } query Large { ${times(26, () => '__typename')} }`;
    expect(find(document, {}, 'Small')).toBeNull();
    expect(find(document, {}, 'Large')).toMatchObject({ limit: 'root_fields' });
  });
});

test('fragments that go in circles end, and are left to validation', () => {
  const circle = times(300, (i) => `fragment F${i} on Metric { ...F${(i + 1) % 300} ...F${(i + 7) % 300} }`);
  expect(find(`{ metrics { nodes { ...F0 } } } ${circle}`)).toBeNull();
  expect(find('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }')).toBeNull();
});

test('each fragment is measured once: a chain of 330 in which each is spread thrice takes no longer than it is', () => {
  const chain = times(330, (i) => `fragment F${i} on Metric { ...F${i + 1} ...F${i + 1} ...F${i + 1} }`);
  const document = parse(`{ metrics { nodes { ...F0 } } } ${chain} fragment F330 on Metric { name }`);
  // Were they measured wherever they are spread, this would outlive the sun.
  expect(check(document, null, {})).toMatchObject({ limit: 'fields', allowed: 1000 });
});
