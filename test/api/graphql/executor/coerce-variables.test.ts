import { buildSchema, execute, type ExecutionArgs, type ExecutionResult, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { coerceVariables } from '../../../../src/api/graphql/executor/coerce-variables.ts';
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

function run(variableValues: Readonly<Record<string, unknown>>, operationName: string, isFast: boolean) {
  const args: ExecutionArgs = { schema, document, rootValue, variableValues, operationName };
  let run: (given: ExecutionArgs) => unknown = execute;
  let isTaken = false;
  if (isFast) {
    // The one hook the plugin has, as envelop calls it.
    const onExecute = Reflect.get(coerceVariables(schema), 'onExecute') as (hook: object) => void;
    onExecute({
      args,
      executeFn: execute,
      setExecuteFn: (given: typeof run) => {
        run = given;
        isTaken = true;
      },
    });
  }
  const { data, errors } = run(args) as ExecutionResult;
  return { isTaken, seen: { data, errors: errors?.map(({ message }) => message) } };
}

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

describe('variables coerced by compiled functions', () => {
  test('are what graphql makes of them, errors included', () => {
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
        expect(run(parsed, name, true).seen).toEqual(run(parsed, name, false).seen);
      }),
      { numRuns: 400 },
    );
  });

  test('take the short way when they are plainly right, and graphql’s own when they are not', () => {
    const points = [{ name: 'a', value: 1, next: { name: 'b', value: 2 } }];
    expect(run({ points }, 'Echo', true)).toMatchObject({ isTaken: true });
    expect(run({ points: points[0] }, 'Echo', true)).toMatchObject({ isTaken: false });
    expect(run({ points: [{ name: 'a', value: 'one' }] }, 'Echo', true)).toMatchObject({ isTaken: false });
    expect(run({ points: [{ name: 'a', value: 1, odd: 1 }] }, 'Echo', true)).toMatchObject({
      isTaken: false,
    });
    expect(run({}, 'Other', true)).toMatchObject({ isTaken: false });
  });
});
