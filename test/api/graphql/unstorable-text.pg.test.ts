/** Texts the database cannot keep, in every argument of every root field there is. */
import { readFileSync } from 'node:fs';
import {
  buildSchema,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isInputObjectType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isScalarType,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, ask } from '../../helpers/ask.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
/** As deep as any input has texts. */
const MAX_DEPTH = 5;
const UNSTORABLE = 'a\0b';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const SCALARS: Readonly<Record<string, unknown>> = {
  Boolean: true,
  DateTime: '2026-03-01T00:00:00Z',
  Float: 0.5,
  ID: 'Metric:00000000-0000-4000-8000-000000000000',
  Int: 1,
  JSON: {},
  String: 'some',
};

/** The least that is of the type. */
function writeLeast(given: GraphQLInputType): unknown {
  const type = getNullableType(given);
  if (isListType(type)) return [writeLeast(type.ofType)];
  if (isScalarType(type)) return SCALARS[type.name];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (!isInputObjectType(type)) throw new Error('there is no other kind of input');
  const fields = Object.values(type.getFields());
  const needed = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField);
  return Object.fromEntries(needed.map((field) => [field.name, writeLeast(field.type)]));
}

interface Variant {
  /** Where the text is. */
  readonly path: string;
  readonly value: unknown;
}

/** One value for each text within the type, in which that text cannot be kept. */
function* spoil(given: GraphQLInputType, path: string, depth = 0): Generator<Variant> {
  const type = getNullableType(given);
  if (isListType(type)) {
    for (const { path: inner, value } of spoil(type.ofType, `${path}.0`, depth))
      yield { path: inner, value: [value] };
  } else if (isScalarType(type)) {
    if (type.name === 'String' || type.name === 'ID') yield { path, value: UNSTORABLE };
    if (type.name === 'JSON') yield { path: `${path}.text`, value: { text: UNSTORABLE } };
  } else if (isInputObjectType(type) && depth < MAX_DEPTH) {
    const least = type.isOneOf ? {} : (writeLeast(type) as object);
    for (const field of Object.values(type.getFields())) {
      for (const { path: inner, value } of spoil(field.type, `${path}.${field.name}`, depth + 1))
        yield { path: inner, value: { ...least, [field.name]: value } };
    }
  }
}

/** Selects what went wrong: of the whole, or of items of it. */
function selectErrors(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  const objects = isAbstractType(named) ? schema.getPossibleTypes(named) : [named];
  const parts = objects.filter(isObjectType).flatMap((object) => {
    const { name } = object;
    if (object.getInterfaces().some((one) => one.name === 'Error'))
      return [`... on ${name} { code message ${name === 'InvalidInputError' ? 'path' : ''} }`];
    const items = Object.values(object.getFields()).filter(
      (field) => getNamedType(field.type).name === 'Error',
    );
    return items.map(
      (field) => `... on ${name} { ${field.name} { code message ... on InvalidInputError { path } } }`,
    );
  });
  return `{ __typename ${parts.join(' ')} }`;
}

interface Refusal {
  readonly code: unknown;
  readonly message: string;
  readonly path?: readonly string[];
}

/** What is an error, wherever it is in the answer. */
function listRefusals(tree: unknown): readonly Refusal[] {
  if (typeof tree !== 'object' || tree === null) return [];
  if ('code' in tree && 'message' in tree) return [tree as Refusal];
  return Object.values(tree).flatMap(listRefusals);
}

interface Request {
  readonly field: GraphQLField<unknown, unknown>;
  /** Of what cannot be kept. */
  readonly path: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

function* listRequests(
  kind: 'query' | 'mutation' | 'subscription',
  field: Request['field'],
): Generator<Request> {
  const least = Object.fromEntries(
    field.args.filter(isRequiredArgument).map(({ name, type }) => [name, writeLeast(type)]),
  );
  for (const argument of field.args) {
    for (const { path, value } of spoil(argument.type, argument.name)) {
      const variables = { ...least, [argument.name]: value };
      const args = field.args.filter(({ name }) => name in variables);
      const declared = args.map(({ name, type }) => `$${name}: ${type.toString()}`).join(', ');
      const passed = args.map(({ name }) => `${name}: $${name}`).join(', ');
      const query = `${kind} (${declared}) { it: ${field.name}(${passed}) ${selectErrors(field.type)} }`;
      yield { field, path, query, variables };
    }
  }
}

const ROOTS = [
  ['query', schema.getQueryType()],
  ['mutation', schema.getMutationType()],
  ['subscription', schema.getSubscriptionType()],
] as const;
const requests = ROOTS.flatMap(([kind, root]) =>
  Object.values(root?.getFields() ?? {}).flatMap((field) => [...listRequests(kind, field)]),
);

/** Whether there is such a place in the field's arguments. */
function isPlace(field: GraphQLField<unknown, unknown>, [first, ...within]: readonly string[]): boolean {
  let type: GraphQLInputType | undefined = field.args.find(({ name }) => name === first)?.type;
  for (const part of within) {
    if (type === undefined) return false;
    const outer: GraphQLInputType = getNullableType(type);
    if (isScalarType(outer)) return outer.name === 'JSON';
    if (isListType(outer)) type = /^\d+$/.test(part) ? outer.ofType : undefined;
    else type = isInputObjectType(outer) ? outer.getFields()[part]?.type : undefined;
  }
  return type !== undefined;
}

/** A refusal says what was not as expected, and where. */
function isGood({ field }: Request, { code, path = [] }: Refusal): boolean {
  if (code === 'INTERNAL_SERVER_ERROR' || code === 'GRAPHQL_VALIDATION_FAILED') return false;
  return code !== 'INVALID_INPUT' || isPlace(field, path);
}

/** The first thing that is answered: of a subscription its first event. */
async function askOnce({ query, variables }: Request): Promise<Pick<Answer, 'data' | 'errors'>> {
  if (!query.startsWith('subscription')) return ask(server, query, variables);
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query, variables }),
  });
  let said = '';
  for await (const chunk of response.body ?? []) {
    said += Buffer.from(chunk as Uint8Array).toString();
    const [, event] = /^data: (.+)$/m.exec(said) ?? [];
    if (event !== undefined) return { errors: [], ...(JSON.parse(event) as Pick<Answer, 'data'>) };
  }
  throw new Error(`no event in ${said}`);
}

test('what is refused is named, and nothing fails', async () => {
  const wrong: string[] = [];
  let refused = 0;
  for (const request of requests) {
    const { data, errors } = await askOnce(request);
    const refusals = [
      ...errors.map(({ message, extensions }) => {
        const { code, inputPath = [] } = extensions as { code?: string; inputPath?: readonly string[] };
        return { message, code, path: inputPath };
      }),
      ...listRefusals(data),
    ];
    refused += refusals.length;
    const bad = refusals.filter((refusal) => !isGood(request, refusal));
    if (bad.length > 0) wrong.push(`${request.query} ${request.path}: ${JSON.stringify(bad)}`);
  }
  expect(wrong).toEqual([]);
  expect(refused).toBeGreaterThan(200);
});
