/** Takes members of a cluster away, again and again, while it is written to and followed through all of them; then judges. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, startServerProcess, type ServerProcess } from '../helpers/server-process.ts';
import { ask } from '../faults/ask-server.ts';
import { Balancer } from '../faults/balancer.ts';
import { follow } from '../faults/follower.ts';
import { judge, type Verdict } from '../faults/judge.ts';
import { monitorAll, produceLoad, type Workload } from '../faults/workload.ts';
import { wander } from './wandering-follower.ts';

/** Which member goes, and how: killed, by SIGTERM, or frozen until another one leads. */
export const CLUSTER_LOSSES = [
  'kill leader',
  'kill replica',
  'stop leader',
  'stop replica',
  'freeze leader',
] as const;
export type ClusterLoss = (typeof CLUSTER_LOSSES)[number];

export interface ClusterReport extends Verdict {
  readonly acknowledged: number;
  /** Failures that did not say RETRY_LATER; the first hundred. */
  readonly strangeAnswers: readonly string[];
  /** Answers to pushes that were failures, or that did not come. */
  readonly refusals: number;
  /** From each loss to the next batches that were acknowledged, in milliseconds. */
  readonly recoveriesMs: readonly number[];
  readonly slowestPushMs: number;
  readonly slowestReadMs: number;
  /** Leaders that were frozen, woke, and did not end by themselves. */
  readonly zombies: number;
}

interface Member {
  readonly port: number;
  process: ServerProcess;
}

interface Cluster extends AsyncDisposable {
  readonly members: readonly Member[];
  readonly start: (port: number) => Promise<ServerProcess>;
}

/** @param settings of all of them, over those of tests */
async function startCluster(
  connection: string,
  {
    count = 3,
    settings = {},
  }: { readonly count?: number; readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-cluster-'));
  const sealingKey = randomBytes(32).toString('base64');
  const start = (port: number) =>
    startServerProcess({
      DATABASE_URL: connection,
      LAPWING_CLUSTER: 'on',
      LAPWING_SEALING_KEY: sealingKey,
      LAPWING_DATA_DIR: folder,
      LAPWING_PORT: String(port),
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_LOG_LEVEL: 'warn',
      ...settings,
    });
  const members: Member[] = [];
  const dispose = async () => {
    await Promise.all(members.map(({ process }) => process.kill()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (let made = 0; made < count; made++) {
      const port = await findFreePort();
      members.push({ port, process: await start(port) });
    }
    await Promise.all(members.map(({ port }) => awaitReady(port)));
  } catch (error) {
    await dispose();
    throw error;
  }
  return { members, start, [Symbol.asyncDispose]: dispose };
}

const READY_LIMIT_MS = 2_000;

/** Resolves once it answers as the leader or as a replica. */
async function awaitReady(port: number): Promise<void> {
  for (;;) {
    const signal = AbortSignal.timeout(READY_LIMIT_MS);
    const isReady = await fetch(`http://127.0.0.1:${port}/ready`, { signal }).then(
      async (response) => {
        await response.body?.cancel();
        return response.ok;
      },
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The member that leads, as one of the others says. */
async function findLeader(members: readonly Member[]): Promise<Member> {
  for (;;) {
    for (const { port } of members) {
      const found = await ask<{ serverInfo: { members: { address: string; role: string }[] } }>(
        `http://127.0.0.1:${port}/graphql`,
        '{ serverInfo { members { address role } } }',
      ).catch(() => null);
      const leader = found?.serverInfo.members.find(({ role }) => role === 'LEADER');
      const member = members.find((one) => leader?.address === `http://127.0.0.1:${one.port}`);
      if (member !== undefined) return member;
    }
  }
}

/** @param options.connection an empty PostgreSQL database */
export async function runCluster(options: {
  readonly connection: string;
  readonly losses: readonly ClusterLoss[];
  readonly onLoss?: (loss: ClusterLoss, recoveryMs: number) => void;
}): Promise<ClusterReport> {
  await using cluster = await startCluster(options.connection);
  const { members } = cluster;
  await using balancer = await Balancer.start(
    members.map(({ port }) => port),
    true,
  );
  const url = `${balancer.url}/graphql`;
  const urls = members.map(({ port }) => `http://127.0.0.1:${port}/graphql`);
  const metrics = await monitorAll(url);
  const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }');
  const transports = ['ws', 'sse'] as const;
  const followers = [
    ...transports.map((transport) => follow(url, transport, serverInfo.cursor)),
    ...transports.map((transport) => wander(urls, transport, serverInfo.cursor)),
  ];
  const load = produceLoad(url);
  const recoveriesMs: number[] = [];
  let zombies = 0;
  await load.progress();
  for (const loss of options.losses) {
    const { recoveryMs, isZombie } = await lose(loss, cluster, load);
    recoveriesMs.push(Math.round(recoveryMs));
    if (isZombie) zombies += 1;
    options.onLoss?.(loss, recoveryMs);
  }
  await load.stop();
  const verdict = await judge(url, metrics, load.acknowledgedRows(), followers);
  await Promise.all(followers.map((follower) => follower.stop()));
  return {
    acknowledged: load.acknowledgedPoints(),
    strangeAnswers: load.strangeAnswers(),
    refusals: load.refusals(),
    recoveriesMs,
    slowestPushMs: Math.round(load.slowestAnswerMs()),
    slowestReadMs: Math.round(load.slowestReadMs()),
    zombies,
    ...verdict,
  };
}

async function lose(
  loss: ClusterLoss,
  { members, start }: Cluster,
  load: Workload,
): Promise<{ readonly recoveryMs: number; readonly isZombie: boolean }> {
  const leader = await findLeader(members);
  const lost = loss.endsWith('leader') ? leader : members.find((member) => member !== leader);
  if (lost === undefined) throw new Error('there is no replica');
  const startedAt = performance.now();
  const { child } = lost.process;
  let isZombie = false;
  if (loss.startsWith('kill')) await lost.process.kill();
  else if (loss.startsWith('stop')) await lost.process.terminate();
  else child.kill('SIGSTOP');
  await load.progress();
  const recoveryMs = performance.now() - startedAt;
  if (loss === 'freeze leader') {
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    const [status] = (await exited) as [number | null];
    isZombie = status !== 1;
  }
  lost.process = await start(lost.port);
  await awaitReady(lost.port);
  return { recoveryMs, isZombie };
}
