/** What happens to a cluster that is written to and followed, by its name. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Workload } from '../faults/workload.ts';
import type { Cluster, Member } from './start-cluster.ts';

interface FaultOutcome {
  /** From the loss to the next batches that were acknowledged; of a link that stood still, from its end. In milliseconds. */
  readonly recoveryMs: number;
  /** A leader that was frozen, woke while another one led, and did not end by itself. */
  readonly isZombie: boolean;
}

type ClusterFault = (cluster: Cluster, load: Pick<Workload, 'progress'>) => Promise<FaultOutcome>;

/** Longer than the lease of the leader. */
const FREEZE_MS = 10_000;
const STALL_MS = 8_000;
/** A member that comes to no failpoint within this is one that the failpoint is not on the way of. */
const REACH_LIMIT_MS = 30_000;
const EXIT_LIMIT_MS = 30_000;
const LOOK_MS = 20;

/** Where a leader stands while it takes points. */
const LEADER_EDGES = [
  'score.after_model',
  'ingest.before_copy',
  'ingest.before_commit',
  'ingest.after_commit',
  'sub.before_send',
] as const;
/** Where the next one stands while it takes over. */
const TAKEOVER_EDGES = [
  'takeover.before_term',
  'takeover.after_term',
  'takeover.before_load',
  'takeover.before_announce',
] as const;
/** Where a replica stands between its clients and the leader. */
const REPLICA_EDGES = [
  'tail.before_publish',
  'forward.before_send',
  'forward.before_answer',
  'sub.before_send',
] as const;

async function pickReplica({ members }: Cluster, leader: Member): Promise<Member> {
  const replica = members.find((member) => member !== leader);
  if (replica === undefined) throw new Error('there is no replica');
  await replica.awaitReady();
  return replica;
}

async function until(isDone: () => boolean, limitMs: number, what: string): Promise<void> {
  const startedMs = performance.now();
  while (!isDone()) {
    if (performance.now() - startedMs > limitMs) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await pause(LOOK_MS);
  }
}

/** Answers that were on their way when it happened show nothing: the batches after them do. */
async function awaitRecovery(load: Pick<Workload, 'progress'>): Promise<void> {
  await load.progress();
  await load.progress();
}

/** Takes the leader or a replica away. */
function lose(role: 'leader' | 'replica', take: (member: Member) => Promise<void>): ClusterFault {
  return async (cluster, load) => {
    const leader = await cluster.findLeader();
    const lost = role === 'leader' ? leader : await pickReplica(cluster, leader);
    const lostMs = performance.now();
    const taken = take(lost);
    await awaitRecovery(load);
    const recoveryMs = performance.now() - lostMs;
    await taken;
    await Promise.all(cluster.members.map((member) => member.restart()));
    return { recoveryMs, isZombie: false };
  };
}

const kill = (member: Member) => member.kill();
const stop = (member: Member) => member.stop();

/** Wakes one that was frozen, once it has been for long enough. @returns whether it lives on though another one leads */
async function wake(cluster: Cluster, frozen: Member, sinceMs: number): Promise<boolean> {
  await pause(Math.max(0, FREEZE_MS - (performance.now() - sinceMs)));
  frozen.wake();
  const leader = await cluster.findLeader();
  if (leader === frozen) return false;
  return (await frozen.awaitExit(EXIT_LIMIT_MS)) !== 1;
}

const freezeLeader: ClusterFault = async (cluster, load) => {
  const leader = await cluster.findLeader();
  const frozenMs = performance.now();
  leader.freeze();
  await awaitRecovery(load);
  const recoveryMs = performance.now() - frozenMs;
  const isZombie = await wake(cluster, leader, frozenMs);
  await Promise.all(cluster.members.map((member) => member.restart()));
  return { recoveryMs, isZombie };
};

/** The leader, or a replica, is killed or frozen when it comes there. */
function hitAt(role: 'leader' | 'replica', edge: string, action: 'exit' | 'freeze'): ClusterFault {
  return async (cluster, load) => {
    const leader = await cluster.findLeader();
    const hit = role === 'leader' ? leader : await pickReplica(cluster, leader);
    await hit.arm(edge, action);
    await until(() => hit.isDisarmed, REACH_LIMIT_MS, `the ${role} comes to ${edge}`);
    const hitMs = performance.now();
    await awaitRecovery(load);
    const recoveryMs = performance.now() - hitMs;
    let isZombie = false;
    if (action === 'freeze') {
      const woken = await wake(cluster, hit, hitMs);
      // A replica that was frozen goes on.
      isZombie = role === 'leader' && woken;
    }
    await Promise.all(cluster.members.map((member) => member.restart()));
    return { recoveryMs, isZombie };
  };
}

/** The leader is killed, and the member that takes over is killed or frozen on its way. */
function hitTakeoverAt(edge: string, action: 'exit' | 'freeze'): ClusterFault {
  return async (cluster, load) => {
    const leader = await cluster.findLeader();
    const others = cluster.members.filter((member) => member !== leader);
    await Promise.all(others.map((member) => member.awaitReady()));
    for (const member of others) await member.arm(edge, action);
    await leader.kill();
    await until(
      () => others.some((member) => member.isDisarmed),
      REACH_LIMIT_MS,
      `a member comes to ${edge}`,
    );
    const hit = others.find((member) => member.isDisarmed);
    for (const member of others) await member.disarm();
    const hitMs = performance.now();
    await awaitRecovery(load);
    const recoveryMs = performance.now() - hitMs;
    const isZombie = action === 'freeze' && hit !== undefined && (await wake(cluster, hit, hitMs));
    await Promise.all(cluster.members.map((member) => member.restart()));
    return { recoveryMs, isZombie };
  };
}

type Link = 'database' | 'peers';

/** @param breakLink resolves when it is over */
function breakLinkOf(
  role: 'leader' | 'replica',
  breakLink: (member: Member) => Promise<void> | void,
): ClusterFault {
  return async (cluster, load) => {
    const leader = await cluster.findLeader();
    const cut = role === 'leader' ? leader : await pickReplica(cluster, leader);
    cut.expectEnd();
    await breakLink(cut);
    const overMs = performance.now();
    await awaitRecovery(load);
    const recoveryMs = performance.now() - overMs;
    // A leader that another member took over from ends itself once it hears of that.
    const isSucceeded = cut === leader && (await cluster.findLeader()) !== cut;
    const isZombie = isSucceeded && (await cut.awaitExit(EXIT_LIMIT_MS)) !== 1;
    await Promise.all(cluster.members.map((member) => member.restart()));
    return { recoveryMs, isZombie };
  };
}

/** Nothing comes through for a while, and no connection ends. */
function stall(role: 'leader' | 'replica', link: Link): ClusterFault {
  return breakLinkOf(role, async (member) => {
    member[link].setCut(true);
    await pause(STALL_MS);
    member[link].setCut(false);
  });
}

function halfClose(role: 'leader' | 'replica', link: Link): ClusterFault {
  return breakLinkOf(role, (member) => member[link].halfClose());
}

const each = <T extends string>(
  edges: readonly T[],
  make: (edge: T) => readonly [string, ClusterFault],
): (readonly [string, ClusterFault])[] => edges.map(make);

export const CLUSTER_FAULTS: ReadonlyMap<string, ClusterFault> = new Map([
  ['kill leader', lose('leader', kill)],
  ['kill replica', lose('replica', kill)],
  ['stop leader', lose('leader', stop)],
  ['stop replica', lose('replica', stop)],
  ['freeze leader', freezeLeader],
  ...each(LEADER_EDGES, (edge) => [`kill leader at ${edge}`, hitAt('leader', edge, 'exit')]),
  ...each(TAKEOVER_EDGES, (edge) => [`kill takeover at ${edge}`, hitTakeoverAt(edge, 'exit')]),
  ...each(REPLICA_EDGES, (edge) => [`kill replica at ${edge}`, hitAt('replica', edge, 'exit')]),
  ...each(LEADER_EDGES, (edge) => [`freeze leader at ${edge}`, hitAt('leader', edge, 'freeze')]),
  ...each(TAKEOVER_EDGES, (edge) => [`freeze takeover at ${edge}`, hitTakeoverAt(edge, 'freeze')]),
  ...each(REPLICA_EDGES, (edge) => [`freeze replica at ${edge}`, hitAt('replica', edge, 'freeze')]),
  ...(['leader', 'replica'] as const).flatMap((role): (readonly [string, ClusterFault])[] => [
    [`stall database of ${role}`, stall(role, 'database')],
    [`half-close database of ${role}`, halfClose(role, 'database')],
  ]),
  // Only the leader is asked by other members.
  ['stall members', stall('leader', 'peers')],
  ['half-close members', halfClose('leader', 'peers')],
]);

/** Those whose names contain one of these. @throws Error for a part that no name has */
export function chooseFaults(parts: readonly string[]): readonly string[] {
  return parts.flatMap((part) => {
    const found = [...CLUSTER_FAULTS.keys()].filter(
      (name) => name === part || name.startsWith(`${part} at `),
    );
    if (found.length === 0)
      throw new Error(`expected some of ${[...CLUSTER_FAULTS.keys()].join(', ')}, got ${part}`);
    return found;
  });
}
