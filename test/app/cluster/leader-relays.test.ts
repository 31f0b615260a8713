/** A replica's ports for Graphite and StatsD, with real senders and a real listener where the leader is. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { LeaderRelays } from '../../../src/app/cluster/leader-relays.ts';
import { GraphiteDatagrams } from '../../../src/core/ingest/graphite/datagrams.ts';
import { createGraphiteListener } from '../../../src/core/ingest/graphite/listener.ts';
import { createLog } from '../../../src/log.ts';
import type { ClusterMember } from '../../../src/platform/cluster/cluster-directory.ts';
import { readConfig } from '../../../src/platform/config/read-config.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { createDeferred } from '../../helpers/deferred.ts';
import { findFreePort } from '../../helpers/server-process.ts';
import { until } from '../../helpers/until.ts';

const log = createLog('silent');

/** What a leader's port of Graphite takes, by TCP and UDP. */
async function startLeader(host = '127.0.0.1', wanted = 0) {
  const stats = createStats();
  const taken: string[] = [];
  const accept = (points: readonly { metric: string; value: number; timestampMs: number }[]) => {
    for (const { metric, value, timestampMs } of points)
      taken.push(`${metric} ${value} ${timestampMs / 1000}`);
    return Promise.resolve({ rejected: [] });
  };
  const listener = createGraphiteListener({ accept, log, stats, host, port: wanted });
  const { port } = await listener.start();
  const datagrams = new GraphiteDatagrams({ accept, log, stats });
  await datagrams.start(host, port);
  const stop = async () => {
    await listener.stop();
    await datagrams.stop();
  };
  return { port, stats, taken, [Symbol.asyncDispose]: stop };
}

/** A directory in which the first of these members leads, until the next one does. */
function describeLeaders(...ports: readonly Readonly<Record<string, number>>[]) {
  const watchers = new Map<() => void, string>();
  const leavers = new Set<() => void>();
  const members = ports.map((some, index) => ({
    id: String(index),
    name: 'leader',
    address: 'http://127.0.0.1:4000',
    ports: some,
    version: '1',
    isLeader: true,
    isReady: true,
    startedAt: new Date(0),
  }));
  return {
    members,
    findLeader: () => Promise.resolve(members[0] ?? null),
    async reachLeader<T>(_limitMs: number, reach: (member: ClusterMember) => Promise<T | null>) {
      for (const member of members) {
        const reached = await reach(member);
        if (reached !== null) return reached;
      }
      return null;
    },
    watchLeader(id: string, onLost: () => void) {
      watchers.set(onLost, id);
      return () => void watchers.delete(onLost);
    },
    watchLeaving(_id: string, onLeaving: () => void) {
      leavers.add(onLeaving);
      return () => void leavers.delete(onLeaving);
    },
    /** The first one does no more, and no other one yet. */
    leave: () => {
      members.shift();
      for (const onLeaving of [...leavers]) onLeaving();
    },
    /** The next one leads. */
    loseLeader: () => {
      const lost = members.shift();
      for (const [onLost, id] of watchers) if (id === lost?.id) onLost();
    },
  };
}

/** @param settings over a port of Graphite that is free */
async function startRelays(
  directory: ReturnType<typeof describeLeaders>,
  settings: Readonly<Record<string, string>> = {},
) {
  const port = await findFreePort();
  const config = readConfig({ LAPWING_GRAPHITE_PORT: String(port), ...settings });
  const stats = createStats();
  const relays = new LeaderRelays({ config, stats, log });
  await relays.start(directory);
  return { port, stats, relays, [Symbol.asyncDispose]: () => relays.stop() };
}

async function open(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect(port, host).on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

/** Ways in which a connection ends in the middle of a line, and what of it was a line. */
const ENDS: Readonly<Record<string, (sender: Socket, relays: LeaderRelays) => unknown>> = {
  'the sender ends it': (sender) => sender.end(),
  'the sender breaks off': (sender) => sender.resetAndDestroy(),
  'the replica stops': (_, relays) => relays.stop(),
};

it.each(Object.entries(ENDS))('takes half a line for one only where it was ended: %s', async (name, end) => {
  await using leader = await startLeader();
  await using replica = await startRelays(describeLeaders({ graphite: leader.port }));
  const sender = await open(replica.port);
  sender.write('whole 1 1767225600\nhalf 12345 17672256');
  await until(() => expect(leader.taken).toEqual(['whole 1 1767225600']));
  await end(sender, replica.relays);
  await until(() => expect(leader.stats.read('graphite_connections')).toBe(0));
  const half = name === 'the sender ends it' ? ['half 12345 17672256'] : [];
  expect(leader.taken).toEqual(['whole 1 1767225600', ...half]);
});

it('looks for the next leader where one cannot be reached any more', async () => {
  await using leader = await startLeader();
  const leaders = describeLeaders({ graphite: await findFreePort() }, { graphite: leader.port });
  await using replica = await startRelays(leaders);
  const sender = await open(replica.port);
  sender.end('a 1 1767225600\n');
  await until(() => expect(leader.taken).toEqual(['a 1 1767225600']));
  expect(replica.stats.read('relays_failed')).toBe(0);
});

/** Ways in which a leader leads no more. */
const LOSSES: Readonly<
  Record<
    string,
    (leaders: ReturnType<typeof describeLeaders>, leader: Awaited<ReturnType<typeof startLeader>>) => unknown
  >
> = {
  'has ended': async (leaders, leader) => {
    await leader[Symbol.asyncDispose]();
    leaders.loseLeader();
  },
  // It may be frozen, and take bytes for nothing.
  'is still there': (leaders) => leaders.loseLeader(),
  'is about to stop': (leaders) => leaders.leave(),
};

it.each(Object.entries(LOSSES))('goes on with the next leader, when the one before %s', async (_, lose) => {
  await using before = await startLeader();
  await using next = await startLeader();
  const leaders = describeLeaders({ graphite: before.port }, { graphite: next.port });
  await using replica = await startRelays(leaders);
  const sender = await open(replica.port);
  sender.write('a 1 1767225600\nb 2 17672');
  await until(() => expect(before.taken).toEqual(['a 1 1767225600']));
  await lose(leaders, before);
  await until(() => expect(next.stats.read('graphite_connections_opened')).toBe(1));
  sender.write('25600\n');
  await until(() => expect(next.taken).toEqual(['b 2 1767225600']));
  sender.end('c 3 1767225600');
  await until(() => expect(next.taken).toEqual(['b 2 1767225600', 'c 3 1767225600']));
  expect([before.taken, before.stats.read('graphite_lines_bad')]).toEqual([['a 1 1767225600'], 0]);
  expect(replica.stats.read('relays_failed')).toBe(0);
});

it('ends a connection for pickles with the leader: the next one would not know where a frame begins', async () => {
  await using before = await startLeader();
  await using next = await startLeader();
  const leaders = describeLeaders({ pickle: before.port }, { pickle: next.port });
  const pickle = await findFreePort();
  await using _ = await startRelays(leaders, { LAPWING_GRAPHITE_PICKLE_PORT: String(pickle) });
  const sender = await open(pickle);
  sender.write('a 1 1767225600\n');
  await until(() => expect(before.taken).toHaveLength(1));
  const closed = once(sender, 'close');
  leaders.loseLeader();
  await closed;
});

it('ends a connection that a leader ends which goes on to lead', async () => {
  await using leader = await startLeader();
  await using replica = await startRelays(describeLeaders({ graphite: leader.port }));
  const sender = await open(replica.port);
  const closed = once(sender, 'close');
  sender.write('GET / HTTP/1.1\r\n\r\n');
  await closed;
  expect(leader.stats.read('graphite_connections_foreign')).toBe(1);
  expect(leader.stats.read('graphite_connections_opened')).toBe(1);
});

/** The directory of a cluster that has no leader yet. */
function awaitLeader(leaders: ReturnType<typeof describeLeaders>) {
  const elected = createDeferred<null>();
  let waiting = 0;
  return {
    ...leaders,
    elect: () => elected.resolve(null),
    countWaiting: () => waiting,
    async findLeader() {
      waiting += 1;
      await elected.promise;
      return leaders.findLeader();
    },
    async reachLeader<T>(limitMs: number, reach: (member: ClusterMember) => Promise<T | null>) {
      waiting += 1;
      await elected.promise;
      return leaders.reachLeader(limitMs, reach);
    },
  };
}

it('keeps what a sender sent that has gone before there is a leader', async () => {
  await using leader = await startLeader();
  const leaders = awaitLeader(describeLeaders({ graphite: leader.port }));
  await using replica = await startRelays(leaders);
  const sender = await open(replica.port);
  sender.end('a 1 1767225600');
  await once(sender, 'close');
  leaders.elect();
  await until(() => expect(leader.taken).toEqual(['a 1 1767225600']));
});

it('loses nothing that waits, and no connection, when the replica itself becomes the leader', async () => {
  const port = await findFreePort();
  const leaders = awaitLeader(describeLeaders({ graphite: port }));
  await using replica = await startRelays(leaders, { LAPWING_GRAPHITE_PORT: String(port) });
  const sender = await open(port);
  sender.write('tcp 1 1767225600\n');
  const datagrams = createSocket('udp4');
  datagrams.send('udp 2 1767225600', port, '127.0.0.1');
  await until(() => expect(leaders.countWaiting()).toBe(2));
  await replica.relays.handOver();
  await using leader = await startLeader('127.0.0.1', port);
  leaders.elect();
  await until(() => expect(leader.taken.toSorted()).toEqual(['tcp 1 1767225600', 'udp 2 1767225600']));
  sender.write('tcp 3 1767225600\n');
  await until(() => expect(leader.taken).toContain('tcp 3 1767225600'));
  datagrams.close();
  expect(replica.stats.read('relays_failed')).toBe(0);
});

it('passes on what has come when the replica is stopped', async () => {
  await using leader = await startLeader();
  await using replica = await startRelays(describeLeaders({ graphite: leader.port }));
  const sender = await open(replica.port);
  const datagrams = createSocket('udp4');
  datagrams.connect(replica.port, '127.0.0.1');
  await once(datagrams, 'connect');
  sender.write('tcp 0 1767225600\n');
  await until(() => expect(leader.taken).toHaveLength(1));
  // Both are with the system now, and nothing of them has been read.
  for (let sent = 0; sent < 50; sent += 1) datagrams.send(`udp ${sent} 1767225600`);
  await replica.relays.stop();
  datagrams.close();
  await until(() => expect(leader.taken).toHaveLength(51));
  expect(replica.stats.read('relays_failed')).toBe(0);
});

it('closes what the leader does not take, and counts it', async () => {
  await using replica = await startRelays(describeLeaders({ statsd: 8125 }));
  const sender = await open(replica.port);
  sender.write('a 1 1767225600\n');
  await once(sender, 'close');
  expect(replica.stats.read('relays_failed')).toBe(1);
});

/** Where the replica listens, and where the leader does. */
const FAMILIES = [
  { host: '127.0.0.1', leaderHost: '127.0.0.1' },
  { host: '127.0.0.1', leaderHost: '::1' },
  { host: '::', leaderHost: '127.0.0.1' },
  { host: '::', leaderHost: '::1' },
];

it.each(FAMILIES)('datagrams that come to $host arrive at $leaderHost', async ({ host, leaderHost }) => {
  await using leader = await startLeader(leaderHost);
  const leaders = describeLeaders({ graphite: leader.port });
  for (const member of leaders.members)
    member.address = leaderHost === '::1' ? 'http://[::1]:4000' : `http://${leaderHost}:4000`;
  await using replica = await startRelays(leaders, { LAPWING_HOST: host, LAPWING_GRAPHITE_OPEN: 'on' });
  const sender = createSocket('udp4');
  await until(() => {
    sender.send('a 1 1767225600', replica.port, '127.0.0.1');
    expect(leader.taken.length).toBeGreaterThan(0);
  });
  sender.close();
  expect(leader.taken[0]).toBe('a 1 1767225600');
});

const OPENED = [
  { graphite: 'on', statsd: 'off' },
  { graphite: 'off', statsd: 'on' },
];

it.each(OPENED)(
  'listens beyond loopback as each setting says: $graphite, $statsd',
  async ({ graphite, statsd }) => {
    const statsdPort = await findFreePort();
    await using replica = await startRelays(describeLeaders({}), {
      LAPWING_HOST: '0.0.0.0',
      LAPWING_STATSD_PORT: String(statsdPort),
      LAPWING_GRAPHITE_OPEN: graphite,
      LAPWING_STATSD_OPEN: statsd,
    });
    // Another address of loopback, at which only those answer who listen on all of them.
    const isOpen = async (port: number) => {
      const socket = connect(port, '127.0.0.2');
      const opened = await Promise.race([
        once(socket, 'connect').then(() => 'on'),
        once(socket, 'close').then(() => 'off'),
      ]).catch(() => 'off');
      socket.destroy();
      return opened;
    };
    expect({ graphite: await isOpen(replica.port), statsd: await isOpen(statsdPort) }).toEqual({
      graphite,
      statsd,
    });
  },
);

it('says where it takes lines of Graphite, for as long as it does', async () => {
  await using replica = await startRelays(describeLeaders({}));
  expect(replica.relays.graphiteAddress).toBe(`tcp://127.0.0.1:${replica.port}`);
  await replica.relays.stop();
  expect(replica.relays.graphiteAddress).toBeNull();
});

it('takes a hundred senders at once, counts those beyond, and takes others once some have gone', async () => {
  await using leader = await startLeader();
  await using replica = await startRelays(describeLeaders({ graphite: leader.port }));
  const senders: Socket[] = [];
  for (let count = 0; count < 100; count++) senders.push(await open(replica.port));
  const beyond = await open(replica.port);
  if (!beyond.closed) await once(beyond, 'close');
  expect(replica.stats.read('graphite_connections_refused')).toBe(1);
  for (const sender of senders) sender.end();
  await until(() => expect(leader.stats.read('graphite_connections')).toBe(0));
  (await open(replica.port)).end('late 1 1767225600\n');
  await until(() => expect(leader.taken).toEqual(['late 1 1767225600']));
});
