import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RetryLaterError } from '../../../../src/errors.ts';
import {
  type GraphiteListener,
  type GraphiteListenerOptions,
  createGraphiteListener,
} from '../../../../src/core/ingest/graphite/listener.ts';
import { createLog } from '../../../../src/log.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { countRounds } from '../../../helpers/count-rounds.ts';
import { createDeferred } from '../../../helpers/deferred.ts';
import { until } from '../../../helpers/until.ts';
import { recordPoints } from '../record-points.ts';

const opened: { listeners: GraphiteListener[]; clients: Socket[] } = { listeners: [], clients: [] };

afterEach(async () => {
  for (const client of opened.clients.splice(0)) client.destroy();
  for (const listener of opened.listeners.splice(0)) await listener.stop();
});

async function listen(options: Pick<GraphiteListenerOptions, 'accept'> & Partial<GraphiteListenerOptions>) {
  const stats = createStats();
  const log = createLog('silent');
  const listener = createGraphiteListener({
    host: '127.0.0.1',
    port: 0,
    log,
    stats,
    firstPauseMs: 1,
    ...options,
  });
  opened.listeners.push(listener);
  const { port } = await listener.start();
  const open = async () => {
    const client = connect(port, '127.0.0.1');
    client.on('error', () => undefined);
    opened.clients.push(client);
    await once(client, 'connect');
    return client;
  };
  return { listener, stats, port, open };
}

const lines = (count: number, name = 'a') =>
  Array.from({ length: count }, (_, i) => `${name} ${i} ${i}\n`).join('');
const valuesOf = (points: readonly { value: number }[]) => points.map(({ value }) => value);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('the Graphite listener', () => {
  it('counts a value that is nan as none, and not as bad', async () => {
    const recorder = recordPoints();
    const { open, stats } = await listen({ accept: recorder.accept });
    (await open()).end('a nan 1\na 2 2\n');
    await recorder.waitFor(1);
    expect(stats.read('graphite_values_skipped')).toBe(1);
    expect(stats.read('graphite_lines_bad')).toBe(0);
    expect(stats.read('graphite_lines')).toBe(2);
  });

  it('hands on what has come as soon as the socket pauses, and a last line without an end (row 2)', async () => {
    const recorder = recordPoints();
    const { open } = await listen({ accept: recorder.accept });
    const client = await open();
    client.write('a 1 1\na 2 2\n');
    await recorder.waitFor(2);
    client.end('a 3 3');
    await recorder.waitFor(3);
    expect(recorder.batches.map(valuesOf)).toEqual([[1, 2], [3]]);
  });

  it('hands on 10,000 lines in order in batches of a thousand at most', async () => {
    const recorder = recordPoints();
    const { open, stats } = await listen({ accept: recorder.accept });
    (await open()).end(lines(10_000));
    expect(valuesOf(await recorder.waitFor(10_000))).toEqual(upTo(10_000));
    expect(Math.max(...recorder.batches.map(({ length }) => length))).toBeLessThanOrEqual(1000);
    expect(stats.read('graphite_lines')).toBe(10_000);
  });

  it('serves others between two pieces of what ten connections send without a pause, bad as it is', async () => {
    const { accept } = recordPoints();
    const { open, stats } = await listen({ accept });
    const clients = await Promise.all(Array.from({ length: 10 }, open));
    const bytes = 1_000_000;
    const rounds = await countRounds(async () => {
      for (const client of clients) client.end('x\n'.repeat(bytes / 2));
      await until(() => expect(stats.read('graphite_lines_bad')).toBe((10 * bytes) / 2));
    });
    // Node reads 64 kB at a time, and keeps another 64 kB at most while nobody takes them.
    expect(rounds).toBeGreaterThanOrEqual((10 * bytes) / 200_000);
  });

  it.each([
    [
      'http',
      'a request as a page on the web may make a browser send it',
      `POST / HTTP/1.1\r\nhost: 127.0.0.1:2003\r\n\r\n`,
    ],
    ['http', 'a request for a long address', `GET /${'x'.repeat(5_000)} HTTP/1.1\r\n\r\n`],
    ['http', 'a request whose first line does not end for long', `POST /${'x'.repeat(60_000)}`],
    ['http', 'HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['http', 'the handshake of a WebSocket', 'GET /chat HTTP/1.1\r\nupgrade: websocket\r\n\r\n'],
    ['tls', 'the hello of TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]).toString('latin1')],
  ] as const)(
    'closes a connection that speaks %s, and stores nothing of it: %s',
    async (protocol, _what, begin) => {
      const recorder = recordPoints();
      const { open, stats } = await listen({ accept: recorder.accept });
      const client = await open();
      const closed = once(client, 'close');
      client.resume();
      const forged = `${begin}\nforged.metric 1 1\nforged.metric 2 2\n`;
      // In pieces that end anywhere: one must not be taken for what the whole is not.
      const cuts = [0, 1, 2, 4, 9, forged.length];
      for (const [index, to] of cuts.slice(1).entries()) {
        client.write(Buffer.from(forged.slice(cuts[index], to), 'latin1'));
      }
      await closed;
      const counted = stats
        .snapshot()
        .find(({ name, reason }) => name === 'graphite_connections_foreign' && reason === protocol);
      expect(counted?.value).toBe(1);
      expect(stats.read('graphite_lines')).toBe(0);
      expect(recorder.batches).toEqual([]);
    },
  );

  it('takes points whose names are words of HTTP, whatever comes behind them', async () => {
    const recorder = recordPoints();
    const { open } = await listen({ accept: recorder.accept });
    (await open()).end('GET 1 1\nPOST / HTTP/1.1\nPOST 2 2\n');
    expect(valuesOf(await recorder.waitFor(2))).toEqual([1, 2]);
  });

  it('takes many connections at once, each in its own order', async () => {
    const recorder = recordPoints();
    const { open } = await listen({ accept: recorder.accept });
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const name of names) (await open()).end(lines(500, name));
    const points = await recorder.waitFor(4000);
    for (const name of names) {
      expect(valuesOf(points.filter(({ metric }) => metric === name))).toEqual(upTo(500));
    }
  });

  it('offers the same points again, each once and in order, while the data path says retry later', async () => {
    let refusals = 0;
    const recorder = recordPoints(() => {
      refusals += 1;
      if (refusals % 4 !== 0) throw new RetryLaterError('the queue is full');
    });
    const { open, stats } = await listen({ accept: recorder.accept });
    (await open()).end(lines(5000));
    expect(valuesOf(await recorder.waitFor(5000))).toEqual(upTo(5000));
    expect(refusals).toBeGreaterThan(10);
    expect(stats.read('graphite_points_lost')).toBe(0);
  });

  it('does not read a sender whose points wait, and reads its neighbours', async () => {
    const held = createDeferred<undefined>();
    const recorder = recordPoints((points) => (points[0]?.metric === 'free' ? undefined : held.promise));
    const { open } = await listen({ accept: recorder.accept });
    const [greedy, free] = [await open(), await open()];
    let isAllSent = false;
    // 32 MB: more than the kernel's buffers of both ends together.
    const line = `${'n'.repeat(1000)} 1 1\n`;
    greedy.end(line.repeat(32_000), () => (isAllSent = true));
    for (let turn = 1; turn <= 300; turn += 1) {
      free.write('free 1 1\n');
      await recorder.waitFor(turn);
    }
    expect(isAllSent).toBe(false);
    held.resolve(undefined);
    expect(await recorder.waitFor(32_300)).toHaveLength(32_300);
  });

  it('counts bad lines by reason and takes their neighbours (row 4)', async () => {
    const recorder = recordPoints();
    const { open, stats, listener } = await listen({ accept: recorder.accept });
    const client = await open();
    client.write(Buffer.concat([Buffer.from('invalid\na x 1\na 1 x\n'), Buffer.from([0xff, 0x0a])]));
    client.write(`${'n'.repeat(20_000)}\na 1 1\n\n`);
    expect(await recorder.waitFor(1)).toEqual([{ metric: 'a', value: 1, timestampMs: 1000 }]);
    await listener.stop();
    const bad = stats.snapshot().filter(({ name, value }) => name === 'graphite_lines_bad' && value > 0);
    expect(bad.map(({ reason, value }) => [reason, value])).toEqual([
      ['too_long', 1],
      ['not_utf8', 1],
      ['field_count', 1],
      ['bad_value', 1],
      ['bad_timestamp', 1],
    ]);
    expect(stats.read('graphite_lines')).toBe(6);
  });

  it('logs what is alike of a sender once, however many connections it opens', async () => {
    const logged: string[] = [];
    const log = createLog('info', (bytes) => {
      const { msg, problem, badLines } = JSON.parse(bytes.toString()) as Record<string, unknown>;
      logged.push([msg, problem ?? badLines].join(': '));
      return bytes.length;
    });
    const { open, stats } = await listen({ accept: recordPoints().accept, log });
    for (let turn = 1; turn <= 5; turn++) {
      (await open()).end('nonsense\na x 1\na y 1\n');
      await until(() => expect(stats.read('graphite_lines_bad')).toBe(3 * turn));
      await until(() => expect(stats.read('graphite_connections')).toBe(0));
    }
    for (let turn = 1; turn <= 3; turn++) {
      // What looks whether the port is there may close it like this.
      (await open()).resetAndDestroy();
      await until(() => expect(stats.read('graphite_connections_opened')).toBe(5 + turn));
      await until(() => expect(stats.read('graphite_connections')).toBe(0));
    }
    expect(logged).toEqual([
      'bad line from Graphite left out: field_count',
      'bad line from Graphite left out: bad_value',
      'a Graphite connection with bad lines ended: 3',
      expect.stringContaining('a Graphite connection broke'),
    ]);
  });

  it('does not take the half line of a connection that breaks', async () => {
    const recorder = recordPoints();
    const { open, stats, listener } = await listen({ accept: recorder.accept });
    const client = await open();
    client.write('a 1 1\nb 1 13867');
    await recorder.waitFor(1);
    client.resetAndDestroy();
    await listener.stop();
    expect(recorder.batches.flat()).toHaveLength(1);
    expect(stats.read('graphite_lines_bad')).toBe(1);
  });

  it('gives points without a time of their own the time they came', async () => {
    const recorder = recordPoints();
    const { open } = await listen({ accept: recorder.accept, now: () => 1_700_000_000_123 });
    (await open()).end('a 1 -1\n');
    expect(await recorder.waitFor(1)).toEqual([{ metric: 'a', value: 1, timestampMs: 1_700_000_000_123 }]);
  });

  it('refuses connections over the limit and takes others once one has gone', async () => {
    const recorder = recordPoints();
    const { open, stats } = await listen({ accept: recorder.accept, maxConnections: 2 });
    const [first] = [await open(), await open()];
    const third = await open();
    await once(third, 'close');
    expect(stats.read('graphite_connections_refused')).toBe(1);
    expect(stats.read('graphite_connections')).toBe(2);
    first.end();
    await until(() => expect(stats.read('graphite_connections')).toBe(1));
    (await open()).end('a 1 1\n');
    expect(await recorder.waitFor(1)).toHaveLength(1);
  });

  it('closes a connection that sends nothing, but not one it holds back itself', async () => {
    const [offered, isBack] = [createDeferred<true>(), createDeferred<undefined>()];
    const recorder = recordPoints(async ([point]) => {
      if (point?.value !== 1) return;
      offered.resolve(true);
      await isBack.promise;
    });
    const { open } = await listen({ accept: recorder.accept, idleMs: 30 });
    let held: Socket;
    // On a busy machine a connection may be found idle before its line is read: then another one is held.
    do {
      held = await open();
      held.write('a 1 1\n');
    } while (!(await Promise.race([offered.promise, once(held, 'close').then(() => false)])));
    held.write('a 2 2\n');
    await once(await open(), 'close');
    isBack.resolve(undefined);
    expect(valuesOf(await recorder.waitFor(2))).toEqual([1, 2]);
    await once(held, 'close');
  });

  it('loses only the points that meet a bug, and counts them', async () => {
    const met = createDeferred<undefined>();
    const recorder = recordPoints(([point]) => {
      if (point?.value !== 1) return;
      met.resolve(undefined);
      throw new TypeError('a bug');
    });
    const { open, stats } = await listen({ accept: recorder.accept });
    const client = await open();
    client.write('a 1 1\n');
    await met.promise;
    client.end('a 2 2\n');
    expect(valuesOf(await recorder.waitFor(1))).toEqual([2]);
    expect(stats.read('graphite_points_lost')).toBe(1);
  });

  it('hands on at stop what it has read, and takes no one any more', async () => {
    const [entered, held] = [createDeferred<undefined>(), createDeferred<undefined>()];
    const recorder = recordPoints(() => {
      entered.resolve(undefined);
      return held.promise;
    });
    const { open, listener, port, stats } = await listen({ accept: recorder.accept });
    (await open()).write('a 1 1\na 2 2\n');
    await entered.promise;
    const stopped = listener.stop();
    held.resolve(undefined);
    await stopped;
    expect(valuesOf(recorder.batches.flat())).toEqual([1, 2]);
    expect(stats.read('graphite_points_lost')).toBe(0);
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
  });

  it('gives up at stop when the time is over, and counts what it could not hand on', async () => {
    const tried = createDeferred<undefined>();
    const accept = () => {
      tried.resolve(undefined);
      throw new RetryLaterError('the database is away');
    };
    const { open, listener, stats } = await listen({ accept, drainMs: 10 });
    const client = await open();
    client.write('a 1 1\na 2 2\na 3 3\n');
    await tried.promise;
    await Promise.all([listener.stop(), once(client, 'close')]);
    expect(stats.read('graphite_points_lost')).toBe(3);
  });

  it('says EADDRINUSE when its port is taken, and can start on another', async () => {
    const recorder = recordPoints();
    const { port } = await listen({ accept: recorder.accept });
    await expect(listen({ accept: recorder.accept, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('outlives floods of arbitrary bytes (row 3)', async () => {
    const recorder = recordPoints();
    const { open } = await listen({ accept: recorder.accept });
    let seed = 1;
    const noise = Buffer.from(
      Array.from({ length: 100_000 }, () => (seed = (seed * 48_271) % 2_147_483_647) % 256),
    );
    const clients = await Promise.all(Array.from({ length: 20 }, open));
    for (const client of clients) client.end(noise);
    await Promise.all(clients.map((client) => once(client, 'close')));
    (await open()).end('a 1 1\n');
    expect((await recorder.waitFor(1)).at(-1)).toEqual({ metric: 'a', value: 1, timestampMs: 1000 });
  });
});
