/** Breaks a server that is being written to and followed, again and again, then judges what is left. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePort, startServerProcess, type ServerProcess } from '../helpers/server-process.ts';
import { ask } from './ask-server.ts';
import type { Fault, Patient } from './faults.ts';
import { follow, type Follower } from './follower.ts';
import { judge, type Verdict } from './judge.ts';
import { startProxy } from './proxy.ts';
import { makeTestBuild, type TestBuild } from './test-build.ts';
import type { SeededBug } from './seeded-bugs.ts';
import { monitorAll, produceLoad, type Workload } from './workload.ts';

export interface FaultReport extends Verdict {
  readonly cycles: number;
  readonly acknowledged: number;
  readonly refusals: number;
  readonly slowestAnswerMs: number;
  /** From the end of each fault to the next acknowledged batches, the longest, in milliseconds. */
  readonly slowestRecoveryMs: number;
}

export interface FaultOptions {
  readonly fault: Fault;
  readonly cycles: number;
  readonly pick: () => number;
  /** How long a fault that lasts is to last. */
  readonly seconds?: number;
  /** Followers over WebSocket and event streams. */
  readonly followers?: { readonly ws: number; readonly sse: number };
  /** As FAILPOINTS in failpoint.ts; a test build is made for it. */
  readonly failpoints?: string;
  /** Built into the server: the harness has to find it. */
  readonly bug?: SeededBug;
  readonly onCycle?: (cycle: number, acknowledged: number) => void;
  /** Where the server's data goes; a new folder below it. */
  readonly parent?: string;
}

const CLOCK = fileURLToPath(new URL('./shift-clock.ts', import.meta.url));

export async function runFaults(options: FaultOptions): Promise<FaultReport> {
  const dataDir = await mkdtemp(join(options.parent ?? tmpdir(), 'lapwing-faults-'));
  const needsBuild = options.failpoints !== undefined || options.bug !== undefined;
  const build = needsBuild ? await makeTestBuild(options.bug ?? null) : null;
  const server = await startPatient(dataDir, build, options.failpoints ?? '');
  try {
    await using proxy = await startProxy({ port: server.port });
    return await breakAndJudge(options, `http://127.0.0.1:${proxy.port}/graphql`, {
      dataDir,
      restart: server.restart,
      proxy,
      clockFile: server.clockFile,
      pick: options.pick,
      seconds: options.seconds ?? 5,
    });
  } finally {
    await server.stop();
    await build?.[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function startPatient(dataDir: string, build: TestBuild | null, failpoints: string) {
  const port = await findFreePort();
  const clockFile = join(dataDir, 'clock');
  await writeFile(clockFile, '0');
  const start = () =>
    startServerProcess(
      {
        LAPWING_DATA_DIR: join(dataDir, 'data'),
        LAPWING_PORT: String(port),
        LAPWING_GRAPHITE_PORT: '',
        LAPWING_HOST_METRICS: 'off',
        LAPWING_LOG_LEVEL: 'warn',
        FAILPOINTS: failpoints,
        CLOCK_FILE: clockFile,
      },
      { preload: [CLOCK], ...(build === null ? {} : { main: build.main }) },
    );
  let server: ServerProcess = await start();
  return {
    port,
    clockFile,
    /** Kills it when it has not ended by itself, and starts it until it is ready. */
    restart: async () => {
      await server.kill();
      server = await start();
    },
    hasEnded: () => server.child.exitCode !== null || server.child.signalCode !== null,
    stop: async () => {
      if (server.child.exitCode === null && server.child.signalCode === null) await server.terminate();
    },
  };
}

async function breakAndJudge(
  options: FaultOptions,
  url: string,
  patient: Omit<Patient, 'progress'>,
): Promise<FaultReport> {
  const { cycles, followers: wanted = { ws: 1, sse: 1 } } = options;
  const metrics = await monitorAll(url);
  const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }');
  const transports = [
    ...Array.from({ length: wanted.ws }, () => 'ws' as const),
    ...Array.from({ length: wanted.sse }, () => 'sse' as const),
  ];
  const followers = transports.map((transport) => follow(url, transport, serverInfo.cursor));
  const load = produceLoad(url);
  const slowestRecoveryMs = await breakAgainAndAgain(options, { ...patient, progress: load.progress }, load);
  await load.stop();
  const verdict = await judge(url, metrics, load.acknowledgedRows(), followers);
  await stopAll(followers);
  return {
    cycles,
    acknowledged: load.acknowledgedPoints(),
    refusals: load.refusals(),
    slowestAnswerMs: Math.round(load.slowestAnswerMs()),
    slowestRecoveryMs: Math.round(slowestRecoveryMs),
    ...verdict,
  };
}

async function breakAgainAndAgain(options: FaultOptions, patient: Patient, load: Workload): Promise<number> {
  let slowestMs = 0;
  await load.progress();
  for (let cycle = 1; cycle <= options.cycles; cycle++) {
    await options.fault(patient);
    const overAt = performance.now();
    await load.progress();
    slowestMs = Math.max(slowestMs, performance.now() - overAt);
    options.onCycle?.(cycle, load.acknowledgedPoints());
  }
  return slowestMs;
}

async function stopAll(followers: readonly Follower[]): Promise<void> {
  await Promise.all(followers.map((follower) => follower.stop()));
}
