/** One series is one metric, whichever way it comes, and however long its name is. */
import { describe, expect, it } from 'vitest';
import { read } from '../../helpers/ask.ts';
import { untilStatus } from '../../helpers/start-engine.ts';
import { startEngine } from '../../helpers/start-engine.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';
import { PROTOCOLS, type Point } from './push-protocols.ts';

const START = Date.parse('2026-01-05T00:00:00Z');

const [graphql, , graphite] = PROTOCOLS;
if (graphql === undefined || graphite === undefined) throw new Error('there are protocols');

const at = (metric: string, minute: number): Point => ({
  metric,
  timestampMs: START + minute * 60_000,
  value: minute,
});

async function writeLines(server: TestServer, body: string): Promise<number> {
  const response = await fetch(`${server.url}/api/v2/write?precision=ms`, { method: 'POST', body });
  return response.status;
}

async function listNames(server: TestServer): Promise<readonly string[]> {
  const { metrics } = await read<{ metrics: { nodes: { name: string }[] } }>(
    server,
    '{ metrics { nodes { name } } }',
  );
  return metrics.nodes.map(({ name }) => name);
}

/** A line Telegraf's docker input writes for a container of a compose project, and one of a Kubernetes pod. */
const DOCKER = `docker_container_cpu,com.docker.compose.config-hash=8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4,com.docker.compose.project.working_dir=/srv/shop/deploy,container_image=registry.example.com/shop/frontend,container_name=shop_frontend_1,container_status=running,container_version=2026.11.28,cpu=cpu-total,engine_host=node-17.example.com,host=node-17.example.com,server_version=27.3.1`;
const POD = `kube_pod_container,app=frontend,cluster=production,container=frontend,image=registry.example.com/shop/frontend@sha256:8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4,namespace=shop,node=ip-10-0-12-17.eu-central-1.compute.internal,pod=frontend-7c9d8b6f5d-x2x7k,uid=0b0f2c52-7f35-4d2e-9a43-1c3f0d1c7c11,zone=eu-central-1a`;

describe('a series', () => {
  it('is one metric by Graphite, GraphQL and line protocol, in whatever order its tags come', async () => {
    await using server = await startServer({ settings: { LAPWING_GRAPHITE_PORT: '0' } });
    const ways = ['m.v;host=a;dc=x', 'm.v;dc=x;host=a', 'm.v{host="a",dc="x"}', 'm.v{dc="x", host="a"}'];
    let minute = 0;
    for (const way of ways) await graphql.push(server, [at(way, (minute += 1))]);
    // A blank would end the name there.
    for (const way of ways.slice(0, 3)) await graphite.push(server, [at(way, (minute += 1))]);
    for (const tags of ['host=a,dc=x', 'dc=x,host=a']) {
      minute += 1;
      expect(await writeLines(server, `m,${tags} v=${minute} ${START + minute * 60_000}`)).toBe(204);
    }
    expect(await listNames(server)).toEqual(['m.v;dc=x;host=a']);
    expect([...server.engine.registry.all()].map(({ lastRowId }) => lastRowId)).toEqual([minute]);
    // In one batch, too, and when it is monitored or imported.
    await graphql.push(
      server,
      ways.map((way, place) => at(way, minute + 1 + place)),
    );
    const spec = { name: 'm.v{host="a",dc="x"}' };
    const id = await server.engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec,
      model: { min: 0, max: 9 },
    });
    await untilStatus(server.engine, id, 'ACTIVE');
    const model = { datasource: 'custom', metricSpec: { name: 'm.v;host=a;dc=x' }, data: [] };
    expect(await server.engine.transfer.importModel(model)).toEqual({ metricId: id, created: false });
    expect(await listNames(server)).toEqual(['m.v;dc=x;host=a']);
    expect(server.engine.registry.byId(id)).toMatchObject({ scoredRows: minute + ways.length });
  });

  it('keeps the metrics earlier versions made of it: each has its own sender, and new ones join the oldest', async () => {
    await using database = await withDatabase();
    const old = ['m;host=a;dc=x', 'm{host="a",dc="x"}'];
    for (const name of old) {
      await database.pool.query(
        `WITH made AS (INSERT INTO metric (datasource, identity, name, server) VALUES ('CUSTOM', $1, $1, $1)
           RETURNING number)
         INSERT INTO metric_progress (metric_number) SELECT number FROM made`,
        [name],
      );
    }
    await using engine = await startEngine(database);
    const { registry, accept, monitor } = engine;
    const rows = () =>
      Object.fromEntries([...registry.all()].map(({ name, lastRowId }) => [name, lastRowId]));
    for (const name of old) await accept.acceptNamed([at(name, 1)]);
    expect(rows()).toEqual({ 'm;host=a;dc=x': 1, 'm{host="a",dc="x"}': 1 });
    await accept.acceptNamed([at('m;dc=x;host=a', 2), at('m{dc="x",host="a"}', 3)]);
    expect(rows()).toEqual({ 'm;host=a;dc=x': 3, 'm{host="a",dc="x"}': 1 });
    for (const name of old) {
      const known = registry.byIdentity('CUSTOM', name);
      const spec = { name };
      expect(await monitor.monitorMetric({ datasource: 'CUSTOM', spec, model: { min: 0, max: 9 } })).toBe(
        known?.id,
      );
    }
    expect(registry.size).toBe(2);
    // Without them its name is the canonical one.
    for (const entry of [...registry.all()]) await monitor.deleteMetric(entry.id);
    await accept.acceptNamed([at('m{host="a",dc="x"}', 4)]);
    expect(rows()).toEqual({ 'm;dc=x;host=a': 1 });
  });
});

describe('a long name', () => {
  it('is what real agents send: it is stored, monitored, listed, annotated and deleted as any other', async () => {
    await using server = await startServer({ settings: { LAPWING_GRAPHITE_PORT: '0' } });
    const { engine } = server;
    expect(
      await writeLines(server, `${DOCKER} usage_percent=1.5 ${START}\n${POD} restarts_total=2i ${START}`),
    ).toBe(204);
    const names = ['計'.repeat(4096), `${'n'.repeat(4095)}a`, `${'n'.repeat(4095)}b`, 'short'];
    await graphql.push(
      server,
      names.map((name) => at(name, 0)),
    );
    await graphite.push(
      server,
      names.map((name) => at(name, 1)),
    );
    const lengths = [...engine.registry.all()].map(({ name }) => name.length);
    expect(lengths.filter((length) => length > 330)).toHaveLength(5);
    for (const name of names) {
      const spec = { name };
      const id = await engine.monitor.monitorMetric({
        datasource: 'CUSTOM',
        spec,
        model: { min: 0, max: 9 },
      });
      await untilStatus(engine, id, 'ACTIVE');
      expect(engine.registry.byId(id)).toMatchObject({ name, scoredRows: 2 });
    }
    const paged: string[] = [];
    for (let after: string | null = null; ;) {
      const { metrics }: { metrics: Page } = await read<{ metrics: Page }>(server, LIST, { after });
      paged.push(...metrics.nodes.map(({ name }) => name));
      if (!metrics.pageInfo.hasNextPage) break;
      after = metrics.pageInfo.endCursor;
    }
    expect(paged).toHaveLength(6);
    expect(new Set(paged)).toEqual(new Set([...engine.registry.all()].map(({ name }) => name)));
    for (const { server: owner, id } of [...engine.registry.all()]) {
      const { createAnnotation } = await read<{ createAnnotation: { __typename: string } }>(
        server,
        ANNOTATE,
        { owner },
      );
      expect(createAnnotation).toEqual({ __typename: 'Annotation' });
      await engine.monitor.deleteMetric(id);
    }
    expect(await listNames(server)).toEqual([]);
  });

  it('ends somewhere, and the refusal says where', async () => {
    await using server = await startServer();
    const { accepted, rejected } = await server.engine.accept.acceptNamed([
      at('n'.repeat(4097), 0),
      at('good', 0),
    ]);
    expect(accepted).toBe(1);
    expect(rejected).toMatchObject([
      { index: 0, code: 'INVALID_INPUT', reason: expect.stringContaining('4096') as string },
    ]);
  });
});

interface Page {
  readonly nodes: readonly { readonly name: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

const LIST = `query ($after: String) {
  metrics(first: 2, after: $after, orderBy: NAME) { nodes { name } pageInfo { hasNextPage endCursor } }
}`;
const ANNOTATE = `mutation ($owner: String!) {
  createAnnotation(input: { server: $owner, timestamp: "2026-01-05T00:00:00Z", device: "d", user: "u", message: "m" }) {
    __typename
  }
}`;
