import { buildSchema, execute, type ExecutionArgs, type ExecutionResult, GraphQLError, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { coerceVariables } from '../../../../src/api/graphql/executor/coerce-variables.ts';
import type { Excess } from '../../../../src/api/graphql/limits/error.ts';
import { textWith } from '../../../helpers/matchers.ts';
import { fc } from '../../../helpers/property.ts';

const schema = buildSchema(`
  scalar JSON
  enum Colour { RED GREEN }
  input Point { name: String!, value: Float!, colour: Colour = GREEN, tags: [String!], next: Point }
  input Choice @oneOf { name: String, point: Point }
  type Query { echo(points: [Point!], point: Point, id: ID, count: Int! = 7, choice: Choice, on: Boolean): JSON }
`);
const document = parse(`
  query Echo($points: [Point!], $point: Point = { name: "default", value: 1 }, $id: ID, $count: Int! = 3,
      $choice: Choice, $on: Boolean = true) {
    echo(points: $points, point: $point, id: $id, count: $count, choice: $choice, on: $on)
    bare: echo(count: 1) @include(if: $on)
  }
  query Other($count: Int!) { echo(count: $count) }
`);

/** What the arguments were, keys in no order: both ways must see the same. */
const rootValue = { echo: (args: object) => JSON.parse(JSON.stringify(args)) as object };

type Run = (given: ExecutionArgs) => ExecutionResult;
const refusals: Excess[] = [];
const refuse = (excess: Excess) => {
  refusals.push(excess);
  return new GraphQLError('too many');
};

/** As envelop runs it: the executor is given what the hook makes of its arguments. */
function runOurs(variableValues: Readonly<Record<string, unknown>>, operationName: string | null) {
  let run: Run = execute as Run;
  const plugin = coerceVariables(schema, { maxBatchItems: 100, introspection: true, refuse });
  const onExecute = Reflect.get(plugin, 'onExecute') as (hook: object) => void;
  onExecute({ executeFn: execute, setExecuteFn: (given: Run) => (run = given) });
  return run({ schema, document, rootValue, variableValues, operationName });
}

function runTheirs(variableValues: Readonly<Record<string, unknown>>, operationName: string) {
  return execute({ schema, document, rootValue, variableValues, operationName }) as ExecutionResult;
}

/** How a message begins and ends: in between it quotes the value, each in its own way. */
const ends = (errors: readonly GraphQLError[] = []) =>
  errors.slice(0, 10).map(({ message }) => [message.slice(0, 20), message.slice(-12)]);

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double(),
  fc.string(),
  fc.constant('RED'),
);
const point = fc.letrec<{ point: unknown }>((tie) => ({
  point: fc.record(
    {
      name: fc.oneof({ weight: 6, arbitrary: fc.string() }, leaf),
      value: fc.oneof({ weight: 6, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) }, leaf),
      colour: fc.oneof(fc.constantFrom('RED', 'GREEN'), leaf),
      tags: fc.oneof(fc.array(fc.string()), leaf),
      next: fc.option(tie('point'), { depthSize: 'small' }),
      odd: leaf,
    },
    { requiredKeys: ['name', 'value'] },
  ),
})).point;

test('variables are what graphql makes of them, errors included', () => {
  const variables = fc.record(
    {
      points: fc.oneof(fc.array(point), point, leaf),
      point: fc.oneof(point, leaf),
      id: fc.oneof(fc.string(), fc.integer(), leaf),
      count: fc.oneof(fc.integer(), leaf),
      choice: fc.oneof(fc.record({ name: fc.string() }), fc.record({ name: leaf, point }), leaf),
      on: fc.oneof(fc.boolean(), leaf),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(variables, fc.constantFrom('Echo', 'Other'), (given, name) => {
      const parsed = JSON.parse(JSON.stringify(given)) as Record<string, unknown>;
      const [ours, theirs] = [runOurs(parsed, name), runTheirs(parsed, name)];
      expect(ours.data).toEqual(theirs.data);
      expect(ends(ours.errors)).toEqual(ends(theirs.errors));
    }),
    { numRuns: 400 },
  );
});

test('what is odd but right is taken: a single value in place of a list, a choice of one', () => {
  const given = { points: { name: 'a', value: 1 }, choice: { name: 'b' } };
  expect(runOurs(given, 'Echo')).toEqual(runTheirs(given, 'Echo'));
  expect(runOurs(given, 'Echo').data?.echo).toMatchObject({ points: [{ name: 'a' }], choice: { name: 'b' } });
});

describe('however much is wrong, at most ten errors say so, each in at most 1,000 characters:', () => {
  const many = (count: number, make: (index: number) => [string, unknown]) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => make(index)));
  test.each([
    ['five thousand unknown fields', { point: many(5_000, (i) => [`field${i}`, 'x'.repeat(20)]) }],
    ['an unknown field of a long name', { point: { name: 'a', value: 1, ['n'.repeat(500_000)]: 1 } }],
    ['a hundred points without a value', { points: Array.from({ length: 100 }, () => ({ name: 'a' })) }],
    ['a text of half a megabyte for a number', { count: 'x'.repeat(500_000) }],
    ['a value no enum has', { point: { name: 'a', value: 1, colour: 'x'.repeat(500_000) } }],
    ['all of it', { points: 'x', point: 7, id: {}, count: null, choice: {}, on: 'x'.repeat(100_000) }],
  ])('%s', (_what, variables) => {
    const { data, errors = [] } = runOurs(variables, 'Echo');
    expect(data).toBeUndefined();
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(10);
    for (const { message, extensions } of errors) {
      expect(message).toMatch(/^Variable "\$/);
      expect(message.length).toBeLessThanOrEqual(1_001);
      expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', http: { status: 400 } });
    }
  });
});

test('a list longer than a batch may be is refused by its length, wherever in the input it is', () => {
  const list = Array.from({ length: 101 }, () => 'x');
  const refused = (variables: Readonly<Record<string, unknown>>) => {
    refusals.length = 0;
    expect(runOurs(variables, 'Echo').errors).toMatchObject([{ message: 'too many' }]);
    return refusals;
  };
  const excess = { limit: 'batch', allowed: 100, seen: 101 };
  expect(refused({ points: list })).toEqual([{ ...excess, place: '$points' }]);
  expect(refused({ point: { tags: list } })).toEqual([{ ...excess, place: '$point.tags' }]);
  expect(refused({ point: { odd: 1, next: { next: { tags: list } } } })).toEqual([
    { ...excess, place: '$point.next.next.tags' },
  ]);
});

const wrongNames: readonly [string | null, string][] = [
  ['Nope', 'got "Nope"'],
  ['x'.repeat(100_000), 'got "xxx'],
  [null, 'there are several'],
];
test.each(wrongNames)(
  'an operation that is not there, or not the only one, is a request error: %.10s',
  (name, text) => {
    const { data, errors } = runOurs({}, name);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([
      {
        message: textWith(text),
        extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
      },
    ]);
    expect(errors?.[0]?.message.length).toBeLessThan(400);
  },
);

test('names every object has are no variables until they are given', () => {
  const odd = parse(
    'query ($constructor: Int, $__proto__: Int = 5, $toString: ID) { echo(id: $toString, count: 1) }',
  );
  const plugin = coerceVariables(schema, { maxBatchItems: 100, introspection: true, refuse });
  let run: Run = execute as Run;
  const onExecute = Reflect.get(plugin, 'onExecute') as (hook: object) => void;
  onExecute({ executeFn: execute, setExecuteFn: (given: Run) => (run = given) });
  const seen = (variableValues: Record<string, unknown>) =>
    run({ schema, document: odd, rootValue, variableValues }).data?.echo;
  expect(seen({})).toEqual({ count: 1 });
  expect(
    seen(JSON.parse('{"toString":"a","__proto__":7,"constructor":1}') as Record<string, unknown>),
  ).toEqual({
    id: 'a',
    count: 1,
  });
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});
