/** A replica whose connection to the database, or to the leader, is not what it should be. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { leadThrough, readTarget, startProxy } from '../faults/proxy.ts';
import { read } from '../helpers/ask.ts';
import { findFreePort } from '../helpers/server-process.ts';
import { startReplica } from '../helpers/start-replica.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const SETTINGS = { LAPWING_CLUSTER: 'on', LAPWING_SEALING_KEY: randomBytes(32).toString('base64') };
const MONITOR = `mutation ($name: String!) {
  monitorMetric(input: { spec: { custom: { name: $name } }, model: { min: 0, max: 100 } }) { ... on Metric { id } } }`;
const PUT = `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }`;
const SHOW = `{ serverInfo { cursor } metrics(first: 100) { nodes { name status lastTimestamp lastRowId labels { note } } }
  metricData(first: 100, filter: {}) { nodes { value anomalyScore } } notificationRules { name } }`;

let leader: TestServer;
beforeAll(async () => {
  leader = await startServer({
    settings: {
      ...SETTINGS,
      LAPWING_GRAPHITE_PORT: '0',
      LAPWING_STATSD_PORT: '0',
      LAPWING_STATSD_FLUSH_SECONDS: '1',
    },
  });
});
afterAll(() => leader[Symbol.asyncDispose]());

it('one that was cut off from the database says so, and knows all that happened once it is back', async () => {
  await using proxy = await startProxy(readTarget(leader.database.connection));
  const connection = leadThrough(leader.database.connection, proxy.port);
  await using replica = await startReplica({ connection }, SETTINGS);
  const monitored = await read<{ monitorMetric: { id: string } }>(leader, MONITOR, { name: 'gone' });
  await read(leader, MONITOR, { name: 'stays' });
  const before = await read(leader, SHOW);
  await until(async () => expect(await read(replica, SHOW)).toEqual(before));
  proxy.setCut(true);
  const statusOf = async () => (await fetch(`${replica.url}/ready`)).status;
  await until(async () => expect(await statusOf()).toBe(503));
  await read(leader, 'mutation ($id: ID!) { deleteMetric(input: { id: $id }) { __typename } }', {
    id: monitored.monitorMetric.id,
  });
  await read(leader, MONITOR, { name: 'new' });
  const points = Array.from({ length: 50 }, (_, row) => ({
    metric: row % 2 === 0 ? 'stays' : 'new',
    timestamp: new Date(START_MS + row * 60_000).toISOString(),
    value: row,
  }));
  await read(leader, PUT, { points });
  await read(
    leader,
    `mutation { createNotificationRule(input: { name: "new", channels: [{ alertmanager: { url: "https://a.example" } }] }) { __typename } }`,
  );
  proxy.setCut(false);
  await until(async () => expect(await statusOf()).toBe(200));
  const after = await read(leader, SHOW);
  await until(async () => expect(await read(replica, SHOW)).toEqual(after));
});

it('lines for Graphite and StatsD that come to a replica arrive at the leader', async () => {
  const [graphite, statsd] = [await findFreePort(), await findFreePort()];
  await using replica = await startReplica(leader.database, {
    ...SETTINGS,
    LAPWING_GRAPHITE_PORT: String(graphite),
    LAPWING_STATSD_PORT: String(statsd),
  });
  // It is ready before its other ports are.
  const socket = await until(async () => {
    const made = connect(graphite, '127.0.0.1');
    await once(made, 'connect');
    return made;
  });
  expect(await read(replica, '{ serverInfo { graphiteAddress } }')).toEqual({
    serverInfo: { graphiteAddress: `tcp://127.0.0.1:${graphite}` },
  });
  socket.end(`relayed.tcp 7 ${START_MS / 1000}\n`);
  const datagrams = createSocket('udp4');
  const send = (text: string, port: number) =>
    new Promise((resolve) => datagrams.send(text, port, '127.0.0.1', resolve));
  const listNames = async () => {
    const { metrics } = await read<{ metrics: { nodes: { name: string }[] } }>(
      leader,
      '{ metrics(first: 100, filter: { nameContains: "relayed" }) { nodes { name } } }',
    );
    return metrics.nodes.map(({ name }) => name).toSorted();
  };
  await until(async () => {
    // Datagrams may be lost.
    await send(`relayed.udp 7 ${START_MS / 1000}\n`, graphite);
    await send('relayed.statsd:7|g', statsd);
    expect(await listNames()).toEqual(['relayed.tcp', 'relayed.udp', 'stats.gauges.relayed.statsd']);
  });
  datagrams.close();
});

it.each([
  ['http://127.0.0.1:4000', ['graphite', 'statsd']],
  ['http://[::1]:4000', ['graphite', 'statsd']],
  ['http://member-1.example:4000', []],
])('a leader that others reach at %s tells them the ports they can reach: %j', async (address, expected) => {
  await using other = await startServer({
    settings: {
      ...SETTINGS,
      LAPWING_PEER_ADDRESS: address,
      LAPWING_GRAPHITE_PORT: '0',
      LAPWING_STATSD_PORT: '0',
    },
  });
  const { rows } = await other.database.pool.query<{ ports: object }>('SELECT ports FROM cluster_member');
  expect(rows.map(({ ports }) => Object.keys(ports).toSorted())).toEqual([expected]);
});

it('one whose database has another shape than it expects waits, says why, and answers once that has passed', async () => {
  const { pool } = leader.database;
  await pool.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('later', 'x', '29990101000000_later', now())`,
  );
  const port = await findFreePort();
  const starting = startReplica(leader.database, { ...SETTINGS, LAPWING_PORT: String(port) });
  await until(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/ready`);
    expect([response.status, await response.json()]).toMatchObject([503, { status: 'standby' }]);
  });
  expect((await fetch(`http://127.0.0.1:${port}/write`, { method: 'POST', body: 'x v=1' })).status).toBe(503);
  await pool.query(`DELETE FROM _prisma_migrations WHERE id = 'later'`);
  await using replica = await starting;
  // A gauge is stored again each second, and points without a score are looked for every other second.
  await vi.waitFor(async () => expect(await read(replica, SHOW)).toEqual(await read(leader, SHOW)), {
    timeout: 20_000,
  });
});

it('one whose database was restored under it reads all of it anew', async () => {
  await using replica = await startReplica(leader.database, SETTINGS);
  await leader.database.pool.query(`UPDATE score_log SET epoch = 'ab12'`);
  await until(async () => {
    const { serverInfo } = await read<{ serverInfo: { cursor: string } }>(
      replica,
      '{ serverInfo { cursor } }',
    );
    expect(serverInfo.cursor).toMatch(/^v1\.ab12\./);
  });
});
