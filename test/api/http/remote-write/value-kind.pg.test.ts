/** What a protocol says of the values of a new name, through its life. */
import { compress } from 'snappyjs';
import { expect, it } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { requestV1 } from '../../../core/ingest/remote-write/encode.ts';

const START_MS = Date.UTC(2026, 0, 1);

async function write(server: TestServer, name: string, value: number): Promise<void> {
  const series = [{ labels: [['__name__', name] as const], samples: [[value, START_MS + value] as const] }];
  const response = await fetch(`${server.url}/api/v1/write`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    body: new Uint8Array(compress(requestV1(series))),
  });
  expect(response.status).toBe(204);
}

async function readKind(server: TestServer, name: string) {
  const query = `query ($name: String!) {
    metrics(filter: { names: [$name] }) { nodes { status valueKind model { valueKind } } }
  }`;
  const { metrics } = await read<{ metrics: { nodes: unknown[] } }>(server, query, { name });
  return metrics.nodes[0];
}

it('a counter of remote write is one while unmonitored, monitored, and unmonitored again', async () => {
  await using server = await startServer();
  const { monitor, registry } = server.engine;
  const request = (name: string, model = {}) => ({ datasource: 'CUSTOM' as const, spec: { name }, model });
  const idle = { status: 'UNMONITORED', valueKind: 'COUNTER', model: null };
  await write(server, 'jobs_total', 1);
  expect(await readKind(server, 'jobs_total')).toEqual(idle);
  const id = await monitor.monitorMetric(request('jobs_total', { min: 0, max: 9 }));
  expect(await readKind(server, 'jobs_total')).toMatchObject({
    valueKind: 'COUNTER',
    model: { valueKind: 'COUNTER' },
  });
  await monitor.unmonitorMetric(id);
  expect(await readKind(server, 'jobs_total')).toEqual(idle);
  // A person goes before the protocol.
  await monitor.monitorMetric(request('jobs_total', { valueKind: 'GAUGE' }));
  expect(await readKind(server, 'jobs_total')).toMatchObject({ valueKind: 'GAUGE' });
  // A metric that is known keeps its kind.
  await monitor.createMetric('CUSTOM', { name: 'known_total' });
  await write(server, 'known_total', 1);
  expect(registry.byPushedName('known_total')?.modelParams).toEqual({});
});

it('a monitoring policy keeps the kind, for names that are new and for those that are known, unless it has one', async () => {
  await using server = await startServer();
  await write(server, 'old_a_total', 1);
  await write(server, 'old_b_total', 1);
  const made = await read(
    server,
    `mutation {
      a: createMonitoringPolicy(input: { name: "a", match: { namePattern: "*_a_total" }, applyToExisting: true }) { ... on Error { message } }
      b: createMonitoringPolicy(
        input: { name: "b", match: { namePattern: "*_b_total" }, model: { valueKind: GAUGE }, applyToExisting: true }
      ) { ... on Error { message } }
    }`,
  );
  expect(made).toEqual({ a: {}, b: {} });
  await write(server, 'new_a_total', 1);
  await write(server, 'new_b_total', 1);
  for (const age of ['old', 'new']) {
    expect(await readKind(server, `${age}_a_total`)).toMatchObject({
      valueKind: 'COUNTER',
      model: { valueKind: 'COUNTER' },
    });
    expect(await readKind(server, `${age}_b_total`)).toMatchObject({
      valueKind: 'GAUGE',
      model: { valueKind: 'GAUGE' },
    });
  }
});
