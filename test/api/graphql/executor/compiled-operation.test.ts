import fc from 'fast-check';
import {
  execute,
  getIntrospectionQuery,
  type GraphQLError,
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  parse,
  validate,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { compileOperation } from '../../../../src/api/graphql/executor/compiled-operation.ts';

/** What a field of the tree below gives: itself, nothing, a failure, each now or later. */
type Leaf = string | number | null | Error;
interface Tree {
  readonly kind: 'Twig' | 'Bud';
  readonly leaf: Leaf;
  readonly isLate: boolean;
  readonly below: readonly (Tree | null | Error)[];
}

const give = (value: unknown, isLate: boolean): unknown => {
  if (isLate) return value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
  if (value instanceof Error) throw value;
  return value;
};
const field = (type: GraphQLOutputType, read: (tree: Tree) => unknown) => ({
  type,
  resolve: (tree: Tree) => give(read(tree), tree.isLate),
});
/** All that a resolver can read of its field, and the path with every type on it. */
const describeInfo = (info: GraphQLResolveInfo): unknown => [
  info.fieldName,
  info.fieldNodes.map(({ loc }) => loc?.start),
  String(info.returnType),
  info.parentType.name,
  info.path,
  info.schema === schema,
  Object.keys(info.fragments),
  info.rootValue instanceof Object,
  info.operation.loc?.start,
  info.variableValues,
];
const Node: GraphQLInterfaceType = new GraphQLInterfaceType({
  name: 'Node',
  fields: () => ({
    leaf: { type: GraphQLString },
    one: { type: Node },
    all: { type: new GraphQLList(Node) },
  }),
  resolveType: ({ kind, isLate }: Tree) => (isLate ? Promise.resolve(kind) : kind),
});
const makeType = (name: 'Twig' | 'Bud', withCheck: boolean): GraphQLObjectType =>
  new GraphQLObjectType<Tree>({
    name,
    interfaces: [Node],
    ...(withCheck
      ? { isTypeOf: ({ kind, isLate }: Tree) => (isLate ? Promise.resolve(kind === name) : kind === name) }
      : {}),
    fields: () => ({
      leaf: field(GraphQLString, ({ leaf }) => leaf),
      sure: field(new GraphQLNonNull(GraphQLString), ({ leaf }) => leaf),
      number: field(GraphQLInt, ({ leaf }) => leaf),
      isLate: { type: new GraphQLNonNull(GraphQLBoolean) },
      one: field(Node, ({ below }) => below[0] ?? null),
      sureOne: field(new GraphQLNonNull(Twig), ({ below }) => below[0] ?? null),
      all: field(new GraphQLList(Node), ({ below }) => below),
      sureAll: field(new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(Node))), ({ below }) => below),
      either: field(new GraphQLList(Either), ({ below, isLate }) =>
        below.map((tree) => (isLate ? Promise.resolve(tree) : tree)),
      ),
      leaves: field(new GraphQLList(GraphQLFloat), ({ below }) =>
        below.map((tree) => (tree instanceof Error ? tree : tree?.leaf)),
      ),
      noList: field(new GraphQLList(GraphQLFloat), ({ leaf }) => leaf),
      says: {
        type: GraphQLString,
        args: {
          word: { type: new GraphQLNonNull(GraphQLString), defaultValue: 'nothing' },
          times: { type: GraphQLInt },
        },
        resolve: (_tree: Tree, args: object, context: unknown, info: GraphQLResolveInfo) =>
          JSON.stringify([args, context, describeInfo(info)]),
      },
    }),
  });
const Twig = makeType('Twig', true);
const Bud = makeType('Bud', false);
const Either = new GraphQLUnionType({
  name: 'Either',
  types: [Twig, Bud],
  resolveType: ({ kind }: Tree) => kind,
});
const schema = new GraphQLSchema({ query: Twig, mutation: Bud, types: [Bud] });

const LEAVES = ['leaf', 'number', 'isLate', 'leaves', '__typename', 'sure', 'noList'];

/** Fields of a Twig or a Bud, with at most as many levels below. */
function listFields(levels: number): fc.Arbitrary<string> {
  const plain = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...LEAVES) },
    fc.constantFrom('alias: leaf', 'says', 'says(word: $word, times: 2)', 'other: says(times: $times)'),
    fc.constantFrom('leaf @skip(if: $on)', 'number @include(if: $on)', 'isLate @skip(if: false)', '...Named'),
  );
  if (levels === 0) return fc.array(plain, { minLength: 1, maxLength: 3 }).map((fields) => fields.join(' '));
  const below = listFields(levels - 1);
  const composite = fc.oneof(
    fc
      .tuple(fc.constantFrom('all', 'one', 'sureAll', 'either'), below, below)
      .map(
        ([name, ofTwig, ofBud]) => `${name} { __typename ... on Twig { ${ofTwig} } ... on Bud { ${ofBud} } }`,
      ),
    below.map((fields) => `sureOne { ${fields} }`),
    below.map((fields) => `all { leaf ... on Node { ... on Bud @include(if: $on) { ${fields} } } }`),
  );
  const any = fc.oneof({ weight: 2, arbitrary: plain }, composite);
  return fc.array(any, { minLength: 1, maxLength: 4 }).map((fields) => fields.join(' '));
}

const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.constant(null),
  fc.constant(new Error('no leaf')),
);

/** @param late whether what is given may be a promise */
function listTrees(levels: number, late: fc.Arbitrary<boolean>): fc.Arbitrary<Tree> {
  const none = fc.constantFrom(null, new Error('no tree'));
  const below =
    levels === 0
      ? fc.constant([])
      : fc.array(fc.oneof({ weight: 6, arbitrary: listTrees(levels - 1, late) }, none), { maxLength: 3 });
  return fc.record({ kind: fc.constantFrom('Twig', 'Bud'), leaf, isLate: late, below });
}

async function runBoth(given: { query: string; rootValue?: unknown; variableValues?: object }) {
  const { query, rootValue } = given;
  const variableValues = { ...given.variableValues };
  const document = parse(query);
  const contextValue = { who: 'me' };
  const compiled = compileOperation(schema, document, null);
  const ours = await compiled?.({ document, rootValue, variableValues, contextValue });
  if (ours == null) throw new Error('was not compiled');
  const theirs = await execute({ schema, document, rootValue, variableValues, contextValue });
  return { ours, theirs };
}

const QUESTION = (fields: string) => `query Q($on: Boolean!, $word: String!, $times: Int) { ${fields} }
  fragment Named on Node { leaf one { ...on Bud { sure } } ... on Twig { says(word: $word) } }`;

/** What is not used may be in a document here. */
function isValid(query: string): boolean {
  return validate(schema, parse(query)).every(({ message }) => message.includes('never used'));
}

const variables = fc.record({
  on: fc.boolean(),
  times: fc.option(fc.integer({ max: 9 })),
  word: fc.string(),
});

describe('a compiled operation', () => {
  test('answers as graphql does, with the same failures in the same places', async () => {
    await fc.assert(
      fc.asyncProperty(
        listFields(2).map(QUESTION).filter(isValid),
        listTrees(2, fc.constant(false)),
        variables,
        async (query, tree, variableValues) => {
          const rootValue = { ...tree, kind: 'Twig' };
          const { ours, theirs } = await runBoth({ query, rootValue, variableValues });
          expect(JSON.stringify(ours.data)).toBe(JSON.stringify(theirs.data));
          expect(ours.errors?.map(readPlace)).toEqual(theirs.errors?.map(readPlace));
        },
      ),
      { numRuns: 120, seed: 7 },
    );
  });

  test('answers as graphql does when some of it comes later', async () => {
    await fc.assert(
      fc.asyncProperty(
        listFields(2).map(QUESTION).filter(isValid),
        listTrees(2, fc.boolean()),
        variables,
        async (query, tree, variableValues) => {
          const rootValue = { ...tree, kind: 'Twig' };
          const { ours, theirs } = await runBoth({ query, rootValue, variableValues });
          expect(JSON.stringify(ours.data)).toBe(JSON.stringify(theirs.data));
          // Which of several failures of one object are told depends on which came first.
          expect(ours.errors === undefined).toBe(theirs.errors === undefined);
        },
      ),
      { numRuns: 120, seed: 11 },
    );
  });

  test('answers as graphql does where a condition is null, or leaves the whole to it', async () => {
    let left = 0;
    await fc.assert(
      fc.asyncProperty(
        listFields(2)
          .map((fields) => QUESTION(fields).replace('$on: Boolean!', '$on: Boolean = true'))
          .filter((query) => query.includes('$on)') && isValid(query)),
        listTrees(2, fc.constant(false)),
        async (query, tree) => {
          const document = parse(query);
          const given = {
            document,
            rootValue: { ...tree, kind: 'Twig' },
            variableValues: { on: null, word: 'w' },
          };
          const theirs = await execute({ schema, ...given });
          const ours = await compileOperation(schema, document, null)?.(given);
          if (ours == null) {
            left += 1;
            // Refused before anything of it is executed.
            expect([theirs.data, theirs.errors?.map(({ path }) => path)]).toEqual([null, [undefined]]);
            return;
          }
          expect(JSON.stringify(ours.data)).toBe(JSON.stringify(theirs.data));
          expect(ours.errors?.map(readPlace)).toEqual(theirs.errors?.map(readPlace));
        },
      ),
      { numRuns: 120, seed: 5 },
    );
    expect(left).toBeGreaterThan(10);
    expect(left).toBeLessThan(110);
  });

  test('gives the schema as graphql does', async () => {
    const { ours, theirs } = await runBoth({ query: getIntrospectionQuery() });
    expect(JSON.stringify(ours)).toBe(JSON.stringify(theirs));
  });

  test('refuses variables as graphql does', async () => {
    const query = 'query Q($times: Int!) { says(times: $times) }';
    const { ours, theirs } = await runBoth({ query, variableValues: { times: 'many' } });
    expect(ours.errors?.map(String)).toEqual(theirs.errors?.map(String));
    expect(ours.data).toBeUndefined();
  });

  test('begins no field once it is given up', async () => {
    const abort = new AbortController();
    const document = parse('{ all { leaf } }');
    const late: Tree = { kind: 'Twig', leaf: 'late', isLate: false, below: [] };
    const rootValue: Tree = { kind: 'Twig', leaf: 'x', isLate: true, below: [late] };
    const answer = compileOperation(schema, document, null)?.({ document, rootValue, signal: abort.signal });
    abort.abort(new Error('given up'));
    expect(await answer).toMatchObject({ data: { all: [null] }, errors: [{ message: 'given up' }] });
  });

  test.each(['mutation { leaf }', '{ __proto__: leaf }'])('leaves %s to graphql', (query) => {
    expect(compileOperation(schema, parse(query), null)).toBeNull();
  });

  test('leaves a document whose conditions are decided in ever new ways to graphql', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const document = parse(`query Q(${names.map((name) => `$${name}: Boolean!`).join()}) {
      ${names.map((name) => `${name}: isLate @include(if: $${name})`).join(' ')} }`);
    const compiled = compileOperation(schema, document, null);
    const answers = Array.from({ length: 32 }, (_, bits) => {
      const variableValues = Object.fromEntries(names.map((name, bit) => [name, ((bits >> bit) & 1) === 1]));
      return compiled?.({ document, rootValue: { isLate: true }, variableValues });
    });
    expect(answers.filter((answer) => answer === null)).toHaveLength(16);
    expect(answers[3]).toEqual({ data: { a: true, b: true } });
  });
});

function readPlace({ path, locations }: GraphQLError): object {
  return { path, locations };
}
