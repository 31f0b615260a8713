import { expect, test } from 'vitest';
import { findLongestVariable, skipLongLists } from '../../../../src/api/graphql/limits/skip-long-lists.ts';

const MOST = 1_000;
/** So large that a body with it is looked through. */
const FILLING = 'x'.repeat(1_100_000);
const items = (count: number) => Array.from({ length: count }, (_, i) => ({ n: i, odd: '],[{"\\' }));

function read(body: string): unknown {
  const { bytes, restoreLengths } = skipLongLists(Buffer.from(body), MOST);
  const parsed = JSON.parse(bytes.toString()) as object;
  restoreLengths(parsed);
  return parsed;
}

const kept: readonly [string, object][] = [
  ['as many items as there may be', { query: FILLING, variables: { list: items(MOST) } }],
  ['a list within a list', { query: FILLING, variables: { models: [{ samples: items(MOST + 1) }] } }],
  ['a list that is no variable', { query: FILLING, extensions: { list: items(MOST + 1) } }],
  ['names with escapes, brackets and quotes', { query: FILLING, variables: { 'a"[\\': { ']': [1, '"'] } } }],
  ['a body of no large size', { query: 'x', variables: { list: items(MOST + 1) } }],
  ['an empty list', { query: FILLING, variables: { list: [] } }],
];
test.each(kept)('%s is read as it is', (_what, body) => {
  expect(read(JSON.stringify(body))).toEqual(body);
});

test('of a longer list in variables the length is read and nothing else, and what stands beside it as it is', () => {
  const beside = { before: [1, 2], text: '"]}', after: { deep: [{ a: ',' }] } };
  const body = {
    query: FILLING,
    variables: { ...beside, input: { id: 'a', points: items(MOST + 1) }, more: items(2 * MOST) },
    operationName: 'P',
  };
  for (const text of [JSON.stringify(body), JSON.stringify(body, null, 2)]) {
    const found = read(text) as typeof body;
    expect(found).toMatchObject({ query: FILLING, variables: beside, operationName: 'P' });
    expect(found.variables.input.id).toBe('a');
    expect(found.variables.input.points).toHaveLength(MOST + 1);
    expect(found.variables.more).toHaveLength(2 * MOST);
    expect(found.variables.input.points[0]).toBeUndefined();
  }
});

test('a list that is overwritten by what has its name leaves no trace but its length', () => {
  const long = JSON.stringify(items(MOST + 1));
  const found = read(`{"query":"${FILLING}","variables":{"a":{"b":${long}},"a":1,"c":${long},"c":[1]}}`);
  expect(found).toMatchObject({ variables: { a: 1 } });
  expect((found as { variables: { c: unknown[] } }).variables.c).toHaveLength(MOST + 1);
});

test.each(['[', '{"variables":{"a":[', '{"variables":{"a":"\\', `{"variables":{"a":[${'1,'.repeat(MOST)}`])(
  'a body that ends before its end is no JSON: %.20s',
  (end) => {
    expect(() => read(`${' '.repeat(1_000_000)}${end}`)).toThrow(SyntaxError);
  },
);

test('the longest of the variables is found in objects, not in lists', () => {
  expect(findLongestVariable({ a: [1], b: { c: [1, 2, 3], d: [[1, 2, 3, 4]] }, e: null })).toEqual({
    place: 'variables.b.c',
    items: 3,
  });
  expect(findLongestVariable({ a: 1 })).toBeNull();
});
