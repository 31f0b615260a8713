import { describe, expect, it, vi } from 'vitest';
import { startAwsImitation } from '../../../core/sources/aws/imitation.ts';
import type { Script } from '../../../core/sources/aws/script.ts';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer } from '../../../helpers/start-server.ts';
import { untilStatus } from '../../../helpers/start-engine.ts';

const REGION = 'us-west-2';
const NOW = Date.now();
const script: Script = {
  valueAt: (_, timestampMs) => (timestampMs < NOW - 600_000 ? 20 + ((timestampMs / 300_000) % 9) : null),
  instances: new Map([
    [
      REGION,
      [
        { id: 'i-0001', state: 'running', type: 'm3.large', tags: { Name: 'web-1' } },
        {
          id: 'i-0002',
          state: 'running',
          type: 'm3.xlarge',
          launchedAt: '2026-02-01T00:00:00Z',
          tags: { Name: 'web-2' },
        },
        {
          id: 'i-0003',
          state: 'running',
          type: 'm3.xlarge',
          launchedAt: '2026-01-01T00:00:00Z',
          tags: { Name: 'db' },
        },
        { id: 'i-0004', state: 'stopped', type: 'm3.2xlarge', tags: {} },
      ],
    ],
  ]),
  metrics: [
    {
      region: REGION,
      namespace: 'AWS/SQS',
      metric: 'NumberOfMessagesSent',
      dimensions: [{ name: 'QueueName', value: 'orders' }],
    },
  ],
};

async function startOverAws() {
  const aws = await startAwsImitation(script);
  // The SDK's own variables, as whoever runs the server sets them.
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'do-not-show');
  const server = await startServer({
    settings: { LAPWING_AWS_ENDPOINT: aws.url, LAPWING_AWS_HISTORY_DAYS: '1' },
  });
  const stop = server[Symbol.asyncDispose].bind(server);
  const dispose = async () => {
    await stop();
    await aws[Symbol.asyncDispose]();
  };
  return { ...server, [Symbol.asyncDispose]: dispose };
}

describe('AWS in the API', () => {
  it('lists resources and regions, suggests the largest and oldest, and watches a resource (row 64)', async () => {
    await using server = await startOverAws();
    // Whoever asks first for what to watch need not have asked for anything else before.
    const first = await read<{ suggestedResources: unknown[] }>(
      server,
      `{ suggestedResources(region: "${REGION}") { id } }`,
    );
    expect(first.suggestedResources).not.toEqual([]);
    const { resources } = await read<{
      resources: {
        nodes: { id: string; type: string; name: string | null; server: string; state: string | null }[];
      };
    }>(
      server,
      `{ resources(region: "${REGION}") { nodes { id type name server state stateHistory { state } } } }`,
    );
    expect(resources.nodes).toHaveLength(5);
    expect(resources.nodes).toContainEqual({
      id: `Resource:cloudwatch://${REGION}/AWS::EC2::Instance/i-0001`,
      type: 'AWS::EC2::Instance',
      name: 'web-1',
      server: `${REGION}/AWS/EC2/i-0001`,
      state: 'running',
      stateHistory: [{ state: 'running' }],
    });
    const { suggestedResources, regions, resourceTypes } = await read<{
      suggestedResources: { resourceId: string }[];
      regions: { name: string; resourcesListedAt: string | null; problem: string | null }[];
      resourceTypes: { name: string }[];
    }>(
      server,
      '{ suggestedResources { resourceId } regions { name resourcesListedAt problem } resourceTypes(datasource: CLOUDWATCH) { name } }',
    );
    expect(suggestedResources.map(({ resourceId }) => resourceId)).toEqual([
      'i-0003',
      'orders',
      'i-0002',
      'i-0001',
    ]);
    const region = regions.find(({ name }) => name === REGION);
    expect(region?.problem).toBeNull();
    expect(Date.parse(region?.resourcesListedAt ?? '')).toBeGreaterThan(NOW - 60_000);
    expect(resourceTypes).toHaveLength(20);
    const { monitorResource } = await read<{
      monitorResource: { metrics: { name: string; server: string }[] };
    }>(
      server,
      `mutation ($id: ID!) { monitorResource(input: { id: $id }) { ... on Resource { metrics { name server } } ... on Error { message } } }`,
      { id: `Resource:cloudwatch://${REGION}/AWS::EC2::Instance/i-0001` },
    );
    expect(monitorResource.metrics.map(({ name }) => name)).toEqual([
      'AWS/EC2/CPUUtilization',
      'AWS/EC2/DiskWriteBytes',
      'AWS/EC2/NetworkIn',
    ]);
  });

  it('refuses a region AWS does not have, unless it is asked of another source', async () => {
    await using server = await startServer();
    const message = 'region: AWS has no region "nowhere-9"; `regions` lists them';
    for (const question of [
      '{ suggestedResources(region: "nowhere-9") { id } }',
      '{ resources(region: "nowhere-9") { nodes { id } } }',
    ]) {
      const { errors } = await ask(server, question);
      expect(errors).toMatchObject([
        { message, extensions: { code: 'INVALID_INPUT', inputPath: ['region'] } },
      ]);
    }
    expect(
      await read(server, '{ resources(datasource: INFLUXDB, region: "nowhere-9") { nodes { id } } }'),
    ).toEqual({ resources: { nodes: [] } });
  });

  it('previews, makes, watches and deletes a group', async () => {
    await using server = await startOverAws();
    const filters = [{ key: 'Name', values: ['*web*'] }];
    for (const same of [
      [{ key: 'tag:Name', values: ['*web*'] }],
      [
        { key: 'tag-key', values: ['Name'] },
        { key: 'instance-id', values: ['i-0001', 'i-0002'] },
        { key: 'instance-type', values: ['m3.*'] },
      ],
    ]) {
      const { previewAutostack } = await read<{ previewAutostack: unknown }>(
        server,
        `query ($filters: [TagFilterInput!]!) { previewAutostack(region: "${REGION}", filters: $filters) { nodes { resourceId } } }`,
        { filters: same },
      );
      expect(previewAutostack).toEqual({ nodes: [{ resourceId: 'i-0001' }, { resourceId: 'i-0002' }] });
    }
    const { previewAutostack } = await read<{ previewAutostack: { nodes: { resourceId: string }[] } }>(
      server,
      `query ($filters: [TagFilterInput!]!) { previewAutostack(region: "${REGION}", filters: $filters) { nodes { resourceId } } }`,
      { filters },
    );
    expect(previewAutostack.nodes.map(({ resourceId }) => resourceId)).toEqual(['i-0001', 'i-0002']);
    const create = `mutation ($input: CreateAutostackInput!) { createAutostack(input: $input) {
      __typename ... on Autostack { id memberCount members { nodes { name } } metrics { name spec } problem filters { key values } }
      ... on Error { message code } } }`;
    const input = {
      name: 'web',
      region: REGION,
      filters,
      metrics: [{ namespace: 'AWS/EC2', metric: 'CPUUtilization', min: 0, max: 60 }],
    };
    const { createAutostack: stack } = await read<{ createAutostack: { id: string; memberCount: number } }>(
      server,
      create,
      { input },
    );
    expect(stack).toMatchObject({
      __typename: 'Autostack',
      memberCount: 2,
      members: { nodes: [{ name: 'web-1' }, { name: 'web-2' }] },
      metrics: [{ name: 'AWS/EC2/CPUUtilization', spec: { modelParams: { min: 0, max: 60 } } }],
      problem: null,
      filters,
    });
    const again = await read<{ createAutostack: unknown }>(server, create, { input });
    expect(again.createAutostack).toMatchObject({ __typename: 'DuplicateNameError', code: 'DUPLICATE_NAME' });
    for (const wrong of [{ filters: [] }, { metrics: [{ ...input.metrics[0], min: null }] }]) {
      const bad = await read<{ createAutostack: unknown }>(server, create, {
        input: { ...input, name: 'x', ...wrong },
      });
      expect(bad.createAutostack).toMatchObject({ __typename: 'InvalidInputError' });
    }
    const watch = `mutation ($spec: MetricSpecInput!) { monitorMetric(input: { spec: $spec }) {
      __typename ... on Metric { id name autostack { id } displayName spec } ... on Error { message } } }`;
    const spec = { autostack: { autostackId: stack.id, namespace: 'Autostacks', metric: 'InstanceCount' } };
    const { monitorMetric } = await read<{ monitorMetric: unknown }>(server, watch, { spec });
    expect(monitorMetric).toMatchObject({
      name: 'Autostacks/InstanceCount',
      autostack: { id: stack.id },
      spec: {
        datasource: 'autostack',
        stackSpec: { name: 'web', region: REGION, filters },
        metricSpec: { namespace: 'Autostacks', metric: 'InstanceCount' },
      },
    });
    const foobar = await read<{ monitorMetric: unknown }>(server, watch, {
      spec: { autostack: { ...spec.autostack, metric: 'Foobar' } },
    });
    expect(foobar.monitorMetric).toMatchObject({ __typename: 'NotSupportedError' });
    const { deleteAutostack } = await read<{ deleteAutostack: unknown }>(
      server,
      `mutation ($id: ID!) { deleteAutostack(input: { id: $id }) { ... on Autostack {
        name memberCount members { nodes { resourceId state } pageInfo { hasNextPage } } metrics { name status lastRowId } } } }`,
      { id: stack.id },
    );
    expect(deleteAutostack).toEqual({
      name: 'web',
      memberCount: 2,
      members: {
        nodes: [
          { resourceId: 'i-0001', state: 'running' },
          { resourceId: 'i-0002', state: 'running' },
        ],
        pageInfo: { hasNextPage: false },
      },
      metrics: [
        { name: 'AWS/EC2/CPUUtilization', status: 'ACTIVE', lastRowId: expect.any(Number) as number },
        { name: 'Autostacks/InstanceCount', status: 'ACTIVE', lastRowId: expect.any(Number) as number },
      ],
    });
    expect(await read(server, '{ autostacks { nodes { id } } metrics { nodes { id } } }')).toEqual({
      autostacks: { nodes: [] },
      metrics: { nodes: [] },
    });
  });

  it('watches a CloudWatch metric: history, then scores, and never a secret', async () => {
    await using server = await startOverAws();
    const watch = `mutation ($spec: MetricSpecInput!) { monitorMetric(input: { spec: $spec }) {
      __typename ... on Metric { id unit } ... on AlreadyMonitoredError { metric { id } } ... on Error { message } } }`;
    const cloudwatch = {
      region: REGION,
      namespace: 'AWS/EC2',
      metric: 'CPUUtilization',
      dimensions: [{ name: 'InstanceId', value: 'i-0001' }],
    };
    const { monitorMetric } = await read<{ monitorMetric: { id: string } }>(server, watch, {
      spec: { cloudwatch },
    });
    expect(monitorMetric).toMatchObject({ __typename: 'Metric', unit: 'Percent' });
    const events = server.engine.live.subscribe({ filter: {}, after: null, maxBatch: 1000, lingerMs: 0 });
    const event = await events.next();
    expect(event.value).toMatchObject({ scores: { 0: { score: expect.any(Number) as number } } });
    await events.return?.();
    await untilStatus(server.engine, monitorMetric.id.slice('Metric:'.length), 'ACTIVE');
    const again = await read<{ monitorMetric: unknown }>(server, watch, { spec: { cloudwatch } });
    expect(again.monitorMetric).toMatchObject({
      __typename: 'AlreadyMonitoredError',
      metric: { id: monitorMetric.id },
    });
    const bad = await read<{ monitorMetric: unknown }>(server, watch, {
      spec: { cloudwatch: { ...cloudwatch, region: 'x' } },
    });
    expect(bad.monitorMetric).toMatchObject({ __typename: 'InvalidInputError' });
    const { text } = await ask(server, '{ exportModels }');
    expect(text).not.toContain('do-not-show');
  });

  it('does not watch an instance there is not, and says what is not known of one it watches', async () => {
    await using server = await startOverAws();
    const watch = `mutation ($spec: MetricSpecInput!) { monitorMetric(input: { spec: $spec }) {
      __typename ... on Metric { status message resource { name } } ... on Error { failure: message code } } }`;
    const watching = async (id: string, region: string) => {
      const dimensions = [{ name: 'InstanceId', value: id }];
      const cloudwatch = { region, namespace: 'AWS/EC2', metric: 'CPUUtilization', dimensions };
      return (await read<{ monitorMetric: unknown }>(server, watch, { spec: { cloudwatch } })).monitorMetric;
    };
    await read(server, `{ resources(region: "${REGION}") { nodes { id } } }`);
    expect(await watching('i-0999', REGION)).toMatchObject({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
    });
    expect(await watching('i-0001', REGION)).toEqual({
      __typename: 'Metric',
      status: 'ACTIVE',
      message: null,
      resource: { name: 'web-1' },
    });
    expect(await watching('i-0999', 'eu-west-1')).toMatchObject({
      __typename: 'Metric',
      message: 'whether eu-west-1 has i-0999 is not known: the resources there have not been listed yet',
    });
    await read(server, '{ resources(region: "eu-west-1") { nodes { id } } }');
    const { metrics } = await read<{ metrics: unknown }>(
      server,
      '{ metrics { nodes { location message } } }',
    );
    expect(metrics).toMatchObject({
      nodes: expect.arrayContaining([
        { location: REGION, message: null },
        {
          location: 'eu-west-1',
          message: 'EC2 lists no i-0999 in eu-west-1: no more values are to be expected',
        },
      ]) as unknown[],
    });
  });
});
