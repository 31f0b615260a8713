import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { listStatements } from '../../../helpers/list-statements.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { anyNumber, partly, textWith } from '../../../helpers/matchers.ts';
import { until } from '../../../helpers/until.ts';

let server: TestServer;

const START_MS = Date.UTC(2026, 0, 1);
const NAMES = ['alpha', 'beta', 'gamma', 'delta_1', 'deltaX1', '100%', 'Émile', 'zeta'];

beforeAll(async () => {
  server = await startServer();
  // The later the name in the list, the newer its newest sample; zeta has none at all.
  await server.engine.accept.acceptNamed(
    NAMES.slice(0, -1).flatMap((metric, index) => [
      { metric, timestampMs: START_MS, value: 1 },
      { metric, timestampMs: START_MS + 60_000 * (index + 1), value: 2 },
    ]),
  );
  await server.engine.monitor.createMetric('CUSTOM', { name: 'zeta' });
});

afterAll(() => server[Symbol.asyncDispose]());

interface List {
  readonly metrics: {
    readonly totalCount: number;
    readonly nodes: readonly { readonly name: string }[];
    readonly edges: readonly { readonly cursor: string }[];
    readonly pageInfo: {
      readonly hasNextPage: boolean;
      readonly hasPreviousPage: boolean;
      readonly startCursor: string | null;
      readonly endCursor: string | null;
    };
  };
}

const LIST = `query List($filter: MetricFilter, $orderBy: MetricOrder! = NAME, $first: Int, $after: String, $last: Int, $before: String) {
  metrics(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { name } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

const list = async (variables: Record<string, unknown> = {}) =>
  (await read<List>(server, LIST, variables)).metrics;
const names = async (variables: Record<string, unknown>) =>
  (await list(variables)).nodes.map(({ name }) => name);

describe('pages', () => {
  test.each(['NAME', 'LAST_TIMESTAMP', 'CREATED'])(
    'by %s, forwards and backwards, repeat and skip nothing',
    async (orderBy) => {
      const whole = await names({ orderBy });
      expect([...whole].sort()).toEqual([...NAMES].sort());
      const forwards: string[] = [];
      for (let after: string | null = null, more = true; more;) {
        const page: List['metrics'] = await list({ orderBy, first: 3, after });
        forwards.push(...page.nodes.map(({ name }) => name));
        after = page.pageInfo.endCursor;
        more = page.pageInfo.hasNextPage;
      }
      expect(forwards).toEqual(whole);
      const backwards: string[] = [];
      for (let before: string | null = null, more = true; more;) {
        const page: List['metrics'] = await list({ orderBy, last: 3, before });
        backwards.unshift(...page.nodes.map(({ name }) => name));
        before = page.pageInfo.startCursor;
        more = page.pageInfo.hasPreviousPage;
      }
      expect(backwards).toEqual(whole);
    },
  );

  test('by LAST_TIMESTAMP begin with the newest and end with those without samples', async () => {
    expect(await names({ orderBy: 'LAST_TIMESTAMP' })).toEqual([...NAMES.slice(0, -1).reverse(), 'zeta']);
  });

  test('go on after a metric that was deleted meanwhile', async () => {
    const id = await server.engine.monitor.createMetric('CUSTOM', { name: 'b-doomed' });
    const upTo = await list({ filter: { nameContains: 'b' }, first: 1 });
    expect(upTo.nodes).toEqual([{ name: 'b-doomed' }]);
    await server.engine.monitor.deleteMetric(id);
    const rest = await list({ filter: { nameContains: 'b' }, after: upTo.pageInfo.endCursor });
    expect(rest.nodes).toEqual([{ name: 'beta' }]);
  });

  test('say how many there are on all of them', async () => {
    expect(await list({ first: 2 })).toMatchObject({ totalCount: NAMES.length, edges: { length: 2 } });
  });

  test('may be empty', async () => {
    expect(await list({ first: 0 })).toMatchObject({
      nodes: [],
      pageInfo: { hasNextPage: true, endCursor: null },
    });
    expect(await list({ filter: { nameContains: 'nothing has this' } })).toMatchObject({
      totalCount: 0,
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false },
    });
  });

  test.each([
    [{ first: 101 }, 'first: expected 0 to 100, got 101'],
    [{ first: -1 }, 'first: expected 0 to 100, got -1'],
    [{ last: 4999 }, 'last: expected 0 to 100, got 4999'],
    [{ first: 1, last: 1 }, 'first, last: give one of them, not both'],
    [{ after: 'nonsense' }, 'after: "nonsense" is not a cursor of this list'],
    [{ before: '-' }, 'before: "-" is not a cursor of this list'],
    [{ after: Buffer.from('["n","a\\u0000","x"]').toString('base64url') }, 'is not a cursor of this list'],
    [
      { after: Buffer.from('["c",1e300,"0b6b9702-1111-4222-8333-944455566677"]').toString('base64url') },
      'is not a cursor of this list',
    ],
  ])('refuse %o', async (variables, message) => {
    const { errors, status } = await ask(server, LIST, { orderBy: 'NAME', ...variables });
    expect(status).toBe(200);
    expect(errors).toEqual([partly({ message: textWith(message), path: ['metrics'] })]);
    expect(errors[0]?.extensions?.code).toBe('INVALID_INPUT');
  });

  test('refuse a cursor of another order', async () => {
    const { pageInfo } = await list({ orderBy: 'CREATED', first: 1 });
    const { errors } = await ask(server, LIST, { orderBy: 'NAME', after: pageInfo.endCursor });
    expect(errors[0]?.message).toContain('is not a cursor of this list');
  });
});

describe('filters', () => {
  test.each([
    [{ nameContains: 'LPH' }, ['alpha']],
    [{ nameContains: 'delta_' }, ['delta_1']],
    [{ nameContains: '%' }, ['100%']],
    [{ nameContains: '\\' }, []],
    [{ nameContains: 'é' }, ['Émile']],
    [{ datasource: 'HOST' }, []],
    [{ status: 'UNMONITORED', nameContains: 'eta' }, ['beta', 'zeta']],
    [{ status: 'ERROR' }, []],
    [{ server: 'gamma' }, ['gamma']],
    [{ location: 'us-west-2' }, []],
  ])('%o lets through %j', async (filter, expected) => {
    expect(await names({ filter })).toEqual(expected);
  });
});

test('a list of metrics with everything in it costs as many statements as one metric', async () => {
  const query = `query Cost($first: Int!) { metrics(first: $first) { nodes {
    id name lastTimestamp lastRowId learning { rows needed } resource { id metrics { id } }
    latest { rowId timestamp metric { name lastRowId resource { id } } }
    data(first: 5) { nodes { value } } newest: data(last: 1) { nodes { value } }
    series(maxPoints: 10) { timestamps values }
  } } }`;
  // What the server does by itself meanwhile can only add to the count.
  const count = async (first: number) => {
    const counts: number[] = [];
    while (counts.length < 5) {
      counts.push((await listStatements(() => read(server, query, { first }))).length);
    }
    return Math.min(...counts);
  };
  await count(1);
  const one = await count(1);
  expect(one).toBeGreaterThan(3);
  expect(await count(NAMES.length)).toBe(one);
});

test("the name of a score's metric costs no statement, and more of it is right all the same", async () => {
  await server.engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name: 'alpha' },
    model: { min: 0, max: 9 },
    unit: 'ms',
  });
  await until(() =>
    expect(server.engine.live.readPage({ filter: {}, after: null, first: 1 })).resolves.toMatchObject({
      rows: [{}],
    }),
  );
  const ask = (fields: string) => () =>
    read(server, `{ metricData(filter: {}) { nodes { metric { ${fields} } } } }`);
  const known = 'id datasource name server location status periodSeconds __typename';
  // Again while what the server does by itself meanwhile reads metrics, too.
  await until(async () => {
    const statements = await listStatements(ask(known));
    expect(statements.filter((text) => text.includes('"metric"'))).toEqual([]);
  });
  expect(await ask(known)()).toMatchObject({
    metricData: { nodes: [{ metric: { name: 'alpha', status: 'ACTIVE' } }, {}] },
  });
  expect((await listStatements(ask('unit'))).some((text) => text.includes('"metric"'))).toBe(true);
  const more = {
    metricData: { nodes: [{ metric: { name: 'alpha', unit: 'ms' } }, { metric: { unit: 'ms' } }] },
  };
  expect(await ask('name unit')()).toMatchObject(more);
  expect(await ask('name ... on Metric { unit }')()).toMatchObject(more);
});

test('one metric can be read by its id, by node and by nodes', async () => {
  const { metrics } = await read<{ metrics: { nodes: { id: string; name: string }[] } }>(
    server,
    '{ metrics { nodes { id name } } }',
  );
  const ids = metrics.nodes.map(({ id }) => id);
  const missing = 'Metric:00000000-0000-4000-8000-000000000000';
  const answer = await read(
    server,
    `query One($id: ID!, $ids: [ID!]!) {
      metric(id: $id) { name } missing: metric(id: "${missing}") { name }
      node(id: $id) { id ... on Metric { name lastRowId } }
      nodes(ids: $ids) { ... on Metric { name } }
    }`,
    { id: ids[0], ids: [ids[1], missing, ids[0]] },
  );
  const [first, second] = metrics.nodes;
  expect(answer).toEqual({
    metric: { name: first?.name },
    missing: null,
    node: { id: ids[0], name: first?.name, lastRowId: anyNumber },
    nodes: [{ name: second?.name }, null, { name: first?.name }],
  });
});
