/** Members of a cluster, each a process of its own, and what stands between them and what they need. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ask } from '../faults/ask-server.ts';
import { leadThrough, type Proxy, readTarget, startProxy } from '../faults/proxy.ts';
import { findFreePort, startServerProcess, type ServerProcess } from '../helpers/server-process.ts';

export interface ClusterOptions {
  readonly count?: number;
  /** An empty PostgreSQL database, as each of the members calls it: the last one serves all that come after it. */
  readonly connections: readonly string[];
  /** Of all of them, over those of tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Of a test build; that of the program when left out. */
  readonly main?: string | undefined;
}

const READY_LIMIT_MS = 2_000;
const LOOK_MS = 20;
const START_LIMIT_MS = 60_000;

export class Member {
  readonly port: number;
  /** Between it and the database. */
  readonly database: Proxy;
  /** Between the other members and it. */
  readonly peers: Proxy;
  readonly #failpoints: string;
  readonly #start: () => Promise<ServerProcess>;
  #process: ServerProcess;
  /** Something has been done to it that may end it. */
  #isHit = false;
  #deaths = 0;

  private constructor(
    port: number,
    links: { readonly database: Proxy; readonly peers: Proxy },
    options: { readonly failpoints: string; readonly start: () => Promise<ServerProcess> },
    process: ServerProcess,
  ) {
    this.port = port;
    this.database = links.database;
    this.peers = links.peers;
    this.#failpoints = options.failpoints;
    this.#start = options.start;
    this.#process = process;
  }

  /** Resolves once it says that it listens. */
  static async start(
    place: { readonly folder: string; readonly sealingKey: string },
    connection: string,
    { main, settings = {} }: ClusterOptions,
  ): Promise<Member> {
    const port = await findFreePort();
    const database = await startProxy(readTarget(connection));
    const peers = await startProxy({ port });
    const failpoints = join(place.folder, `failpoint-${port}`);
    const start = () =>
      startServerProcess(
        {
          DATABASE_URL: leadThrough(connection, database.port),
          LAPWING_CLUSTER: 'on',
          LAPWING_PEER_ADDRESS: `http://127.0.0.1:${peers.port}`,
          LAPWING_SEALING_KEY: place.sealingKey,
          LAPWING_DATA_DIR: place.folder,
          LAPWING_PORT: String(port),
          LAPWING_GRAPHITE_PORT: '',
          LAPWING_LOG_LEVEL: 'warn',
          FAILPOINTS_FILE: failpoints,
          ...settings,
        },
        main === undefined ? {} : { main },
      );
    return new Member(port, { database, peers }, { failpoints, start }, await start());
  }

  /** As the other members call it. */
  get address(): string {
    return `http://127.0.0.1:${this.peers.port}`;
  }

  /** For clients. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/graphql`;
  }

  get isRunning(): boolean {
    const { exitCode, signalCode } = this.#process.child;
    return exitCode === null && signalCode === null;
  }

  get pid(): number {
    const { pid } = this.#process.child;
    if (pid === undefined) throw new Error('the member has no process');
    return pid;
  }

  /** The next time it comes there. @param action of failpoint.ts */
  async arm(failpoint: string, action: 'exit' | 'freeze'): Promise<void> {
    this.#isHit = true;
    await writeFile(this.#failpoints, `${failpoint}=${action}`);
  }

  async disarm(): Promise<void> {
    await rm(this.#failpoints, { force: true });
  }

  /** Whether what was armed has happened, or was disarmed. */
  get isDisarmed(): boolean {
    return !existsSync(this.#failpoints);
  }

  /** How often it ended though nothing had been done to it. */
  get deaths(): number {
    return this.#deaths;
  }

  /** What is done to it from outside may end it. */
  expectEnd(): void {
    this.#isHit = true;
  }

  kill(): Promise<void> {
    this.#isHit = true;
    return this.#process.kill();
  }

  /** SIGTERM; resolves with its end. */
  async stop(): Promise<void> {
    this.#isHit = true;
    await this.#process.terminate();
  }

  freeze(): void {
    this.#isHit = true;
    this.#process.child.kill('SIGSTOP');
  }

  wake(): void {
    this.#process.child.kill('SIGCONT');
  }

  /** @returns its status; null when it was killed, or does not end in time */
  async awaitExit(limitMs: number): Promise<number | null> {
    const { child } = this.#process;
    if (this.isRunning) await Promise.race([once(child, 'exit'), pause(limitMs)]);
    return child.exitCode;
  }

  /** Starts it anew where it has ended; resolves once it answers as the leader or as a replica. */
  async restart(): Promise<void> {
    await this.#startEnded();
    // One that was just killed may look as if it ran.
    await this.awaitReady(() => this.#startEnded());
    this.#isHit = false;
  }

  async #startEnded(): Promise<void> {
    if (this.isRunning) return;
    if (!this.#isHit) {
      this.#deaths += 1;
      const { exitCode, signalCode } = this.#process.child;
      process.stderr.write(
        `a member ended by itself (${exitCode ?? signalCode}):\n${this.#process.readLog()}\n`,
      );
    }
    this.#process = await this.#start();
  }

  /** @param look before each time it is asked @throws Error where it is not in time */
  async awaitReady(look = () => Promise.resolve()): Promise<void> {
    const startedMs = performance.now();
    for (;;) {
      await look();
      const answer = await askReady(this.port);
      if (answer === null) return;
      if (performance.now() - startedMs > START_LIMIT_MS)
        throw new Error(`member ${this.port} is not ready within ${START_LIMIT_MS / 1000} s: ${answer}`);
      await pause(LOOK_MS);
    }
  }

  async dispose(): Promise<void> {
    // One that is frozen dies of SIGKILL all the same.
    await this.#process.kill();
    await Promise.all([this.database[Symbol.asyncDispose](), this.peers[Symbol.asyncDispose]()]);
  }
}

/** @returns null when it is ready, else what it says */
async function askReady(port: number): Promise<string | null> {
  const signal = AbortSignal.timeout(READY_LIMIT_MS);
  return fetch(`http://127.0.0.1:${port}/ready`, { signal }).then(
    async (response) => {
      const text = await response.text();
      return response.ok ? null : text;
    },
    (error: unknown) => String(error),
  );
}

export class Cluster implements AsyncDisposable {
  readonly members: readonly Member[];
  readonly #folder: string;

  private constructor(folder: string, members: readonly Member[]) {
    this.#folder = folder;
    this.members = members;
  }

  /** Resolves once all are ready. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const { count = 3, connections } = options;
    const folder = await mkdtemp(join(tmpdir(), 'lapwing-cluster-'));
    const place = { folder, sealingKey: randomBytes(32).toString('base64') };
    const members: Member[] = [];
    const cluster = new Cluster(folder, members);
    try {
      for (let made = 0; made < count; made++) {
        const connection = connections[made] ?? connections.at(-1) ?? '';
        members.push(await Member.start(place, connection, options));
      }
      await Promise.all(members.map((member) => member.awaitReady()));
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The member that leads, as one of them says. Waits until there is one. */
  async findLeader(): Promise<Member> {
    for (;;) {
      for (const { url } of this.members) {
        const found = await ask<{ serverInfo: { members: { address: string; role: string }[] } }>(
          url,
          '{ serverInfo { members { address role } } }',
        ).catch(() => null);
        const leader = found?.serverInfo.members.find(({ role }) => role === 'LEADER');
        const member = this.members.find(({ address }) => address === leader?.address);
        if (member?.isRunning === true) return member;
      }
      await pause(LOOK_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member.dispose()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
