/**
 * This server as a member of a cluster. It keeps one port for life: on it, it waits until the database has its shape, answers
 * as a replica, and takes over as the leader.
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatHost } from '../../api/http/format-host.ts';
import type { Handler, HttpApp } from '../../api/http/routes.ts';
import { sendJson } from '../../api/http/send-json.ts';
import { HttpServer } from '../../api/http/server.ts';
import { createStandbyApp } from '../../api/http/standby-server.ts';
import { isLoopback } from '../../core/access/loopback.ts';
import { Membership, type MemberState } from '../../platform/cluster/membership.ts';
import { FailureRuns } from '../../platform/runtime/failure-runs.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import { hasOwnSchema } from './open-replica-database.ts';
import { openReplica, type Replica, type ReplicaOptions } from './open-replica.ts';
import { LeaderRelays } from './leader-relays.ts';

type ClusterOptions = Omit<ReplicaOptions, 'address' | 'graphiteAddress' | 'onOtherLog'>;

/** Between two tries to become a replica. */
const TRY_AGAIN_MS = 1_000;
/** What fails, for `FailureRuns`. */
const REPLICA = 'replica';
/** The others know that it leaves, and send it nothing more, before it takes nothing more. */
const LEAVE_MS = 300;
/** Addresses that stand for all of a machine: nobody else reaches it by them. */
const ANY_ADDRESS = new Set(['0.0.0.0', '::']);

const answerLeaving: Handler = (_request, response) =>
  sendJson(response, 503, { status: 'not ready', problems: ['this server stops'] });

export class ClusterServer {
  readonly #options: ClusterOptions;
  readonly #http: HttpServer;
  readonly #stopping = new AbortController();
  readonly #relays: LeaderRelays;
  #listening: Promise<string> | null = null;
  #ownAddress: Promise<string> | null = null;
  /** Joined once, by the first state it has. */
  #membership: Promise<Membership> | null = null;
  #state: MemberState = { term: null, isReady: false, ports: {} };
  /** Who leads, in words. */
  #holder = '';
  #following: Promise<void> | null = null;
  #replica: Replica | null = null;
  /** Of the replica this one was before it led. */
  #retiring: Promise<void> = Promise.resolve();
  #isLeading = false;
  #leaving: Promise<void> | null = null;

  constructor(options: ClusterOptions) {
    const { config, log, stats } = options;
    this.#options = options;
    const waiting = createStandbyApp(() => this.#holder);
    this.#http = new HttpServer({ host: config.host, port: config.port, ...waiting, log, stats });
    this.#relays = new LeaderRelays(options);
  }

  /**
   * Another member leads: follows it from now on.
   * @returns where this one listens, as a URL without a slash at its end
   * @throws ListenError when the address cannot be had
   */
  async follow(holder: string): Promise<string> {
    this.#holder = holder;
    const address = await this.#listen();
    this.#following ??= this.#follow(address);
    return address;
  }

  /** Answers as the leader from now on. @returns where, as a URL without a slash at its end @throws ListenError */
  async lead(app: HttpApp): Promise<string> {
    this.#isLeading = true;
    this.#show(app);
    const address = await this.#listen();
    await this.#relays.handOver();
    this.#options.stats.set('cluster_leader', 1);
    return address;
  }

  /** Lets the others know that this one leads, and where. @param addresses by the names of its protocols beside HTTP */
  async announce(term: string, addresses: Readonly<Record<string, string | null>>): Promise<void> {
    const ports = listReachable(addresses, await this.#tellAddress());
    await this.#setState({ term, isReady: true, ports });
    // Requests that wait for a leader still use it: they find this one.
    this.#retiring = this.#stopReplica();
  }

  /** The others are to send nothing more, by any protocol. Resolves once they know. */
  announceLeaving(): Promise<void> {
    return (this.#leaving ??= this.#announceLeaving());
  }

  async #announceLeaving(): Promise<void> {
    this.#stopping.abort();
    if (this.#membership === null) return;
    await this.#setState({ ...this.#state, isReady: false });
    await sleep(LEAVE_MS);
  }

  /** Takes no more requests, once the others know. */
  async leave(): Promise<void> {
    await this.announceLeaving();
    await this.#http.stop();
  }

  async stop(): Promise<void> {
    if (this.#leaving === null) await this.leave();
    await this.#relays.stop();
    await this.#following;
    await this.#retiring;
    await this.#stopReplica();
    await (await this.#membership)?.leave();
  }

  /** Answers so from now on, and that nobody is to be sent to it once it leaves. */
  #show(app: HttpApp): void {
    const answerReady = app.routes.get('/ready') ?? answerLeaving;
    const ready: Handler = (request, response) =>
      (this.#stopping.signal.aborted ? answerLeaving : answerReady)(request, response);
    this.#http.use({ ...app, routes: new Map([...app.routes, ['/ready', ready]]) });
  }

  #listen(): Promise<string> {
    const { host } = this.#options.config;
    return (this.#listening ??= this.#http.start().then((port) => `http://${formatHost(host)}:${port}`));
  }

  async #follow(address: string): Promise<void> {
    const { signal } = this.#stopping;
    const failing = new FailureRuns();
    while (!signal.aborted && !this.#isLeading && this.#replica === null) {
      try {
        await this.#openReplica(address);
        failing.succeed(REPLICA);
      } catch (error) {
        if (failing.fail(REPLICA)) {
          const facts = { err: toError(error) };
          this.#options.log.warn(facts, 'this member cannot answer as a replica; trying again each second');
        }
      }
      await sleep(TRY_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #openReplica(address: string): Promise<void> {
    const { connection, log } = this.#options;
    if (!(await hasOwnSchema(connection))) return;
    const replica = await openReplica({
      ...this.#options,
      address,
      graphiteAddress: () => this.#relays.graphiteAddress,
      onOtherLog: () => this.#openAnew(address),
    });
    if (this.#isLeading || this.#stopping.signal.aborted) {
      await replica.stop();
      return;
    }
    this.#replica = replica;
    this.#show(replica.app);
    await this.#setState({ ...this.#state, isReady: true });
    await this.#relays.start(replica.directory);
    log.info({ http: address, leader: this.#holder }, 'ready as a replica');
  }

  /** Once the look that found another log has ended. */
  #openAnew(address: string): void {
    const before = this.#replica;
    if (before === null || this.#isLeading) return;
    this.#options.log.warn('another log begins: this replica reads everything anew');
    this.#http.use(createStandbyApp(() => this.#holder));
    this.#replica = null;
    this.#following = this.#followAnew(before, address);
  }

  async #followAnew(before: Replica, address: string): Promise<void> {
    await before.stop().catch((error: unknown) => {
      this.#options.log.warn(
        { err: toError(error) },
        'not everything of the replica could be stopped in order',
      );
    });
    await this.#follow(address);
  }

  async #stopReplica(): Promise<void> {
    const replica = this.#replica;
    this.#replica = null;
    await replica?.stop();
  }

  async #setState(state: MemberState): Promise<void> {
    this.#state = state;
    this.#membership ??= this.#join();
    await (await this.#membership).setState(this.#state);
  }

  async #join(): Promise<Membership> {
    const { connection, log, facts } = this.#options;
    const name = `${hostname()}, process ${process.pid}`;
    const address = await this.#tellAddress();
    return Membership.join({ connection, log, name, address, ...facts }, this.#state);
  }

  /** Where the other members reach it. */
  #tellAddress(): Promise<string> {
    return (this.#ownAddress ??= this.#findAddress());
  }

  async #findAddress(): Promise<string> {
    const { config, log } = this.#options;
    const { peerAddress, host } = config;
    if (peerAddress !== undefined) return peerAddress;
    if (isLoopback(host)) {
      log.warn(
        { host },
        'members on other machines cannot reach this one: set LAPWING_HOST, or LAPWING_PEER_ADDRESS',
      );
    }
    const { port } = new URL(await this.#listen());
    const reached = ANY_ADDRESS.has(host) ? hostname() : host;
    return `http://${formatHost(reached)}:${port}`;
  }
}

/** What listens on loopback alone is for members of the same machine, which reach this one by loopback too. */
function listReachable(
  addresses: Readonly<Record<string, string | null>>,
  ownAddress: string,
): MemberState['ports'] {
  const isNear = isLoopback(hostOf(ownAddress));
  const ports: Record<string, number> = {};
  for (const [name, address] of Object.entries(addresses)) {
    if (address === null || (isLoopback(hostOf(address)) && !isNear)) continue;
    ports[name] = Number(new URL(address).port);
  }
  return ports;
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}
