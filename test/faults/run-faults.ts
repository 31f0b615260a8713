/** Breaks a server that is being written to and followed, again and again, then judges what is left. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort, startServerProcess, type ServerProcess } from '../helpers/server-process.ts';
import { AnswerError, ask } from './ask-server.ts';
import type { Fault, Patient } from './faults.ts';
import { follow } from './follower.ts';
import { countWrongData, judge, type Verdict } from './judge.ts';
import { startProxy } from './proxy.ts';
import { makeTestBuild, type TestBuild } from './test-build.ts';
import type { SeededBug } from './seeded-bugs.ts';
import { monitorAll, produceLoad, type Workload } from './workload.ts';

export interface FaultReport extends Verdict {
  readonly cycles: number;
  readonly acknowledged: number;
  readonly refusals: number;
  readonly slowestAnswerMs: number;
  readonly slowestReadMs: number;
  /** Failures that did not say RETRY_LATER; the first hundred. */
  readonly strangeAnswers: readonly string[];
  /** Times the server ended by itself. */
  readonly deaths: number;
  /** Subscriptions still open when every subscriber had gone. */
  readonly leaks: number;
  /** From the end of each fault to the next acknowledged batches, the longest, in milliseconds. */
  readonly slowestRecoveryMs: number;
  /** Samples packed by the server as it was after each fault. */
  readonly packed: number;
}

export interface FaultOptions {
  readonly fault: Fault;
  readonly cycles: number;
  readonly pick: () => number;
  /** How long a fault that lasts is to last, cycle by cycle, and again from the first. */
  readonly seconds?: readonly number[];
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

const LIFE_CHECK_MS = 500;
const PACK_LIMIT_MS = 60_000;
const LEAK_TRIES = 20;
const COUNTER_TRIES = 20;
const CLOCK = fileURLToPath(new URL('./shift-clock.ts', import.meta.url));

/** What is wrong in all; a fault that kills the server is none of its own deaths. */
export function countWrongs(report: FaultReport): number {
  return countWrongData(report) + report.deaths + report.leaks + report.strangeAnswers.length;
}

export async function runFaults(options: FaultOptions): Promise<FaultReport> {
  const dataDir = await mkdtemp(join(options.parent ?? tmpdir(), 'lapwing-faults-'));
  const needsBuild = options.failpoints !== undefined || options.bug !== undefined;
  const build = needsBuild ? await makeTestBuild(options.bug ?? null) : null;
  const server = await startPatient(dataDir, build, options.failpoints ?? '');
  try {
    await using proxy = await startProxy({ port: server.port });
    return await breakAndJudge(options, `http://127.0.0.1:${proxy.port}/graphql`, {
      dataDir,
      ...server,
      proxy,
      pick: options.pick,
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
        // All the time.
        LAPWING_PACK_AFTER_HOURS: '0.0001',
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
    /** Starts it again when it has ended by itself. @returns whether it had */
    revive: async () => {
      if (isRunning(server)) return false;
      await server.kill();
      server = await start();
      return true;
    },
    stop: async () => {
      if (isRunning(server)) await server.terminate();
    },
  };
}

function isRunning({ child }: ServerProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

type Breakable = Omit<Patient, 'progress' | 'seconds'> & { readonly revive: () => Promise<boolean> };

async function breakAndJudge(options: FaultOptions, url: string, patient: Breakable): Promise<FaultReport> {
  const { cycles, followers: wanted = { ws: 1, sse: 1 } } = options;
  const metrics = await monitorAll(url);
  const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }');
  const transports = [
    ...Array.from({ length: wanted.ws }, () => 'ws' as const),
    ...Array.from({ length: wanted.sse }, () => 'sse' as const),
  ];
  const followers = transports.map((transport) => follow(url, transport, serverInfo.cursor));
  const load = produceLoad(url);
  const { deaths, slowestRecoveryMs, packed } = await breakAgainAndAgain(options, patient, load, url);
  await load.stop();
  const verdict = await judge(url, metrics, load.acknowledgedRows(), followers);
  await Promise.all(followers.map((follower) => follower.stop()));
  return {
    cycles,
    acknowledged: load.acknowledgedPoints(),
    refusals: load.refusals(),
    slowestAnswerMs: Math.round(load.slowestAnswerMs()),
    slowestReadMs: Math.round(load.slowestReadMs()),
    strangeAnswers: load.strangeAnswers(),
    deaths,
    leaks: await countLeaks(url),
    slowestRecoveryMs: Math.round(slowestRecoveryMs),
    packed,
    ...verdict,
  };
}

async function breakAgainAndAgain(options: FaultOptions, patient: Breakable, load: Workload, url: string) {
  const { seconds = [5] } = options;
  let slowestRecoveryMs = 0;
  let deaths = 0;
  let packed = 0;
  /** Goes on until batches are acknowledged, if by a server that had to be started again. */
  const progress = async () => {
    const progressed = load.progress();
    while ((await Promise.race([progressed, pause(LIFE_CHECK_MS, 'waiting')])) === 'waiting') {
      if (await patient.revive()) deaths += 1;
    }
  };
  await progress();
  for (let cycle = 1; cycle <= options.cycles; cycle++) {
    await options.fault({ ...patient, progress, seconds: seconds[(cycle - 1) % seconds.length] ?? 5 });
    const overAt = performance.now();
    await progress();
    slowestRecoveryMs = Math.max(slowestRecoveryMs, performance.now() - overAt);
    packed += await readCounter(url, 'samples_packed');
    options.onCycle?.(cycle, load.acknowledgedPoints());
  }
  // A part of the log is packed once it is full, which takes a busy machine longer.
  const packUntilMs = performance.now() + PACK_LIMIT_MS;
  while (packed === 0 && performance.now() < packUntilMs) {
    await progress();
    packed += await readCounter(url, 'samples_packed');
  }
  return { deaths, slowestRecoveryMs, packed };
}

/** Subscriptions a server still has, a while after every client went. */
async function countLeaks(url: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    const open = await readCounter(url, 'subscribers');
    if (open === 0 || tries === LEAK_TRIES) return open;
    await pause(LIFE_CHECK_MS);
  }
}

interface Counters {
  readonly serverInfo: { readonly counters: readonly { readonly name: string; readonly value: number }[] };
}

async function readCounter(url: string, wanted: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    try {
      const { serverInfo } = await ask<Counters>(url, '{ serverInfo { counters { name value } } }');
      return serverInfo.counters.find(({ name }) => name === wanted)?.value ?? 0;
    } catch (error) {
      // Connections that are kept may be of the server that was killed, and end one by one as they are used.
      if (error instanceof AnswerError || tries === COUNTER_TRIES) throw error;
      await pause(LIFE_CHECK_MS);
    }
  }
}
