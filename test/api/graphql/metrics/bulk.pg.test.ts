import { expect, test } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { anyText } from '../../../helpers/matchers.ts';
import { startServer } from '../../../helpers/start-server.ts';

const OUTCOME =
  'results { index metricId metric { name status } error { __typename code ... on InvalidInputError { path } } }';

test('what is wrong with some costs no other', async () => {
  await using server = await startServer();
  const good = { spec: { custom: { name: 'good' } } };
  const bad: readonly [object, readonly string[]][] = [
    [{ unit: 'a\nb' }, ['unit']],
    [{ unit: 'x'.repeat(256) }, ['unit']],
    [{ policy: { minDeviation: -1 } }, ['policy', 'minDeviation']],
    [{ policy: { minDeviationRatio: 1e301 } }, ['policy', 'minDeviationRatio']],
    [{ spec: { custom: { name: 'a\0b' } } }, ['spec', 'custom', 'name']],
    [
      { spec: { autostack: { autostackId: 'x', namespace: 'n', metric: 'm' } } },
      ['spec', 'autostack', 'autostackId'],
    ],
  ];
  const { monitorMetrics } = await read<{
    monitorMetrics: { results: { metricId: unknown }[]; former: { id: unknown }[] };
  }>(
    server,
    `mutation ($metrics: [MonitorMetricInput!]!) {
      monitorMetrics(input: { metrics: $metrics }) { ${OUTCOME} former: results { id } } }`,
    { metrics: [...bad.map(([wrong]) => ({ ...good, ...wrong })), good] },
  );
  expect(monitorMetrics).toMatchObject({
    results: [
      ...bad.map(([, path], index) => ({
        metric: null,
        error: { code: 'INVALID_INPUT', path: ['input', 'metrics', String(index), ...path] },
      })),
      { metricId: anyText, metric: { name: 'good' }, error: null },
    ],
  });
  const { results, former } = monitorMetrics;
  expect(former.map(({ id }) => id)).toEqual(results.map(({ metricId }) => metricId));
});

test('many metrics are monitored, left alone and deleted in one mutation each, item by item', async () => {
  await using server = await startServer();
  const spec = (name: string) => ({ spec: { custom: { name } }, model: { min: 0, max: 1 } });
  const metrics = [
    spec('a'),
    { spec: { custom: { name: 'b' } }, model: { min: 1 } },
    spec('c'),
    spec('a'),
    spec('d'),
  ];
  const monitored = await read<{ monitorMetrics: { results: { metricId: string }[] } }>(
    server,
    `mutation ($metrics: [MonitorMetricInput!]!) { monitorMetrics(input: { metrics: $metrics }) { ${OUTCOME} } }`,
    { metrics },
  );
  const { results } = monitored.monitorMetrics;
  expect(results).toEqual([
    { index: 0, metricId: anyText, metric: { name: 'a', status: 'ACTIVE' }, error: null },
    {
      index: 1,
      metricId: null,
      metric: null,
      error: {
        __typename: 'InvalidInputError',
        code: 'INVALID_INPUT',
        path: ['input', 'metrics', '1', 'model', 'max'],
      },
    },
    { index: 2, metricId: anyText, metric: { name: 'c', status: 'ACTIVE' }, error: null },
    {
      index: 3,
      metricId: null,
      metric: null,
      error: { __typename: 'AlreadyMonitoredError', code: 'ALREADY_MONITORED' },
    },
    { index: 4, metricId: anyText, metric: { name: 'd', status: 'ACTIVE' }, error: null },
  ]);
  const ids = [results[0]?.metricId, 'Metric:1', results[2]?.metricId];
  const change = async (name: string) =>
    read(server, `mutation ($ids: [ID!]!) { ${name}(input: { ids: $ids }) { ${OUTCOME} } }`, { ids });
  const bad = {
    index: 1,
    metricId: null,
    metric: null,
    error: { __typename: 'InvalidInputError', code: 'INVALID_INPUT', path: ['input', 'ids', '1'] },
  };
  expect(await change('unmonitorMetrics')).toEqual({
    unmonitorMetrics: {
      results: [
        { index: 0, metricId: ids[0], metric: { name: 'a', status: 'UNMONITORED' }, error: null },
        bad,
        { index: 2, metricId: ids[2], metric: { name: 'c', status: 'UNMONITORED' }, error: null },
      ],
    },
  });
  expect(await change('deleteMetrics')).toEqual({
    deleteMetrics: {
      results: [
        { index: 0, metricId: ids[0], metric: null, error: null },
        bad,
        { index: 2, metricId: ids[2], metric: null, error: null },
      ],
    },
  });
  expect([...server.engine.registry.all()].map(({ name }) => name)).toEqual(['d']);
});
