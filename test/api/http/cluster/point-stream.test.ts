/** Points of a replica over real sockets to leaders, whose storing is a function. */
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createPointStream, POINT_STREAM_PATH } from '../../../../src/api/http/cluster/point-stream.ts';
import { createMemberSockets } from '../../../../src/api/http/cluster/member-sockets.ts';
import type { SocketRoute } from '../../../../src/api/http/routes.ts';
import { HttpServer } from '../../../../src/api/http/server.ts';
import { PointForwarder } from '../../../../src/app/cluster/point-forwarder.ts';
import type { AcceptResult } from '../../../../src/core/ingest/accept-result.ts';
import { POINT_PROTOCOL } from '../../../../src/core/ingest/forwarded/point-frame.ts';
import type { NamedPoint } from '../../../../src/core/ingest/ingest.ts';
import { RetryLaterError } from '../../../../src/errors.ts';
import { createLog } from '../../../../src/log.ts';
import type { ClusterMember } from '../../../../src/platform/cluster/cluster-directory.ts';
import { FORWARDED_HEADER, ForwardedHeader } from '../../../../src/platform/cluster/forwarded-header.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { startProxy } from '../../../faults/proxy.ts';

const log = createLog('silent');
const header = new ForwardedHeader(Buffer.alloc(32, 1));

type Accept = (points: readonly NamedPoint[], accountId?: number) => Promise<AcceptResult>;

interface Leader {
  readonly member: ClusterMember;
  /** What it was asked to store. */
  readonly taken: { readonly points: readonly NamedPoint[]; readonly accountId: number | undefined }[];
  readonly server: HttpServer;
}

const storeAll: Accept = (points) =>
  Promise.resolve({ accepted: points.length, duplicates: 0, late: 0, rejected: [] });
const point = (metric: string): NamedPoint => ({ metric, timestampMs: 60_000, value: 1 });

let leaders: Leader[];
let forwarders: PointForwarder[];

beforeEach(() => {
  leaders = [];
  forwarders = [];
});
afterEach(async () => {
  for (const forwarder of forwarders) await forwarder.stop();
  for (const { server } of leaders) await server.stop();
});

/** @param other in place of what takes points; null for nothing */
async function startLeader(accept: Accept, other?: SocketRoute | null): Promise<Leader> {
  const taken: Leader['taken'] = [];
  const stream = createPointStream({
    accept: {
      acceptNamed: (points, accountId) => {
        taken.push({ points, accountId });
        return accept(points, accountId);
      },
    },
    live: { bounds: () => ({ epoch: 'e', floor: 0, last: 7 }) },
    header,
    log,
  });
  const route = other === undefined ? stream : other;
  const socketRoutes = new Map(route === null ? [] : [[POINT_STREAM_PATH, route]]);
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: new Map(),
    socketRoutes,
    log,
    stats: createStats(),
  });
  const member = { id: `${leaders.length}`, address: `http://127.0.0.1:${await server.start()}` };
  const leader = { member: member as ClusterMember, taken, server };
  leaders.push(leader);
  return leader;
}

/** Of a version that reads points of another layout. */
function createOtherStream(): SocketRoute {
  return createMemberSockets({
    protocol: 'lapwing-points-0',
    maxPayloadBytes: 1_000,
    header,
    serve: () => undefined,
  });
}

type ForwarderOptions = ConstructorParameters<typeof PointForwarder>[0];

function createForwarder(
  directory: ForwarderOptions['directory'],
  options: Partial<ForwarderOptions> = {},
): PointForwarder {
  const forwarder = new PointForwarder({
    directory,
    header,
    registry: { byPushedName: () => undefined },
    tail: { reach: () => Promise.resolve() },
    catchUp: () => Promise.resolve(),
    stats: createStats(),
    log,
    silenceLimitMs: 400,
    stopLimitMs: 100,
    ...options,
  });
  forwarders.push(forwarder);
  return forwarder;
}

/** A replica to which these lead, one after the other: the last one for ever. */
function forwardTo(...members: readonly ClusterMember[]) {
  const seen = { reached: [] as number[], caughtUp: 0 };
  const waiting = [...members];
  const stats = createStats();
  const directory: ForwarderOptions['directory'] = {
    reachLeader: async (_limitMs, reach) => {
      for (;;) {
        const [next] = waiting;
        if (next === undefined) return null;
        if (waiting.length > 1) waiting.shift();
        const reached = await reach(next);
        if (reached !== null) return reached;
      }
    },
    watchLeader: () => () => undefined,
  };
  const forwarder = createForwarder(directory, {
    tail: {
      reach: (offset) => {
        seen.reached.push(offset);
        return Promise.resolve();
      },
    },
    catchUp: () => {
      seen.caughtUp += 1;
      return Promise.resolve();
    },
    stats,
  });
  return { forwarder, seen, stats };
}

const connect = ({ member }: Leader, signed = header.write('member')) =>
  new WebSocket(`${member.address.replace('http', 'ws')}${POINT_STREAM_PATH}`, POINT_PROTOCOL, {
    headers: { [FORWARDED_HEADER]: signed },
  });

describe('points of a replica', () => {
  it('are stored by the leader, for their account, and are there for those who ask the replica', async () => {
    const rejected = [{ index: 1, code: 'INVALID_INPUT', reason: 'metric: expected a name' }] as const;
    const leader = await startLeader(() =>
      Promise.resolve({ accepted: 1, duplicates: 0, late: 0, rejected }),
    );
    const { forwarder, seen } = forwardTo(leader.member);
    const points = [point('a'), point('')];
    expect(await forwarder.acceptNamed(points, 3)).toEqual({ accepted: 1, duplicates: 0, late: 0, rejected });
    expect(leader.taken).toMatchObject([{ points, accountId: 3 }]);
    expect(seen).toEqual({ reached: [7], caughtUp: 1 });
  });

  it('of many requests at once each have their own answer', async () => {
    const leader = await startLeader((points) => {
      if (points[0]?.metric === 'full') return Promise.reject(new RetryLaterError('the queue is full'));
      if (points[0]?.metric === 'bug') return Promise.reject(new Error('a bug'));
      return storeAll(points);
    });
    const { forwarder } = forwardTo(leader.member);
    const results = await Promise.allSettled(
      [['a'], ['full'], ['b', 'c'], ['bug'], ['d', 'e', 'f']].map((names) =>
        forwarder.acceptNamed(names.map(point)),
      ),
    );
    expect(results).toMatchObject([
      { value: { accepted: 1 } },
      { reason: { name: 'RetryLaterError', message: 'the queue is full' } },
      { value: { accepted: 2 } },
      { reason: { message: 'the leader failed to take points: a bug' } },
      { value: { accepted: 3 } },
    ]);
  });

  it('go to the next leader where the one before is cut off before it answers', async () => {
    const before = await startLeader(() => new Promise(() => undefined));
    const next = await startLeader(storeAll);
    await using proxy = await startProxy({ port: Number(new URL(before.member.address).port) });
    const through = { ...before.member, address: `http://127.0.0.1:${proxy.port}` };
    const accepted = forwardTo(through, next.member).forwarder.acceptNamed([point('a')]);
    await expect.poll(() => before.taken.length).toBe(1);
    proxy.reset();
    expect(await accepted).toMatchObject({ accepted: 1 });
  });

  it('that a leader has taken are answered by it, though it leaves; those that come later go to the next', async () => {
    let store: (result: AcceptResult) => void = () => undefined;
    const before = await startLeader(() => new Promise((resolve) => (store = resolve)));
    const next = await startLeader(storeAll);
    const { forwarder } = forwardTo(before.member, next.member);
    const taken = forwarder.acceptNamed([point('a')]);
    await expect.poll(() => before.taken.length).toBe(1);
    const stopped = before.server.stop();
    const later = forwarder.acceptNamed([point('b')]);
    store({ accepted: 1, duplicates: 0, late: 0, rejected: [] });
    expect([await taken, await later]).toMatchObject([{ accepted: 1 }, { accepted: 1 }]);
    expect(before.taken.map(({ points }) => points[0]?.metric)).toEqual(['a']);
    expect(next.taken.map(({ points }) => points[0]?.metric)).toEqual(['b']);
    await stopped;
  });

  it('go to the next leader where the one before is frozen', async () => {
    const before = await startLeader(storeAll);
    const next = await startLeader(storeAll);
    await using proxy = await startProxy({ port: Number(new URL(before.member.address).port) });
    const { forwarder } = forwardTo(
      { ...before.member, address: `http://127.0.0.1:${proxy.port}` },
      next.member,
    );
    await forwarder.acceptNamed([point('a')]);
    proxy.setCut(true);
    expect(await forwarder.acceptNamed([point('b')])).toMatchObject({ accepted: 1 });
    expect(next.taken).toHaveLength(1);
  });

  it('do not keep a replica from stopping whose leader never answers', async () => {
    const leader = await startLeader(() => new Promise(() => undefined));
    const { forwarder } = forwardTo(leader.member);
    const accepted = forwarder.acceptNamed([point('a')]);
    await expect.poll(() => leader.taken.length).toBe(1);
    await Promise.all([forwarder.stop(), expect(accepted).rejects.toThrow(RetryLaterError)]);
  });

  it('that cannot be written cost no others of the same moment', async () => {
    const leader = await startLeader(storeAll);
    const { forwarder } = forwardTo(leader.member);
    // JSON has no big integers: a bug, in place of those that are not known.
    const bad = { ...point('bad'), unit: 1n as unknown as string };
    const results = await Promise.allSettled(
      [[point('a')], [bad], [point('b')]].map((points) => forwarder.acceptNamed(points)),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(leader.taken.map(({ points }) => points[0]?.metric)).toEqual(['a', 'b']);
  });

  it.each([
    ['reads another layout', () => createOtherStream()],
    ['knows no such way', () => null],
  ])('are known not to be taken by a leader that %s, before the first push', async (_, createStream) => {
    const [before, next] = [await startLeader(storeAll, createStream()), await startLeader(storeAll)];
    let leader = before;
    const forwarder = createForwarder({
      reachLeader: (_limitMs, reach) => reach(leader.member),
      watchLeader: () => () => undefined,
    });
    forwarder.start();
    await expect.poll(() => forwarder.leaderSpeaksOtherwise, { timeout: 5_000 }).toBe(true);
    leader = next;
    await expect.poll(() => forwarder.leaderSpeaksOtherwise, { timeout: 5_000 }).toBe(false);
    expect(await forwarder.acceptNamed([point('a')])).toMatchObject({ accepted: 1 });
  });

  it('are waited with for a leader, and a look without a push is not', async () => {
    const limitsMs: number[] = [];
    const forwarder = createForwarder({
      reachLeader: (limitMs) => {
        limitsMs.push(limitMs);
        return Promise.resolve(null);
      },
      watchLeader: () => () => undefined,
    });
    forwarder.start();
    await expect.poll(() => limitsMs.length, { timeout: 5_000 }).toBeGreaterThan(0);
    expect(limitsMs).toContain(0);
    await expect(forwarder.acceptNamed([point('a')])).rejects.toThrow(RetryLaterError);
    expect(limitsMs.at(-1)).toBe(5_000);
  });

  it('are refused for now where nobody leads', async () => {
    const { forwarder, stats } = forwardTo();
    await expect(forwarder.acceptNamed([point('a')])).rejects.toThrow(RetryLaterError);
    expect(stats.read('forwards_failed')).toBe(1);
  });

  it('are taken from members alone', async () => {
    const client = connect(await startLeader(storeAll), 'forged');
    client.on('error', () => undefined);
    const [, answer] = (await once(client, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(answer.statusCode).toBe(401);
  });

  it('in a form that is not known end that connection, and no other', async () => {
    const leader = await startLeader(storeAll);
    const client = connect(leader);
    await once(client, 'open');
    client.send('points');
    const [code] = (await once(client, 'close')) as [number];
    expect(code).toBe(1003);
    expect(await forwardTo(leader.member).forwarder.acceptNamed([point('a')])).toMatchObject({ accepted: 1 });
  });
});
