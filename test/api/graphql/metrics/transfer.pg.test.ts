import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { partly, textWith } from '../../../helpers/matchers.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    await server.engine.accept.acceptNamed(
      [0, 1, 2].map((row) => ({ metric: name, timestampMs: Date.UTC(2026, 0, 1, row), value: row + index })),
    );
    await server.engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name },
      model: { min: 0, max: 10 },
      unit: 'pieces',
      policy: { direction: 'ABOVE', minDeviation: 1, minDeviationRatio: 0 },
    });
  }
});

afterAll(() => server[Symbol.asyncDispose]());

const IMPORT = `mutation ($models: [JSON!]!) { importModels(input: { models: $models }) { results {
  index created metric { name } error { __typename message code ... on InvalidInputError { path } } } } }`;
const LIST = `{ metrics { nodes { name unit status spec policy { direction minDeviation } data { nodes { timestamp value } } } } }`;

interface Imported {
  readonly importModels: { readonly results: readonly object[] };
}

async function exportModels(): Promise<readonly object[]> {
  return (await read<{ exportModels: object[] }>(server, '{ exportModels }')).exportModels;
}

async function deleteAll(): Promise<void> {
  for (const { id } of [...server.engine.registry.all()]) await server.engine.monitor.deleteMetric(id);
}

const importModels = async (models: readonly unknown[]) =>
  (await read<Imported>(server, IMPORT, { models })).importModels.results;

test('what was exported, deleted and imported is as it was; imported again it stays so', async () => {
  const models = await exportModels();
  expect(models).toMatchObject([
    { metricSpec: { name: 'a' }, data: { length: 3 } },
    { metricSpec: { name: 'b' } },
    {},
  ]);
  const before = await read(server, LIST);
  await deleteAll();
  const made = models.map((_, index) => partly({ index, created: true, error: null }));
  expect(await importModels(models)).toEqual(made);
  const after = await read<{ metrics: { nodes: object[] } }>(server, LIST);
  expect(after).toMatchObject(JSON.parse(JSON.stringify(before).replace(/"status":"\w+",/g, '')) as object);
  const known = models.map((_, index) => partly({ index, created: false, error: null }));
  expect(await importModels(models)).toEqual(known);
  expect(await exportModels()).toEqual(models);
});

test('what a metric is monitored by is what its export says, and enough to watch it again', async () => {
  const models = await exportModels();
  const { metrics } = await read<{ metrics: { nodes: { spec: object }[] } }>(
    server,
    '{ metrics { nodes { spec } } }',
  );
  const specs = metrics.nodes.map(({ spec }) => spec);
  expect(models).toEqual(specs.map((spec) => ({ ...spec, data: expect.any(Array) as unknown })));
  await deleteAll();
  expect(await importModels(specs)).toEqual(specs.map((_, index) => partly({ index, created: true })));
  await deleteAll();
  await importModels(models);
});

test('one bad item costs only itself', async () => {
  const models = await exportModels();
  await deleteAll();
  const results = await importModels(
    [models[0], { datasource: 'nowhere', metricSpec: {} }, 5, models[1], null].filter(
      (model) => model !== null,
    ),
  );
  expect(results).toMatchObject([
    { created: true, metric: { name: 'a' }, error: null },
    {
      index: 1,
      created: false,
      metric: null,
      error: { __typename: 'NotSupportedError', code: 'NOT_SUPPORTED', message: textWith('nowhere') },
    },
    {
      index: 2,
      created: false,
      metric: null,
      error: { __typename: 'InvalidInputError', code: 'INVALID_INPUT', path: ['input', 'models', '2'] },
    },
    { index: 3, created: true, metric: { name: 'b' } },
  ]);
});

const many = (count: number, make: (index: number) => readonly [string, unknown]) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => make(index)));
const NOON = '2026-01-01T12:00:00Z';
const custom = { datasource: 'custom', metricSpec: { name: 'd' }, modelParams: { min: 0, max: 1 } };
test.each([
  ['20,000 unknown fields', { ...custom, ...many(20_000, (i) => [`field${i}`, 1]) }, 'field0'],
  ['300,000 samples that are none', { ...custom, data: Array(300_000).fill(1) }, 'data.0: expected'],
  [
    'samples of which one is none',
    { ...custom, data: [[1, '2026-01-01T00:00:00Z'], [1]] },
    'data.1: expected',
  ],
  ['300,000 labels', { ...custom, labels: Array(300_000).fill(1) }, 'expected at most 1000'],
  [
    'a label of the year 0 in UTC',
    {
      ...custom,
      labels: [{ from: '0001-01-01T00:00:00+23:59', to: NOON, label: 'REAL', createdAt: NOON }],
    },
    'labels.0.from: expected a time of the years 1 to 9999',
  ],
  ['a long friendly name', { ...custom, displayName: 'x'.repeat(256) }, 'displayName: expected at most 255'],
  ['a unit of two lines', { ...custom, unit: 'ms\nforged' }, 'unit: expected no control characters'],
  ['a long datasource', { ...custom, datasource: 'x'.repeat(500_000) }, 'xxxx'],
])('a model of %s is refused with a message that can be read', async (_what, model, text) => {
  const [result] = (await importModels([model])) as readonly { error: { message: string } }[];
  expect(result?.error.message).toContain(text);
  expect(result?.error.message.length).toBeLessThanOrEqual(1_001);
});

test('only the metrics asked for are exported', async () => {
  const [entry] = server.engine.registry.all();
  const answer = await read(server, 'query ($ids: [ID!]) { exportModels(ids: $ids) }', {
    ids: [`Metric:${entry?.id ?? ''}`],
  });
  expect(answer).toMatchObject({ exportModels: [{ metricSpec: { name: entry?.name } }] });
});

test.each([
  ['Metric:00000000-0000-4000-8000-000000000000', 'NOT_FOUND'],
  ['Metric:1', 'INVALID_INPUT'],
])('an export of %s is refused as %s', async (id, code) => {
  const question = 'query ($ids: [ID!]) { exportModels(ids: $ids) serverInfo { version } }';
  const { data, errors } = await ask(server, question, { ids: [id] });
  expect(errors).toMatchObject([{ extensions: { code }, path: ['exportModels'] }]);
  // The rest of the operation is answered.
  expect(data).toMatchObject({ exportModels: null, serverInfo: { version: expect.any(String) as string } });
});

test('more than 1000 models are refused together', async () => {
  const { errors } = await ask(server, IMPORT, { models: Array.from({ length: 1001 }, () => 1) });
  expect(errors).toMatchObject([
    { message: textWith('input.models: expected at most 1000'), extensions: { code: 'INVALID_INPUT' } },
  ]);
});
