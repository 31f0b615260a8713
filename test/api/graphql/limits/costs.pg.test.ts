/** The most expensive page of each connection: what it costs is in the answer, and a refusal leads to one that runs. */
import { getNamedType, type GraphQLField, isLeafType, isNonNullType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSchema } from '../../../../src/api/graphql/schema.ts';
import { TRANSPORTS } from '../../../helpers/connect.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const MAX_COST = 50_000;
const schema = createSchema();
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const points = Array.from({ length: 3 }, (_, i) => ({ metric: 'a', timestampMs: i * 60_000, value: i }));
  await server.engine.accept.acceptNamed(points);
});

afterAll(() => server[Symbol.asyncDispose]());

interface Refusal {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

interface Priced {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly Refusal[];
  readonly extensions?: { readonly cost: { readonly requested: number; readonly allowed: number } };
}

async function ask(request: object): Promise<Priced> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  return (await response.json()) as Priced;
}

const askPriced = (query: string) => ask({ query, extensions: { cost: true } });

/** What has to be given to be asked at all. */
const REQUIRED: Readonly<Record<string, string>> = {
  filter: 'filter: {}',
  region: 'region: "us-west-2"',
  filters: 'filters: [{ key: "env", values: ["x"] }]',
};
/** Where things with connections of their own are. */
const PARENTS: Readonly<Record<string, (selection: string) => string>> = {
  Query: (selection) => `{ ${selection} }`,
  Metric: (selection) => `{ metrics(first: 100) { nodes { ${selection} } } }`,
  Autostack: (selection) => `{ autostacks(first: 100) { nodes { ${selection} } } }`,
};

const CONNECTIONS = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => getNamedType(field.type).name.endsWith('Connection'))
      .map((field) => ({ name: `${type.name}.${field.name}`, parent: type.name, field })),
  );

function writePage({ name, args, type }: GraphQLField<unknown, unknown>, first: number): string {
  const given = args
    .filter((argument) => isNonNullType(argument.type) && argument.defaultValue === undefined)
    .map((argument) => REQUIRED[argument.name] ?? `${argument.name}: has to be given`);
  const connection = getNamedType(type);
  const nodes = isObjectType(connection) ? connection.getFields().nodes : undefined;
  const node = nodes === undefined ? undefined : getNamedType(nodes.type);
  if (!isObjectType(node)) throw new Error(`${name} has no nodes`);
  const leaves = Object.values(node.getFields()).filter((field) => isLeafType(getNamedType(field.type)));
  return `${name}(${[...given, `first: ${first}`].join(', ')}) { totalCount nodes { ${leaves.map((leaf) => leaf.name).join(' ')} } }`;
}

/** How many rows the refusal lets through; the cost in proportion. */
function readAllowed({ message, extensions }: Refusal, first: number): number {
  if (extensions.code === 'INVALID_INPUT')
    return Number(/^first: expected 0 to (\d+), got/.exec(message)?.[1]);
  const { limit, allowed, seen, setting, advice } = extensions;
  expect(message).toBe(
    `${String(limit)}: expected at most ${String(allowed)}, got ${String(seen)} (${String(setting)}); ${String(advice)}`,
  );
  if (extensions.code === 'PAGE_TOO_LARGE') {
    expect(extensions).toMatchObject({ limit: 'first', setting: 'LAPWING_MAX_PAGE_ROWS' });
    return Number(allowed);
  }
  expect(extensions).toMatchObject({ code: 'TOO_EXPENSIVE', limit: 'cost', setting: 'LAPWING_MAX_COST' });
  expect(advice).toBe('ask for smaller pages, or select less of each row');
  return Math.floor((first * Number(allowed)) / Number(seen)) - 1;
}

test.each(CONNECTIONS)(
  '$name leads from a page too large to one that runs',
  async ({ name, parent, field }) => {
    const wrap = PARENTS[parent];
    if (wrap === undefined) throw new Error(`add where a ${parent} is to PARENTS`);
    const sizes = [1_000_000];
    for (;;) {
      const first = sizes.at(-1) ?? 0;
      expect(first).toBeGreaterThan(0);
      expect(sizes.length).toBeLessThan(6);
      const { errors = [], extensions } = await askPriced(wrap(writePage(field, first)));
      const [refusal] = errors.filter(
        ({ message, extensions: { code } }) =>
          code === 'PAGE_TOO_LARGE' || code === 'TOO_EXPENSIVE' || message.startsWith('first: '),
      );
      if (refusal !== undefined) {
        sizes.push(readAllowed(refusal, first));
        continue;
      }
      expect(extensions).toMatchObject({ cost: { allowed: MAX_COST } });
      const requested = extensions?.cost.requested ?? 0;
      process.stdout.write(`${String(requested).padStart(8)}  ${name}(first: ${first})\n`);
      expect(requested).toBeGreaterThan(first);
      expect(requested).toBeLessThanOrEqual(MAX_COST);
      expect(sizes.length).toBeGreaterThan(1);
      return;
    }
  },
);

test('the cost is in the answer only where it was asked for, over every transport', async () => {
  const query = '{ metrics(first: 10) { nodes { series(maxPoints: 300) { timestamps values } } } }';
  const cost = { requested: 621, allowed: MAX_COST };
  expect((await askPriced(query)).extensions).toEqual({ cost });
  for (const extensions of [undefined, {}, { cost: false }, { cost: 'yes' }, null]) {
    expect(await ask({ query, ...(extensions === undefined ? {} : { extensions }) })).not.toHaveProperty(
      'extensions',
    );
  }
  const search = new URLSearchParams({ query, extensions: JSON.stringify({ cost: true }) });
  const byGet = await fetch(`${server.url}/graphql?${search.toString()}`);
  expect(await byGet.json()).toMatchObject({ extensions: { cost } });
  for (const { subscribe } of TRANSPORTS) {
    await using operation = subscribe(server, query, undefined, undefined, { cost: true });
    const { value } = await operation.next();
    expect(value).toMatchObject({ extensions: { cost } });
  }
});

test('of a mutation is told too', async () => {
  const query = 'mutation { putMetricData(input: { points: [] }) { accepted } }';
  expect((await askPriced(query)).extensions).toEqual({ cost: { requested: 1, allowed: MAX_COST } });
});
