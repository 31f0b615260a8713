/** The scores of a leader over real sockets; its log is a list. */
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createScoreStream, SCORE_STREAM_PATH } from '../../../../src/api/http/cluster/score-stream.ts';
import { HttpServer } from '../../../../src/api/http/server.ts';
import { ScoreReceiver } from '../../../../src/app/cluster/score-receiver.ts';
import { createScoreRing, readRing, type ScoreRing } from '../../../../src/core/score-log/ring-buffer.ts';
import {
  decodeFrame,
  type ReceivedFrame,
  SCORE_PROTOCOL,
} from '../../../../src/core/score-log/tail/score-frame.ts';
import { createLog } from '../../../../src/log.ts';
import type { ClusterMember } from '../../../../src/platform/cluster/cluster-directory.ts';
import { FORWARDED_HEADER, ForwardedHeader } from '../../../../src/platform/cluster/forwarded-header.ts';
import { Signal } from '../../../../src/platform/runtime/signal.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { startProxy } from '../../../faults/proxy.ts';
import { makeScoredSample } from '../../../helpers/scored-sample.ts';

const log = createLog('silent');
const header = new ForwardedHeader(Buffer.alloc(32, 1));
const RING_SIZE = 10;

let ring: ScoreRing;
let grown: Signal;
let server: HttpServer;
let address: string;
const receivers: ScoreReceiver[] = [];

beforeEach(async () => {
  ring = createScoreRing(RING_SIZE, 0);
  grown = new Signal();
  const live: Parameters<typeof createScoreStream>[0]['live'] = {
    bounds: () => ({ epoch: 'e', floor: 0, last: ring.last }),
    readAfter: (after, most) =>
      Promise.resolve(
        after + 1 < ring.first
          ? { samples: [], upTo: ring.first - 1, isStored: true }
          : { ...readRing(ring, after, most ?? RING_SIZE), isStored: false },
      ),
    sleepUntilGrown: (limitMs) => grown.wait(limitMs),
  };
  server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: new Map(),
    socketRoutes: new Map([[SCORE_STREAM_PATH, createScoreStream({ live, header, log })]]),
    log,
    stats: createStats(),
  });
  address = `http://127.0.0.1:${await server.start()}`;
});
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.stop();
  await server.stop();
});

function commit(from: number, to: number): void {
  const samples = Array.from({ length: to - from + 1 }, (_, index) => makeScoredSample(from + index));
  ring.append(samples, { atMs: 0, span: null });
  grown.wake();
}

const open = (query: string, headers = { [FORWARDED_HEADER]: header.write('member') }) =>
  new WebSocket(`${address.replace('http', 'ws')}${SCORE_STREAM_PATH}?${query}`, SCORE_PROTOCOL, { headers });

async function statusOf(client: WebSocket): Promise<number> {
  client.on('error', () => undefined);
  const [, answer] = (await once(client, 'unexpected-response')) as [unknown, { statusCode: number }];
  return answer.statusCode;
}

/** A replica that follows the leader at this address, and what it was given. */
function receive(leaderAddress: string, subscriberCount = () => 1): { readonly frames: ReceivedFrame[] } {
  const frames: ReceivedFrame[] = [];
  const leader = { id: 'a', address: leaderAddress } as ClusterMember;
  const receiver = new ScoreReceiver({
    directory: { findLeader: () => Promise.resolve(leader), watchLeader: () => () => undefined },
    header,
    live: { bounds: () => ({ epoch: 'e', floor: 0, last: frames.at(-1)?.upTo ?? 0 }), subscriberCount },
    tail: {
      take: (frame) => {
        frames.push(frame);
        return Promise.resolve();
      },
    },
    stats: createStats(),
    log,
  });
  receiver.start();
  receivers.push(receiver);
  return { frames };
}

const offsetsOf = (frames: readonly ReceivedFrame[]) =>
  frames.flatMap((frame) => frame.readSamples()?.map(({ seq }) => seq) ?? []);

describe('the scores of a leader', () => {
  it.each([
    ['somebody who is no member', 'epoch=e&after=0', { [FORWARDED_HEADER]: 'forged' }, 401],
    ['another log', 'epoch=f&after=0', undefined, 409],
    ['an offset that is none', 'epoch=e&after=-1', undefined, 400],
    ['no offset', 'epoch=e', undefined, 400],
  ])('are refused to %s', async (_, query, headers, status) => {
    expect(await statusOf(open(query, headers))).toBe(status);
  });

  it('begin after the offset that is asked for, and go on as they are committed', async () => {
    commit(1, 4);
    const client = open('epoch=e&after=2');
    const [first] = (await once(client, 'message')) as [Buffer];
    const frame = decodeFrame(first);
    expect(frame).toMatchObject({ after: 2, upTo: 4 });
    expect(offsetsOf([frame])).toEqual([3, 4]);
    const next = once(client, 'message') as Promise<[Buffer]>;
    commit(5, 5);
    expect(decodeFrame((await next)[0])).toMatchObject({ after: 4, upTo: 5 });
    client.close();
  });

  it('leave out what memory holds no more, and show that by the offset they follow', async () => {
    commit(1, 3 * RING_SIZE);
    const client = open('epoch=e&after=1');
    const message = once(client, 'message') as Promise<[Buffer]>;
    await once(client, 'open');
    commit(3 * RING_SIZE + 1, 3 * RING_SIZE + 1);
    const frame = decodeFrame((await message)[0]);
    expect(frame.after).toBeGreaterThanOrEqual(2 * RING_SIZE);
    expect(offsetsOf([frame]).every((seq) => seq > frame.after)).toBe(true);
    client.close();
  });

  it('reach a replica, and again after its connection was lost, without a gap', async () => {
    await using proxy = await startProxy({ port: Number(new URL(address).port) });
    const { frames } = receive(`http://127.0.0.1:${proxy.port}`);
    commit(1, 3);
    await expect.poll(() => offsetsOf(frames)).toEqual([1, 2, 3]);
    proxy.reset();
    commit(4, 6);
    await expect.poll(() => offsetsOf(frames)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('come whole to a replica with subscribers, and else say how far the metrics have come', async () => {
    let subscribers = 0;
    const { frames } = receive(address, () => subscribers);
    const detailOf = async (offset: number) => {
      commit(offset, offset);
      await expect.poll(() => frames.some(({ upTo, rows }) => rows > 0 && upTo === offset)).toBe(true);
      return frames.find(({ upTo, rows }) => rows > 0 && upTo === offset)?.detail;
    };
    let offset = 1;
    await expect.poll(() => detailOf(offset++)).toBe('progress');
    expect(frames.at(-1)?.readProgress()).toMatchObject([{ metricNumber: 1, rowId: offset - 1 }]);
    subscribers = 1;
    await expect.poll(() => detailOf(offset++)).toBe('scores');
  });

  it('come all the same to a replica that says something else', async () => {
    const client = open('epoch=e&after=0');
    await once(client, 'open');
    client.send('nonsense');
    const message = once(client, 'message') as Promise<[Buffer]>;
    commit(1, 1);
    expect(decodeFrame((await message)[0])).toMatchObject({ detail: 'scores', upTo: 1 });
    client.close();
  });

  it('are not asked for by a replica that was stopped while it looked for the leader', async () => {
    let find: (leader: ClusterMember) => void = () => undefined;
    const found = new Promise<ClusterMember>((resolve) => (find = resolve));
    const receiver = new ScoreReceiver({
      directory: { findLeader: () => found, watchLeader: () => () => undefined },
      header,
      live: { bounds: () => ({ epoch: 'e', floor: 0, last: 0 }), subscriberCount: () => 0 },
      tail: { take: () => Promise.reject(new Error('nothing is taken any more')) },
      stats: createStats(),
      log,
    });
    receiver.start();
    const stopped = receiver.stop();
    commit(1, 1);
    find({ id: 'a', address } as ClusterMember);
    await stopped;
  });

  it('show a replica that the way is cut: nothing comes for some seconds', { timeout: 20_000 }, async () => {
    await using proxy = await startProxy({ port: Number(new URL(address).port) });
    const { frames } = receive(`http://127.0.0.1:${proxy.port}`);
    commit(1, 1);
    await expect.poll(() => offsetsOf(frames)).toEqual([1]);
    // Whatever has come through is over when the proxy lets bytes pass again.
    const opened = proxy.connections();
    proxy.setCut(true);
    await expect.poll(() => proxy.connections(), { timeout: 15_000 }).toBeGreaterThan(opened);
    proxy.setCut(false);
    commit(2, 2);
    await expect.poll(() => offsetsOf(frames), { timeout: 15_000 }).toEqual([1, 2]);
  });
});
