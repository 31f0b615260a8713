/** Breaks members of a cluster, again and again, while it is written to and followed through all of them; then judges. */
import { setTimeout as pause } from 'node:timers/promises';
import { ask } from '../faults/ask-server.ts';
import { Balancer } from '../faults/balancer.ts';
import { follow } from '../faults/follower.ts';
import { judge, NOTHING_WRONG, type Verdict } from '../faults/judge.ts';
import { makeTestBuild } from '../faults/test-build.ts';
import type { SeededBug } from '../faults/seeded-bugs.ts';
import { monitorAll, produceLoad, type Workload } from '../faults/workload.ts';
import { CLUSTER_FAULTS } from './cluster-faults.ts';
import { Cluster, type ClusterOptions } from './start-cluster.ts';
import { wander } from './wandering-follower.ts';

export interface ClusterReport extends Verdict {
  readonly acknowledged: number;
  /** Failures that did not say RETRY_LATER; the first hundred. */
  readonly strangeAnswers: readonly string[];
  /** Answers to pushes that were failures, or that did not come. */
  readonly refusals: number;
  /** By the names of the faults, from each to the next batches that were acknowledged, in milliseconds. */
  readonly recoveriesMs: Readonly<Record<string, readonly number[]>>;
  readonly slowestPushMs: number;
  readonly slowestReadMs: number;
  /** Leaders that were frozen, woke, and did not end by themselves. */
  readonly zombies: number;
  /** Members that ended though nothing had been done to them. */
  readonly deaths: number;
  /** Recoveries that took longer than any may. */
  readonly slowRecoveries: number;
  /** The fault after which nothing went on any more, with what was waited for; the data is not judged then. */
  readonly stuck: string | null;
}

export interface ClusterRun extends Omit<ClusterOptions, 'main'> {
  /** Names in CLUSTER_FAULTS, one after the other. */
  readonly faults: readonly string[];
  /** As FAILPOINTS in failpoint.ts. */
  readonly failpoints?: string;
  /** Built into the members: the harness has to find it. */
  readonly bug?: Pick<SeededBug, 'name' | 'changes'>;
  readonly onFault?: (fault: string, recoveryMs: number) => void;
}

/** A fault and all that belongs to it is over within this. */
const FAULT_LIMIT_MS = 120_000;
/** A leader that is frozen costs its lease, and the takeover; this machine may have other work. */
const RECOVERY_LIMIT_MS = 20_000;

/** What is wrong in all. */
export function countClusterWrongs(report: ClusterReport): number {
  const kinds = Object.keys(NOTHING_WRONG) as (keyof typeof NOTHING_WRONG)[];
  const wrong = kinds.reduce((sum, kind) => sum + report[kind], 0);
  const { zombies, deaths, slowRecoveries, strangeAnswers, stuck } = report;
  return wrong + zombies + deaths + slowRecoveries + strangeAnswers.length + (stuck === null ? 0 : 1);
}

export async function runCluster(options: ClusterRun): Promise<ClusterReport> {
  const { faults, failpoints = '', bug = null } = options;
  const needsBuild = bug !== null || failpoints !== '' || faults.some((name) => name.includes(' at '));
  await using build = needsBuild ? await makeTestBuild(bug) : null;
  await using cluster = await Cluster.start({
    ...options,
    main: build?.main,
    settings: { ...options.settings, FAILPOINTS: failpoints },
  });
  await using balancer = await Balancer.start(
    cluster.members.map(({ port }) => port),
    true,
  );
  return await breakAndJudge(options, cluster, `${balancer.url}/graphql`);
}

/** @param url of GraphQL, by way of whichever member is ready */
async function breakAndJudge(
  { faults, onFault }: Pick<ClusterRun, 'faults' | 'onFault'>,
  cluster: Cluster,
  url: string,
): Promise<ClusterReport> {
  const urls = cluster.members.map((member) => member.url);
  const metrics = await monitorAll(url);
  const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }');
  const transports = ['ws', 'sse'] as const;
  const followers = [
    ...transports.map((transport) => follow(url, transport, serverInfo.cursor)),
    ...transports.map((transport) => wander(urls, transport, serverInfo.cursor)),
    // Comes back to the same member.
    follow(urls[0] ?? url, 'ws', serverInfo.cursor),
  ];
  const load = produceLoad(url, { apart: true });
  const broken = await breakAgainAndAgain({ faults, ...(onFault && { onFault }) }, cluster, load);
  await load.stop();
  const verdict =
    broken.stuck === null
      ? await judge(url, metrics, load.acknowledgedRows(), followers)
      : { ...NOTHING_WRONG, stored: 0, logged: 0 };
  await Promise.all(followers.map((follower) => follower.stop()));
  return {
    acknowledged: load.acknowledgedPoints(),
    strangeAnswers: load.strangeAnswers(),
    refusals: load.refusals(),
    slowestPushMs: Math.round(load.slowestAnswerMs()),
    slowestReadMs: Math.round(load.slowestReadMs()),
    ...broken,
    deaths: cluster.members.reduce((sum, { deaths }) => sum + deaths, 0),
    slowRecoveries: Object.values(broken.recoveriesMs)
      .flat()
      .filter((ms) => ms > RECOVERY_LIMIT_MS).length,
    ...verdict,
  };
}

async function breakAgainAndAgain(
  { faults, onFault }: Pick<ClusterRun, 'faults' | 'onFault'>,
  cluster: Cluster,
  load: Workload,
): Promise<Pick<ClusterReport, 'recoveriesMs' | 'zombies' | 'stuck'>> {
  const recoveriesMs: Record<string, number[]> = {};
  let zombies = 0;
  await load.progress();
  for (const name of faults) {
    const fault = CLUSTER_FAULTS.get(name);
    if (fault === undefined) throw new Error(`no fault is named ${name}`);
    const outcome = await Promise.race([
      fault(cluster, load).catch((error: unknown) => String(error)),
      pause(FAULT_LIMIT_MS, `not over within ${FAULT_LIMIT_MS / 1000} s`, { ref: false }),
    ]);
    if (typeof outcome === 'string') return { recoveriesMs, zombies, stuck: `${name}: ${outcome}` };
    (recoveriesMs[name] ??= []).push(Math.round(outcome.recoveryMs));
    if (outcome.isZombie) zombies += 1;
    onFault?.(name, outcome.recoveryMs);
  }
  return { recoveriesMs, zombies, stuck: null };
}
