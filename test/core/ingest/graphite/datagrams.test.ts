import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { GraphiteDatagrams } from '../../../../src/core/ingest/graphite/datagrams.ts';
import type { AcceptPoints } from '../../../../src/core/ingest/graphite/deliver.ts';
import { RetryLaterError } from '../../../../src/errors.ts';
import { createLog } from '../../../../src/log.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { createDeferred } from '../../../helpers/deferred.ts';
import { until } from '../../../helpers/until.ts';
import { recordPoints } from '../record-points.ts';

/** A free port of UDP, and a client that sends to it. */
async function listen(accept: AcceptPoints, maxWaiting = 1000) {
  const holder = createSocket('udp4');
  holder.bind(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address();
  await new Promise<void>((resolve) => holder.close(() => resolve()));
  const stats = createStats();
  const log = createLog('silent');
  const listener = new GraphiteDatagrams({ accept, log, stats, maxWaiting, firstPauseMs: 1 });
  await listener.start('127.0.0.1', port);
  const client = createSocket('udp4');
  const send = (text: string) =>
    new Promise<void>((resolve, reject) =>
      client.send(text, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error))),
    );
  const stop = async () => {
    client.close();
    await listener.stop();
  };
  return { stats, send, listener, [Symbol.asyncDispose]: stop };
}

it('stores the lines of a datagram, the last without an end too, and counts those that are bad', async () => {
  const recorder = recordPoints();
  await using udp = await listen(recorder.accept);
  await udp.send('a 1 1\nnonsense\nb nan 2\nc;host=x 3 3');
  await recorder.waitFor(2);
  expect(recorder.batches.flat().map(({ metric, value }) => [metric, value])).toEqual([
    ['a', 1],
    ['c;host=x', 3],
  ]);
  expect(udp.stats.read('graphite_lines')).toBe(4);
  expect(udp.stats.read('graphite_lines_bad')).toBe(1);
  expect(udp.stats.read('graphite_values_skipped')).toBe(1);
});

it('offers points again while the data path is full, and counts what comes beyond its limit', async () => {
  const recorder = recordPoints();
  const open = createDeferred<undefined>();
  let isFull = true;
  await using udp = await listen(async (points) => {
    if (!isFull) return recorder.accept(points);
    await open.promise;
    isFull = false;
    throw new RetryLaterError('full');
  }, 3);
  await udp.send('a 1 1\nb 2 2\nc 3 3\nd 4 4\ne 5 5\n');
  await until(() => expect(udp.stats.read('graphite_points_lost')).toBe(2));
  open.resolve(undefined);
  await recorder.waitFor(3);
  expect(recorder.batches.flat().map(({ metric }) => metric)).toEqual(['a', 'b', 'c']);
});

it('stores what has arrived before it stops', async () => {
  const recorder = recordPoints();
  const udp = await listen(recorder.accept);
  await udp.send('a 1 1\n');
  await until(() => expect(udp.stats.read('graphite_lines')).toBe(1));
  await udp[Symbol.asyncDispose]();
  expect(recorder.batches.flat()).toHaveLength(1);
});
