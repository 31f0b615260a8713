/** Takes the active one of two servers away, again and again, while it is written to and followed; then judges. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, startServerProcess, type ServerProcess } from '../helpers/server-process.ts';
import { ask } from './ask-server.ts';
import { Balancer } from './balancer.ts';
import { follow } from './follower.ts';
import { judge, type Verdict } from './judge.ts';
import { monitorAll, produceLoad, type Workload } from './workload.ts';

/** How the active server goes. */
export type Loss = 'kill' | 'stop' | 'freeze';
export const LOSSES: readonly Loss[] = ['kill', 'stop', 'freeze'];

export interface FailoverReport extends Verdict {
  readonly acknowledged: number;
  /** Failures that did not say RETRY_LATER; the first hundred. */
  readonly strangeAnswers: readonly string[];
  /** From each loss to the next batches that were acknowledged, in milliseconds. */
  readonly recoveriesMs: readonly number[];
  /** Servers that were frozen, woke, and did not end by themselves. */
  readonly zombies: number;
}

interface Member {
  readonly port: number;
  process: ServerProcess;
}

/**
 * @param options.connection an empty PostgreSQL database
 * @param options.losses one after the other; the server that went is started again as the standby of the other
 */
export async function runFailover(options: {
  readonly connection: string;
  readonly losses: readonly Loss[];
  readonly onLoss?: (loss: Loss, recoveryMs: number) => void;
}): Promise<FailoverReport> {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-failover-'));
  const start = (port: number) =>
    startServerProcess({
      DATABASE_URL: options.connection,
      LAPWING_STANDBY: 'on',
      LAPWING_DATA_DIR: folder,
      LAPWING_PORT: String(port),
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_LOG_LEVEL: 'warn',
    });
  const members: Member[] = [];
  try {
    for (let count = 0; count < 2; count++) {
      const port = await findFreePort();
      members.push({ port, process: await start(port) });
    }
    await using balancer = await Balancer.start(members.map(({ port }) => port));
    return await loseAndJudge(options, { members, balancer, start });
  } finally {
    await Promise.all(members.map(({ process }) => process.kill()));
    await rm(folder, { recursive: true, force: true });
  }
}

interface Pair {
  readonly members: readonly Member[];
  readonly balancer: Balancer;
  readonly start: (port: number) => Promise<ServerProcess>;
}

async function loseAndJudge(
  { losses, onLoss }: Pick<Parameters<typeof runFailover>[0], 'losses' | 'onLoss'>,
  pair: Pair,
): Promise<FailoverReport> {
  const url = `${pair.balancer.url}/graphql`;
  const metrics = await monitorAll(url);
  const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }');
  const followers = (['ws', 'sse'] as const).map((transport) => follow(url, transport, serverInfo.cursor));
  const load = produceLoad(url);
  const recoveriesMs: number[] = [];
  let zombies = 0;
  await load.progress();
  for (const loss of losses) {
    const { recoveryMs, isZombie } = await lose(loss, pair, load);
    recoveriesMs.push(Math.round(recoveryMs));
    if (isZombie) zombies += 1;
    onLoss?.(loss, recoveryMs);
  }
  await load.stop();
  const verdict = await judge(url, metrics, load.acknowledgedRows(), followers);
  await Promise.all(followers.map((follower) => follower.stop()));
  const [acknowledged, strangeAnswers] = [load.acknowledgedPoints(), load.strangeAnswers()];
  return { acknowledged, strangeAnswers, recoveriesMs, zombies, ...verdict };
}

async function lose(
  loss: Loss,
  { members, balancer, start }: Pair,
  load: Workload,
): Promise<{ readonly recoveryMs: number; readonly isZombie: boolean }> {
  const lost = members.find(({ port }) => port === balancer.active);
  if (lost === undefined) throw new Error('no server is active');
  const startedAt = performance.now();
  const { child } = lost.process;
  let isZombie = false;
  if (loss === 'kill') await lost.process.kill();
  else if (loss === 'stop') await lost.process.terminate();
  else child.kill('SIGSTOP');
  await load.progress();
  const recoveryMs = performance.now() - startedAt;
  if (loss === 'freeze') {
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    const [status] = (await exited) as [number | null];
    isZombie = status !== 1;
  }
  // Now the standby of the one that took over.
  lost.process = await start(lost.port);
  return { recoveryMs, isZombie };
}
