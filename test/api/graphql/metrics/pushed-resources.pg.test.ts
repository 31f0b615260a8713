/** Resources that are known from pushed series alone are resources as any other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';
import { ADMIN } from '../keyed-server.ts';

const HOSTS = Array.from({ length: 10 }, (_, index) => `web-${index}`);
const ROWS = 320;
const PERIOD_MS = 300_000;
let server: TestServer;
const admin = () => ({ url: server.url, key: ADMIN });

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_API_KEY: ADMIN } });
});
afterAll(() => server[Symbol.asyncDispose]());

const PUT = `mutation ($points: [MetricPointInput!]!) {
  putMetricData(input: { points: $points }) { accepted rejected { code reason } }
}`;
const MONITOR = `mutation ($metrics: [MonitorMetricInput!]!) {
  monitorMetrics(input: { metrics: $metrics }) { results { error { message } } }
}`;
const RULE = `mutation ($input: CreateNotificationRuleInput!) {
  createNotificationRule(input: $input) { ... on NotificationRule { id } ... on Error { message } }
}`;
const RESOURCES = `{
  resources(datasource: CUSTOM, first: 50) { nodes {
    id name type server tags { key value } status
    bars(window: HOURS) { anomalyScore } anomaly { anomalyScore metricCount } metrics { name tags { key value } }
  } }
}`;

interface Put {
  readonly putMetricData: { readonly accepted: number; readonly rejected: readonly unknown[] };
}
interface Pair {
  readonly key: string;
  readonly value: string;
}
interface Resources {
  readonly resources: {
    readonly nodes: readonly {
      readonly id: string;
      readonly server: string;
      readonly tags: readonly Pair[];
      readonly bars: readonly { readonly anomalyScore: number | null }[];
      readonly metrics: readonly { readonly name: string; readonly tags: readonly Pair[] }[];
    }[];
  };
}

async function put(points: readonly object[], key = ADMIN): Promise<Put['putMetricData']> {
  return (await read<Put>({ url: server.url, key }, PUT, { points })).putMetricData;
}

function writeLines(lines: readonly string[]): Promise<Response> {
  const headers = { authorization: `Token ${ADMIN}` };
  return fetch(`${server.url}/api/v2/write?precision=ms`, {
    method: 'POST',
    headers,
    body: lines.join('\n'),
  });
}

const teamOf = (index: number) => (index % 2 === 0 ? 'shop' : 'search');
/** Calm but for the last row of one metric. */
const valueAt = (row: number, isSpike: boolean) =>
  isSpike && row === ROWS - 1 ? 900 : 50 + 10 * Math.sin(row / 20) + ((row * 7919) % 13) / 4;

describe('40 pushed metrics on 10 resources', () => {
  const start = Date.now() - ROWS * PERIOD_MS;
  beforeAll(async () => {
    const names = HOSTS.flatMap((host, index) => [
      `cpu;resource=${host};team=${teamOf(index)}`,
      `memory;resource=${host};team=${teamOf(index)}`,
      `disk.used;host=${host};path=/;team=${teamOf(index)}`,
      `net.sent;host=${host};interface=eth0;team=${teamOf(index)}`,
    ]);
    const metrics = names.map((name) => ({ spec: { custom: { name } }, model: { min: 0, max: 1000 } }));
    const { monitorMetrics } = await read<{ monitorMetrics: { results: { error: unknown }[] } }>(
      admin(),
      MONITOR,
      {
        metrics,
      },
    );
    expect(monitorMetrics.results.filter(({ error }) => error !== null)).toEqual([]);
    await read(admin(), RULE, {
      input: { name: 'team search', scope: { tags: [{ key: 'team', values: ['sea*'] }] }, channels: [] },
    });
    const rows = Array.from({ length: ROWS }, (_, row) => row);
    for (const metric of ['cpu', 'memory']) {
      const points = HOSTS.flatMap((resource, index) =>
        rows.map((row) => ({
          metric: `${metric}{team="${teamOf(index)}"}`,
          resource,
          timestamp: new Date(start + row * PERIOD_MS).toISOString(),
          value: valueAt(row, metric === 'cpu' && index === 3),
        })),
      );
      expect(await put(points)).toEqual({ accepted: 3200, rejected: [] });
    }
    const lines = HOSTS.flatMap((host, index) =>
      rows.flatMap((row) => [
        `disk,host=${host},path=/,team=${teamOf(index)} used=${valueAt(row, false)} ${start + row * PERIOD_MS}`,
        `net,host=${host},interface=eth0,team=${teamOf(index)} sent=${valueAt(row, false)} ${start + row * PERIOD_MS}`,
      ]),
    );
    expect((await writeLines(lines)).status).toBe(204);
  });

  it('are listed as 10 resources, each with bars, a group score and the tags its series share', async () => {
    const { resources } = await until(async () => {
      const answer = await read<Resources>(admin(), RESOURCES);
      for (const { bars } of answer.resources.nodes) {
        expect(bars.some(({ anomalyScore }) => anomalyScore !== null)).toBe(true);
      }
      return answer;
    });
    expect(resources.nodes.map(({ server: name }) => name)).toEqual(HOSTS);
    for (const [index, resource] of resources.nodes.entries()) {
      expect(resource).toMatchObject({
        id: `Resource:custom:///Custom/${HOSTS[index] ?? ''}`,
        name: HOSTS[index],
        type: 'Custom',
        status: 'ACTIVE',
        tags: [{ key: 'team', value: teamOf(index) }],
        anomaly: { metricCount: 4 },
      });
      expect(resource.metrics.map(({ name }) => name.split(/[;]/, 1)[0])).toEqual([
        'cpu',
        'disk.used',
        'memory',
        'net.sent',
      ]);
    }
  });

  it('are one row of the wall each resource', async () => {
    const { wall } = await read<{ wall: { rows: { server: string; metricIds: string[] }[] } }>(
      admin(),
      '{ wall(by: RESOURCE, orderBy: NAME) { rows { server metricIds } } }',
    );
    expect(wall.rows.map(({ server: name, metricIds }) => [name, metricIds.length])).toEqual(
      HOSTS.map((host) => [host, 4]),
    );
  });

  it('open an incident of a rule by tag on the one that is anomalous', async () => {
    const INCIDENTS = '{ incidents { nodes { server rule { name } metric { name resource { server } } } } }';
    const { incidents } = await until(async () => {
      const answer = await read<{ incidents: { nodes: unknown[] } }>(admin(), INCIDENTS);
      expect(answer.incidents.nodes).not.toEqual([]);
      return answer;
    });
    expect(incidents.nodes).toEqual([
      {
        server: 'web-3',
        rule: { name: 'team search' },
        metric: { name: 'cpu;resource=web-3;team=search', resource: { server: 'web-3' } },
      },
    ]);
  });

  it('take notes by the name of the resource', async () => {
    const NOTE = `mutation { createAnnotation(input: {
      timestamp: "2026-01-01T00:00:00Z", server: "web-4", device: "d", user: "u", message: "new disk"
    }) { ... on Annotation { server } ... on Error { message } } }`;
    expect(await read(admin(), NOTE)).toEqual({ createAnnotation: { server: 'web-4' } });
  });

  it.each([
    ['tags: [{ key: "team", values: ["shop"] }]', 20],
    ['tags: [{ key: "team", values: ["s*"] }, { key: "host", values: ["web-3", "web-4"] }]', 4],
    ['tags: [{ key: "tag-key", values: ["interface"] }]', 10],
    ['tags: [{ key: "tag:interface", values: ["eth?"] }]', 10],
    ['tags: [{ key: "team", values: ["SHOP", "%", "s_op"] }]', 0],
  ])('are found by %s', async (filter, count) => {
    const { metrics } = await read<{ metrics: { totalCount: number } }>(
      admin(),
      `{ metrics(filter: { ${filter} }) { totalCount } }`,
    );
    expect(metrics.totalCount).toBe(count);
  });
});

describe('a resource of pushed series', () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  const find = async (name: string, key = ADMIN) => {
    const { resources } = await read<Resources>({ url: server.url, key }, RESOURCES);
    return resources.nodes.find(({ server: canonical }) => canonical === name);
  };

  it('makes one name on two resources two series, and leaves a metric alone that is of the resource', async () => {
    const points = ['a-1', 'a-2', undefined].map((resource) => ({
      metric: 'load',
      resource,
      timestamp: at(0),
      value: 1,
    }));
    expect(await put(points)).toEqual({ accepted: 3, rejected: [] });
    await server.engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'queue', resource: 'a-1' },
    });
    await put([{ metric: 'queue', resource: 'a-1', timestamp: at(0), value: 1 }]);
    expect((await find('a-1'))?.metrics.map(({ name }) => name)).toEqual(['load;resource=a-1', 'queue']);
    expect((await find('a-2'))?.metrics.map(({ name }) => name)).toEqual(['load;resource=a-2']);
    expect(server.engine.registry.byPushedName('load')?.server).toBe('load');
  });

  it('stays what the sender said when its metric is monitored by its name alone', async () => {
    await put([{ metric: 'snmp.in;host=agent', resource: 'switch-1', timestamp: at(0), value: 1 }]);
    const name = 'snmp.in;host=agent;resource=switch-1';
    await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name } });
    expect((await find('switch-1'))?.metrics.map((metric) => metric.name)).toEqual([name]);
    expect(await find('agent')).toBeUndefined();
  });

  it('has no tag that a series of it has otherwise, whatever the order they come in', async () => {
    for (const name of ['t;dc=x;disk=a;host=t-1', 't2;host=t-1', 't;dc=x;disk=b;host=t-1']) {
      await put([{ metric: name, timestamp: at(0), value: 1 }]);
    }
    expect((await find('t-1'))?.tags).toEqual([
      { key: 'dc', value: 'x' },
      { key: 'host', value: 't-1' },
    ]);
  });

  it('is that of another source when it is called as one', async () => {
    const { database } = server;
    await database.prisma.resource.create({
      data: { datasource: 'HOST', region: 'local', type: 'Host', namespace: 'Host', resourceId: 'box' },
    });
    await put([{ metric: 'fan', resource: 'local/Host/box', timestamp: at(0), value: 1 }]);
    expect(await find('local/Host/box')).toBeUndefined();
    const { resource } = await read<{ resource: unknown }>(
      admin(),
      '{ resource(id: "Resource:host://local/Host/box") { server metrics { name server } } }',
    );
    expect(resource).toEqual({
      server: 'local/Host/box',
      metrics: [{ name: 'fan;resource=local/Host/box', server: 'local/Host/box' }],
    });
  });

  it('is gone with the last of its metrics', async () => {
    await put([{ metric: 'gone', resource: 'g-1', timestamp: at(0), value: 1 }]);
    expect(await find('g-1')).toBeDefined();
    await server.engine.monitor.deleteMetric(
      server.engine.registry.byPushedName('gone;resource=g-1')?.id ?? '',
    );
    expect(await find('g-1')).toBeUndefined();
  });

  it('is of one account: another has one of the same name, and neither sees the other', async () => {
    const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
      admin(),
      'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret } } }',
      { input: { name: 'other', scopes: ['READ', 'WRITE', 'INGEST'], account: 'other' } },
    );
    await put([{ metric: 'm;color=red;host=shared', timestamp: at(0), value: 1 }]);
    await put([{ metric: 'm;color=blue;host=shared', timestamp: at(0), value: 1 }], createApiKey.secret);
    const theirs = await find('shared', createApiKey.secret);
    expect(theirs?.tags).toEqual([
      { key: 'color', value: 'blue' },
      { key: 'host', value: 'shared' },
    ]);
    expect(theirs?.id).toMatch(/^Resource:custom-\d+:\/\/\/Custom\/shared$/);
    const BY_ID = 'query ($id: ID!) { resource(id: $id) { tags { value } } }';
    const other = { url: server.url, key: createApiKey.secret };
    expect(await read(other, BY_ID, { id: theirs?.id })).toMatchObject({
      resource: { tags: [{ value: 'blue' }, {}] },
    });
    expect(await read(other, BY_ID, { id: 'Resource:custom:///Custom/shared' })).toEqual({ resource: null });
    const { metrics } = await read<{ metrics: { totalCount: number } }>(
      other,
      '{ metrics(filter: { tags: [{ key: "color", values: ["*"] }] }) { totalCount } }',
    );
    expect(metrics.totalCount).toBe(1);
  });

  it.each(['', ' ', 'a\u0000b', 'x'.repeat(256)])(
    'is refused by its name, and its neighbours are not: %j',
    async (resource) => {
      const { accepted, rejected } = await put([
        { metric: 'n', resource, timestamp: at(1), value: 1 },
        { metric: 'n', resource: 'n-1', timestamp: at(resource.length), value: 1 },
      ]);
      expect(accepted).toBe(1);
      expect(rejected).toMatchObject([
        { code: 'INVALID_INPUT', reason: expect.stringMatching(/^resource: /) as string },
      ]);
    },
  );

  it('is refused to be asked for by a filter that cannot be', async () => {
    const { errors } = await ask(
      admin(),
      '{ metrics(filter: { tags: [{ key: "a", values: [] }] }) { totalCount } }',
    );
    expect(errors[0]?.message).toContain('at least one value is required');
  });
});
