/** StatsD as its clients for Node.js send it, by UDP and TCP. */
import { once } from 'node:events';
import { connect } from 'node:net';
import HotShots from 'hot-shots';
import StatsdClient from 'statsd-client';
import { expect, it } from 'vitest';
import { createLog } from '../../../../src/log.ts';
import { RetryLaterError } from '../../../../src/errors.ts';
import { StatsdListener } from '../../../../src/core/ingest/statsd/listener.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { startServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

it('is off when nobody asked for it', async () => {
  await using server = await startServer();
  expect(server.addresses.statsd).toBeUndefined();
});

it('stores what clients send, under the names the backends of StatsD give it', async () => {
  const settings = { LAPWING_STATSD_PORT: '0', LAPWING_STATSD_FLUSH_SECONDS: '1' };
  await using server = await startServer({ settings });
  const { hostname: host, port } = new URL(server.addresses.statsd ?? '');
  const target = { host, port: Number(port) };
  const hot = new HotShots({ ...target, globalTags: { env: 'test' }, errorHandler: () => undefined });
  hot.increment('views', 3);
  hot.gauge('fuel', 0.5);
  hot.timing('query', 20);
  hot.unique('users', 'ann');
  hot.distribution('size', 7);
  hot.event('deployed', 'now');
  const tcp = new HotShots({ ...target, protocol: 'tcp', errorHandler: () => undefined });
  tcp.increment('views.tcp', 2, ['env:test']);
  const old = new StatsdClient({ ...target, prefix: 'old' });
  old.increment('views', 2).gauge('level', 10).gaugeDelta('level', -4).set('users', 'bob').timing('query', 5);
  const { stats, registry, pool } = server.engine;
  await until(() => expect(stats.read('statsd_lines')).toBe(12));
  const expected = [
    'stats.counters.old.views.rate',
    'stats.counters.views.rate;env=test',
    'stats.counters.views.tcp.rate;env=test',
    'stats.gauges.fuel;env=test',
    'stats.gauges.old.level',
    'stats.sets.old.users.count',
    'stats.sets.users.count;env=test',
    ...['count', 'mean', 'median', 'upper', 'upper_90'].flatMap((name) => [
      `stats.timers.old.query.${name}`,
      `stats.timers.query.${name};env=test`,
      `stats.timers.size.${name};env=test`,
    ]),
  ];
  await until(() => expect([...registry.all()].map(({ name }) => name).sort()).toEqual(expected.sort()));
  // Metrics are made before their first samples are committed.
  await until(async () => {
    const { rows } = await pool.query<{ name: string; value: number }>(
      `SELECT m.name, s.value FROM sample s JOIN metric m ON m.number = s.metric_number WHERE m.name LIKE 'stats.gauges.%' ORDER BY 1`,
    );
    expect(rows).toEqual([
      { name: 'stats.gauges.fuel;env=test', value: 0.5 },
      { name: 'stats.gauges.old.level', value: 6 },
    ]);
  });
  expect(stats.read('statsd_events_skipped')).toBe(1);
  expect(stats.read('statsd_lines_bad')).toBe(0);
  await Promise.all([hot, tcp].map((client) => new Promise((resolve) => client.close(resolve))));
  old.close();
});

/** A listener over a data path of the test's, with intervals that end when the test says so. */
async function openListener(
  accept: ConstructorParameters<typeof StatsdListener>[0]['accept'],
  clocks: Pick<ConstructorParameters<typeof StatsdListener>[0], 'now' | 'steadyMs'> = {},
) {
  const stats = createStats();
  const log = createLog('silent');
  const at = { host: '127.0.0.1', port: 0 };
  const listener = new StatsdListener({ ...at, ...clocks, accept, log, stats, flushMs: 3_600_000 });
  const { host, port } = await listener.start();
  const send = async (text: string, lines: number) => {
    const before = stats.read('statsd_lines');
    const socket = connect(port, host);
    socket.on('error', () => undefined).end(text);
    if (lines > 0) await until(() => expect(stats.read('statsd_lines') - before).toBe(lines));
    return socket;
  };
  return { listener, stats, send };
}

it('counts bad lines, each alone, and reads nothing of what a browser sends', async () => {
  const points: unknown[] = [];
  const { listener, stats, send } = await openListener((batch) => {
    points.push(...batch.map(({ metric }) => metric));
    return Promise.resolve({ rejected: [] });
  });
  await send('a:1|g\nbad\nb:x|c\nc:1|g\n', 4);
  const socket = await send('POST / HTTP/1.1\r\n\r\nevil:1|g\n', 0);
  if (!socket.closed) await once(socket, 'close');
  await listener.stop();
  expect(points).toEqual(['stats.gauges.a', 'stats.gauges.c']);
  expect([stats.read('statsd_lines_bad'), stats.read('statsd_connections_foreign')]).toEqual([2, 1]);
});

it('goes on counting while the data path is full: nothing piles up and nothing is lost', async () => {
  let isFull = true;
  const rates: number[] = [];
  const { listener, send } = await openListener((batch) => {
    if (isFull) return Promise.reject(new RetryLaterError('full'));
    rates.push(...batch.map(({ value }) => value));
    return Promise.resolve({ rejected: [] });
  });
  await send('a:1|g\n', 1);
  const flushing = listener.flush();
  await send('a:+1|g\n', 1);
  // The interval before is not stored yet: this one goes on.
  expect(listener.flush()).toBe(flushing);
  await send('a:+1|g\n', 1);
  isFull = false;
  await flushing;
  await listener.stop();
  expect(rates).toEqual([1, 3]);
});

it.each([
  ['back by an hour', -3_600_000],
  ['ahead by a minute', 60_000],
])('has rates of the time that went by, though the clock of the machine jumps %s', async (_how, jumpMs) => {
  let [wallMs, steadyMs] = [Date.UTC(2026, 0, 5), 5000];
  const found: unknown[] = [];
  const { listener, send } = await openListener(
    (batch) => {
      found.push(...batch.map(({ value, timestampMs }) => [value, timestampMs]));
      return Promise.resolve({ rejected: [] });
    },
    { now: () => wallMs, steadyMs: () => steadyMs },
  );
  await send('a:20|c\n', 1);
  [wallMs, steadyMs] = [wallMs + 10_000 + jumpMs, steadyMs + 10_000];
  await listener.flush();
  await listener.stop();
  expect(found[0]).toEqual([2, wallMs]);
});
