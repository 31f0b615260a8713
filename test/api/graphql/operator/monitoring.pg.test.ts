import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { partly, textLike, textWith } from '../../../helpers/matchers.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_HOST_METRICS: 'on', LAPWING_HOST_PERIOD_SECONDS: '60' } });
});

afterAll(() => server[Symbol.asyncDispose]());

const FAILURE = '__typename ... on Error { message code } ... on InvalidInputError { path }';
const UNKNOWN = 'Metric:00000000-0000-4000-8000-000000000000';

const mutate = async (field: string, inputType: string, input: object, more = '') => {
  const query = `mutation ($input: ${inputType}!) { result: ${field}(input: $input) { ${FAILURE} ${more} } }`;
  return (await read<{ result: Record<string, unknown> }>(server, query, { input })).result;
};
const monitor = (input: object, more = '... on Metric { id status }') =>
  mutate('monitorMetric', 'MonitorMetricInput', input, more);

describe('monitorMetric', () => {
  test('watches a pushed metric with what was said of it', async () => {
    const result = await monitor(
      {
        spec: { custom: { name: 'orders', resource: 'shop/eu', userInfo: { team: 7 } } },
        model: { min: 0, max: 10, minResolution: 0.5, timeZone: 'Europe/Berlin' },
        unit: 'orders',
        policy: { direction: 'ABOVE', minDeviation: 2 },
      },
      '... on Metric { status name server displayName unit spec policy { direction minDeviation minDeviationRatio } }',
    );
    expect(result).toEqual({
      __typename: 'Metric',
      status: 'ACTIVE',
      name: 'orders',
      server: 'shop/eu',
      displayName: 'shop/eu',
      unit: 'orders',
      spec: {
        datasource: 'custom',
        metricSpec: partly({ name: 'orders', resource: 'shop/eu', userInfo: { team: 7 } }),
        modelParams: { min: 0, max: 10, minResolution: 0.5, timeZone: 'Europe/Berlin' },
        unit: 'orders',
        displayName: null,
        policy: { direction: 'ABOVE', minDeviation: 2, minDeviationRatio: 0 },
      },
      policy: { direction: 'ABOVE', minDeviation: 2, minDeviationRatio: 0 },
    });
  });

  test('of a metric that is monitored says which one', async () => {
    const spec = { custom: { name: 'twice' } };
    const first = await monitor({ spec });
    expect(first).toMatchObject({ __typename: 'Metric', status: 'PENDING_DATA' });
    const again = await monitor({ spec }, '... on AlreadyMonitoredError { metric { id name } }');
    expect(again).toEqual({
      __typename: 'AlreadyMonitoredError',
      message: textWith('twice'),
      code: 'ALREADY_MONITORED',
      metric: { id: first.id, name: 'twice' },
    });
  });

  test.each([
    [{ spec: { custom: { name: '' } } }, 'InvalidInputError', 'name'],
    [{ spec: { custom: { name: 'x'.repeat(4097) } } }, 'InvalidInputError', 'name'],
    [{ spec: { custom: { name: 'a\nb' } } }, 'InvalidInputError', 'name'],
    [{ spec: { custom: { name: 'a', userInfo: 5 } } }, 'InvalidInputError', 'userInfo'],
    [{ spec: { custom: { name: 'half' } }, model: { min: 1 } }, 'InvalidInputError', 'm'],
    [{ spec: { custom: { name: 'lost' } }, model: { timeZone: 'Mars/X' } }, 'InvalidInputError', 'timeZone'],
    [{ spec: { custom: { name: 'turned' } }, model: { min: 2, max: 1 } }, 'InvalidInputError', 'max'],
    [
      { spec: { custom: { name: 'fine' } }, policy: { minDeviationRatio: -1 } },
      'InvalidInputError',
      'minDeviationRatio: expected 0 or more, got -1',
    ],
    [
      { spec: { custom: { name: 'fine' } }, policy: { minDeviation: Number.MAX_VALUE } },
      'InvalidInputError',
      'minDeviation: expected 0 or more, at most 1e+300, got 1.79',
    ],
    [{ spec: { host: { metric: 'NoSuchThing' } } }, 'NotSupportedError', 'NoSuchThing'],
  ])('refuses %o', async (input, typename, text) => {
    expect(await monitor(input)).toMatchObject({
      __typename: typename,
      message: textWith(text),
    });
  });

  test.each([
    [{ spec: { custom: { name: 'a', userInfo: 5 } } }, ['input', 'spec', 'custom', 'userInfo']],
    [{ spec: { custom: { name: 'a' } }, model: { min: 1 } }, ['input', 'model', 'max']],
  ])('says where in the input %o is wrong', async (input, path) => {
    expect(await monitor(input, '... on InvalidInputError { path }')).toMatchObject({ path });
  });

  test.each([
    [{ spec: {} }, 'MetricSpecInput'],
    [{ spec: { custom: { name: 'a' }, host: { metric: 'b' } } }, 'MetricSpecInput'],
    [{ spec: { custom: { name: 5 } } }, 'String cannot represent a non string value: 5'],
    [
      { spec: { custom: { name: 'a' } }, model: { min: '0', max: 1 } },
      'Float cannot represent non numeric value: "0"',
    ],
    [{ spec: { custom: { name: 'a' } }, more: 1 }, 'Field "more" is not defined'],
  ])('is not even begun by %o', async (input, text) => {
    const { errors, data } = await ask(
      server,
      'mutation ($input: MonitorMetricInput!) { monitorMetric(input: $input) { __typename } }',
      { input },
    );
    expect(data).toBeUndefined();
    expect(errors[0]?.message).toContain(text);
  });
});

describe('of a metric that is monitored', () => {
  test('unmonitorMetric keeps the samples and drops the scores', async () => {
    const { id } = await monitor({ spec: { custom: { name: 'dropped' } }, model: { min: 0, max: 9 } });
    await server.engine.accept.acceptNamed([
      { metric: 'dropped', timestampMs: Date.UTC(2026, 0, 1), value: 3 },
    ]);
    const latest = '... on Metric { status spec latest { value anomalyScore } }';
    const result = await mutate('unmonitorMetric', 'UnmonitorMetricInput', { id }, latest);
    expect(result).toEqual({
      __typename: 'Metric',
      status: 'UNMONITORED',
      spec: null,
      latest: { value: 3, anomalyScore: null },
    });
    expect(await mutate('unmonitorMetric', 'UnmonitorMetricInput', { id }, latest)).toEqual(result);
  });

  test('updateMetric changes only what is given, and clears what is null', async () => {
    const { id } = await monitor({ spec: { custom: { name: 'changed' } }, unit: 'ms' });
    const fields = '... on Metric { unit displayName policy { direction minDeviation } }';
    const update = (change: object) => mutate('updateMetric', 'UpdateMetricInput', { id, ...change }, fields);
    expect(await update({ displayName: 'Shop', policy: { direction: 'BELOW' } })).toMatchObject({
      unit: 'ms',
      displayName: 'Shop',
      policy: { direction: 'BELOW', minDeviation: 0 },
    });
    expect(await update({ displayName: null, unit: null, policy: { minDeviation: 4 } })).toMatchObject({
      unit: null,
      displayName: 'changed',
      policy: { direction: 'BELOW', minDeviation: 4 },
    });
    await update({ displayName: 'Shop' });
    expect(await update({ displayName: ' ' })).toMatchObject({ displayName: 'changed' });
    expect(await update({ displayName: 'x'.repeat(4097) })).toMatchObject({
      __typename: 'InvalidInputError',
      message: textWith('displayName: expected at most 255 characters'),
      path: ['input', 'displayName'],
    });
    expect(await update({ unit: 'a\u0000b' })).toMatchObject({ __typename: 'InvalidInputError' });
  });

  test('retryMetric takes it out of ERROR, and is refused for any other status', async () => {
    const { id } = await monitor({ spec: { custom: { name: 'failing' } } });
    expect(await mutate('retryMetric', 'RetryMetricInput', { id })).toMatchObject({
      __typename: 'InvalidInputError',
      message: textWith('PENDING_DATA'),
    });
    const uuid = String(id).slice('Metric:'.length);
    await server.database.pool.query(`UPDATE metric SET status = 'ERROR', message = 'broken' WHERE id = $1`, [
      uuid,
    ]);
    const entry = server.engine.registry.byId(uuid);
    await server.engine.registry.load([entry?.number ?? 0]);
    const message = '... on Metric { status why: message }';
    expect(await read(server, `{ metric(id: "${String(id)}") { status message } }`)).toEqual({
      metric: { status: 'ERROR', message: 'broken' },
    });
    expect(await mutate('retryMetric', 'RetryMetricInput', { id }, message)).toEqual({
      __typename: 'Metric',
      status: 'PENDING_DATA',
      why: null,
    });
  });

  test('deleteMetric gives it as it was, and then it is gone with its samples', async () => {
    await server.engine.accept.acceptNamed([
      { metric: 'deleted', timestampMs: Date.UTC(2026, 0, 1), value: 3 },
    ]);
    const { id } = await monitor({ spec: { custom: { name: 'deleted' } } });
    const fields = '... on Metric { id name lastRowId latest { value } data { nodes { value } } }';
    expect(await mutate('deleteMetric', 'DeleteMetricInput', { id }, fields)).toEqual({
      __typename: 'Metric',
      id,
      name: 'deleted',
      lastRowId: 1,
      latest: null,
      data: { nodes: [] },
    });
    expect(await read(server, `{ metric(id: "${String(id)}") { id } }`)).toEqual({ metric: null });
    expect(await mutate('deleteMetric', 'DeleteMetricInput', { id })).toMatchObject({
      __typename: 'NotFoundError',
    });
  });
});

describe.each([
  ['unmonitorMetric', 'UnmonitorMetricInput'],
  ['deleteMetric', 'DeleteMetricInput'],
  ['retryMetric', 'RetryMetricInput'],
  ['updateMetric', 'UpdateMetricInput'],
])('%s', (field, type) => {
  test('of a metric that is not there says so (row 55)', async () => {
    expect(await mutate(field, type, { id: UNKNOWN })).toEqual({
      __typename: 'NotFoundError',
      message: textWith(UNKNOWN.slice('Metric:'.length)),
      code: 'NOT_FOUND',
    });
  });

  test.each(['Metric:1', 'f00bar', '', 'Resource:host://local/Host/x'])(
    'refuses the id %j (row 55)',
    async (id) => {
      expect(await mutate(field, type, { id })).toEqual({
        __typename: 'InvalidInputError',
        message: textWith(`input.id:`),
        code: 'INVALID_INPUT',
        path: ['input', 'id'],
      });
    },
  );
});

describe('the host', () => {
  interface HostResource {
    readonly id: string;
    readonly status: string;
    readonly metrics: readonly { readonly name: string; readonly resource: { readonly id: string } }[];
    readonly supportedMetrics: readonly { readonly metric: string; readonly isDefault: boolean }[];
  }

  test('is a resource once one of its metrics is monitored, and monitorResource watches the rest', async () => {
    const { resourceTypes } = await read<{
      resourceTypes: { name: string; metrics: { metric: string; isDefault: boolean }[] }[];
    }>(
      server,
      '{ resourceTypes(datasource: HOST) { name datasource namespace aggregatable metrics { metric unit isDefault defaultMin defaultMax } } }',
    );
    const [type] = resourceTypes;
    const defaults = (type?.metrics ?? []).filter(({ isDefault }) => isDefault);
    expect(defaults.length).toBeGreaterThan(2);
    expect(await monitor({ spec: { host: { metric: defaults[0]?.metric } } })).toMatchObject({
      __typename: 'Metric',
      status: 'ACTIVE',
    });
    const fields =
      'id name type region namespace server status state tags { key value } metrics { name resource { id } } supportedMetrics { metric isDefault }';
    const { resources } = await read<{ resources: { nodes: HostResource[] } }>(
      server,
      `{ resources(datasource: HOST, monitored: true) { nodes { ${fields} } } }`,
    );
    const [host] = resources.nodes;
    expect(host).toMatchObject({
      id: textLike(/^Resource:host:\/\/local\/Host\/.+/),
      status: 'ACTIVE',
      type: type?.name,
    });
    expect(host?.metrics).toEqual([
      { name: textWith(defaults[0]?.metric ?? '?'), resource: { id: host?.id } },
    ]);
    expect(host?.supportedMetrics).toEqual(
      type?.metrics.map(({ metric, isDefault }) => ({ metric, isDefault })),
    );
    const watch = () =>
      mutate(
        'monitorResource',
        'MonitorResourceInput',
        { id: host?.id },
        '... on Resource { id metrics { status } }',
      );
    const monitored = await watch();
    expect(monitored).toMatchObject({ __typename: 'Resource', id: host?.id });
    expect(monitored.metrics).toEqual(defaults.map(() => ({ status: 'ACTIVE' })));
    expect(await watch()).toEqual(monitored);
    const byId = await read(
      server,
      'query ($id: ID!) { resource(id: $id) { id } node(id: $id) { __typename id } }',
      { id: host?.id },
    );
    expect(byId).toEqual({ resource: { id: host?.id }, node: { __typename: 'Resource', id: host?.id } });
    expect(await read(server, '{ resources(monitored: false) { nodes { id } } }')).toEqual({
      resources: { nodes: [] },
    });
  });

  test('cannot be another machine', async () => {
    const there = { region: 'local', type: 'Host', resourceId: 'elsewhere' };
    await server.database.prisma.resource.create({
      data: { datasource: 'HOST', namespace: 'Host', ...there },
    });
    const id = 'Resource:host://local/Host/elsewhere';
    expect(await mutate('monitorResource', 'MonitorResourceInput', { id })).toMatchObject({
      __typename: 'NotSupportedError',
      message: textWith('elsewhere is another machine'),
    });
  });

  test.each([
    ['Resource:host://local/Host/nobody', 'NotFoundError'],
    ['Resource:nowhere', 'InvalidInputError'],
    [UNKNOWN, 'InvalidInputError'],
  ])('monitorResource of %s is a %s', async (id, typename) => {
    expect(await mutate('monitorResource', 'MonitorResourceInput', { id })).toMatchObject({
      __typename: typename,
    });
  });
});
