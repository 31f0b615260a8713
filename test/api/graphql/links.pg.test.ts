/** From each thing to what it is about, as objects; a list of things costs no statement per thing. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, read } from '../../helpers/ask.ts';
import { TRANSPORTS } from '../../helpers/connect.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';
import { ADMIN } from './keyed-server.ts';

const HOSTS = Array.from({ length: 20 }, (_, index) => `h-${String(index).padStart(2, '0')}`);
let server: TestServer;
const admin = () => ({ url: server.url, key: ADMIN });

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_API_KEY: ADMIN } });
  const { pool, monitor } = server.engine;
  const { prisma } = server.database;
  for (const host of HOSTS) {
    await monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: `cpu;host=${host}` },
      model: { min: 0, max: 9 },
    });
  }
  const note = { timestamp: new Date(0), device: 'd', user: 'u', message: 'm' };
  await prisma.annotation.createMany({
    data: [...HOSTS, 'unknown'].map((host) => ({ ...note, server: host })),
  });
  await pool.query(
    `INSERT INTO incident (rule_name, metric_id, metric_number, metric_name, instance, server, location, datasource, state, open,
       started_at, last_point_at, last_hot_at, hot_points, score, value, expected, low, high, peak_score, peak_value, peak_at)
     SELECT 'r', id, number, name, server, server, '', 'CUSTOM', 'FIRING', true, now(), now(), now(), 1, 1, 1, 0, 0, 0, 1, 1, now()
     FROM metric`,
  );
  const place = {
    datasource: 'CLOUDWATCH',
    region: 'us-west-2',
    type: 'AWS::EC2::Instance',
    namespace: 'AWS/EC2',
  } as const;
  for (const name of ['b', 'a', 'left']) {
    await prisma.autostack.create({
      data: { name, region: place.region, resourceType: place.type, filters: [{ key: 'a', values: ['b'] }] },
    });
  }
  const stacks = await prisma.autostack.findMany();
  for (const host of HOSTS) {
    const { id } = await prisma.resource.create({ data: { ...place, resourceId: host } });
    await prisma.autostackMember.createMany({
      data: stacks.map((stack) => ({
        autostackId: stack.id,
        resourceId: id,
        joinedAt: new Date(0),
        leftAt: stack.name === 'left' ? new Date(1) : null,
      })),
    });
  }
});
afterAll(() => server[Symbol.asyncDispose]());

/** What is answered, and how many statements read these tables. */
async function countReads<T>(
  tables: readonly string[],
  request: () => Promise<T>,
): Promise<{ data: T; statements: number }> {
  const spy = vi.spyOn(pg.Client.prototype, 'query');
  try {
    const data = await request();
    const asked = spy.mock.calls.map(([statement]: readonly unknown[]) => JSON.stringify(statement));
    const statements = asked.filter((text) => tables.some((table) => text.includes(`\\"${table}\\"`))).length;
    return { data, statements };
  } finally {
    spy.mockRestore();
  }
}

describe('every link is an object, and a list of 20 costs a few statements', () => {
  it('from an annotation to its resource', async () => {
    const { data, statements } = await countReads(['annotation', 'resource', 'metric'], () =>
      read<{
        annotations: { nodes: { server: string; resource: unknown }[] };
      }>(
        admin(),
        '{ annotations(first: 50) { nodes { server resource { id name tags { value } metrics { name } } } } }',
      ),
    );
    expect(data.annotations.nodes).toHaveLength(21);
    for (const { server: host, resource } of data.annotations.nodes) {
      expect(resource).toEqual(
        host === 'unknown'
          ? null
          : {
              id: `Resource:custom:///Custom/${host}`,
              name: host,
              tags: [{ value: host }],
              metrics: [{ name: `cpu;host=${host}` }],
            },
      );
    }
    expect(statements).toBeGreaterThan(1);
    expect(statements).toBeLessThanOrEqual(8);
  });

  it('from an incident to its resource', async () => {
    const { data, statements } = await countReads(['incident', 'resource', 'metric'], () =>
      read<{
        incidents: { nodes: { server: string; resource: unknown }[] };
      }>(admin(), '{ incidents(first: 50) { nodes { server resource { name status } metric { name } } } }'),
    );
    expect(data.incidents.nodes).toHaveLength(20);
    for (const { server: host, resource } of data.incidents.nodes) {
      expect(resource).toEqual({ name: host, status: 'ACTIVE' });
    }
    expect(statements).toBeGreaterThan(1);
    expect(statements).toBeLessThanOrEqual(8);
  });

  it('from a resource to its autostacks, its type and its region', async () => {
    const { data, statements } = await countReads(['autostack', 'autostack_member', 'resource'], () =>
      read<{ resources: { nodes: unknown[] } }>(
        admin(),
        `{ resources(datasource: CLOUDWATCH, first: 50) { nodes {
        autostacks { name memberCount } resourceType { name namespace aggregatable } awsRegion { name description }
      } } }`,
      ),
    );
    expect(data.resources.nodes).toHaveLength(20);
    for (const resource of data.resources.nodes) {
      expect(resource).toEqual({
        autostacks: [
          { name: 'a', memberCount: 20 },
          { name: 'b', memberCount: 20 },
        ],
        resourceType: { name: 'AWS::EC2::Instance', namespace: 'AWS/EC2', aggregatable: true },
        awsRegion: { name: 'us-west-2', description: expect.stringContaining('Oregon') as string },
      });
    }
    expect(statements).toBeGreaterThan(1);
    expect(statements).toBeLessThanOrEqual(8);
    expect(
      await read(
        admin(),
        '{ resource(id: "Resource:custom:///Custom/h-00") { autostacks { id } resourceType { name } awsRegion { name } } }',
      ),
    ).toEqual({ resource: { autostacks: [], resourceType: null, awsRegion: null } });
  });

  it('from the scope of a rule to its metrics, resources and autostack', async () => {
    const { prisma } = server.database;
    const [metric] = await prisma.metric.findMany({ orderBy: { name: 'asc' }, take: 1 });
    const stack = await prisma.autostack.findFirstOrThrow({ where: { name: 'a' } });
    const gone = '00000000-0000-4000-8000-000000000000';
    for (let index = 0; index < 20; index += 1) {
      const scope = {
        metricIds: [metric?.id ?? '', gone],
        servers: ['h-00', 'h-01', 'unknown'],
        autostackId: stack.id,
      };
      await prisma.notificationRule.create({ data: { name: `rule ${index}`, scope } });
    }
    await prisma.notificationRule.create({ data: { name: 'all', scope: {} } });
    const { data, statements } = await countReads(
      ['metric', 'resource', 'autostack', 'notification_rule'],
      () =>
        read<{
          notificationRules: { name: string; scope: unknown }[];
        }>(
          admin(),
          '{ notificationRules { name scope { metrics { name } resources { name } autostack { name } } } }',
        ),
    );
    const [all, ...others] = data.notificationRules;
    expect(all?.scope).toEqual({ metrics: null, resources: null, autostack: null });
    expect(others).toHaveLength(20);
    for (const { scope } of others) {
      expect(scope).toEqual({
        metrics: [{ name: 'cpu;host=h-00' }],
        resources: [{ name: 'h-00' }, { name: 'h-01' }],
        autostack: { name: 'a' },
      });
    }
    expect(statements).toBeGreaterThan(1);
    expect(statements).toBeLessThanOrEqual(8);
  });
});

describe('the id of a sample', () => {
  const AT = new Date(Date.UTC(2026, 0, 1)).toISOString();
  const PUT = `mutation { putMetricData(input: { points: [
    { metric: "cpu;host=h-00", timestamp: "${AT}", value: 1 }, { metric: "cpu;host=h-01", timestamp: "${AT}", value: 2 }
  ] }) { accepted } }`;
  const LATEST = '{ metrics(first: 2) { nodes { latest { id value } data { nodes { id } } } } }';
  interface Latest {
    readonly metrics: { readonly nodes: readonly { readonly latest: { readonly id: string } }[] };
  }
  const NODES = `query ($ids: [ID!]!) { nodes(ids: $ids) {
    __typename id ... on MetricData { value metric { name } }
  } }`;

  it.each(TRANSPORTS.slice(0, 1))('is the same live ($name), in lists and as a node', async (transport) => {
    await using live = transport.subscribe(
      admin(),
      'subscription { anomalyScores(lingerMs: 0) { scores { id value } } }',
    );
    const heard = live.next();
    let minute = 0;
    let done = false;
    // Until the subscription stands nothing is sent to it.
    while (!done) {
      const timestamp = new Date(Date.UTC(2026, 0, 2, 0, (minute += 1))).toISOString();
      await read(
        admin(),
        `mutation { putMetricData(input: { points: [{ metric: "cpu;host=h-05", timestamp: "${timestamp}", value: 7 }] }) { accepted } }`,
      );
      done = await Promise.race([
        heard.then(() => true),
        new Promise<false>((resolve) => setImmediate(() => resolve(false))),
      ]);
    }
    const { value } = (await heard) as { value: { data: { anomalyScores: { scores: { id: string }[] } } } };
    const id = value.data.anomalyScores.scores[0]?.id ?? '';
    expect(id).toMatch(/^MetricData:\d+@\d+$/);
    expect(await read(admin(), NODES, { ids: [id] })).toEqual({
      nodes: [{ __typename: 'MetricData', id, value: 7, metric: { name: 'cpu;host=h-05' } }],
    });
    const { metrics } = await read<{ metrics: { nodes: { data: { nodes: { id: string }[] } }[] } }>(
      admin(),
      '{ metrics(filter: { nameContains: "h-05" }) { nodes { data { nodes { id } } } } }',
    );
    expect(metrics.nodes[0]?.data.nodes).toContainEqual({ id });
  });

  it('finds what is there, null for what is not, and nothing of another account', async () => {
    await read(admin(), PUT);
    const { metrics } = await read<Latest>(admin(), LATEST);
    const ids = metrics.nodes.map(({ latest }) => latest.id);
    expect(
      await read(admin(), NODES, { ids: [ids[1], 'MetricData:1@5', ids[0], 'MetricData:2147483647@5'] }),
    ).toEqual({
      nodes: [
        { __typename: 'MetricData', id: ids[1], value: 2, metric: { name: 'cpu;host=h-01' } },
        null,
        { __typename: 'MetricData', id: ids[0], value: 1, metric: { name: 'cpu;host=h-00' } },
        null,
      ],
    });
    const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
      admin(),
      'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret } } }',
      { input: { name: 'other', scopes: ['READ'], account: 'other' } },
    );
    const stranger = { url: server.url, key: createApiKey.secret };
    expect(await read(stranger, NODES, { ids })).toEqual({ nodes: [null, null] });
  });

  it.each([
    'MetricData:',
    'MetricData:0@1',
    'MetricData:1',
    'MetricData:1@-1',
    'MetricData:9999999999@1',
    'MetricData:1@1@1',
  ])('gives null where it is none: %s', async (id) => {
    const { errors, data } = await ask(admin(), NODES, { ids: [id] });
    expect(errors).toEqual([]);
    expect(data).toEqual({ nodes: [null] });
  });
});
