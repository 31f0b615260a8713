/** Connections of a member to the leader of its cluster, for requests that only the leader can answer. */
import { Agent, type ClientRequest, request as requestHttp, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { runWithin } from '../outbound/time-limit.ts';
import type { ClusterDirectory } from './cluster-directory.ts';

/** A takeover takes less; who asks waits so long for it. */
const LEADER_LIMIT_MS = 5_000;
/** A network that drops everything answers nothing: the member is asked for again then. */
const CONNECT_LIMIT_MS = 2_000;
/** Of an answer that stands still. */
const ANSWER_LIMIT_MS = 60_000;
/**
 * A connection that nobody uses is closed sooner than the leader, or a proxy in front of it, closes it: a request that is sent just
 * then would be lost.
 */
const IDLE_MS = 2_000;
const PROBE_EVERY_MS = 2_000;

export interface LeaderRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly path: string;
  readonly headers: NonNullable<RequestOptions['headers']>;
}

export class LeaderConnections {
  readonly #directory: Pick<ClusterDirectory, 'reachLeader' | 'watchLeader'>;
  /** Under way, by address: however many requests wait, there is one. */
  readonly #probes = new Map<string, Promise<boolean>>();
  readonly #stopping = new AbortController();
  readonly #agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  readonly #httpsAgent = new HttpsAgent({ keepAlive: true, timeout: IDLE_MS });
  readonly #probeEveryMs: number;

  /** @param options.probeEveryMs while an answer has not begun, the leader has to show so often that it is there */
  constructor(
    directory: Pick<ClusterDirectory, 'reachLeader' | 'watchLeader'>,
    { probeEveryMs = PROBE_EVERY_MS }: { readonly probeEveryMs?: number } = {},
  ) {
    this.#directory = directory;
    this.#probeEveryMs = probeEveryMs;
  }

  /**
   * Begins a request to the leader. Nothing has been sent before it has a connection, so a leader that has gone is looked for
   * again, for 5 s.
   * @returns what takes the body; null when there is no leader in time. It fails once another member leads, and, while its
   *   answer has not begun, once the leader cannot be reached any more.
   */
  open(options: LeaderRequest): Promise<ClientRequest | null> {
    return this.#directory.reachLeader(LEADER_LIMIT_MS, async ({ id, address }) => {
      const request = this.#begin(new URL(address), options);
      if (!(await isConnected(request))) return null;
      // A leader that is frozen, or cut off, keeps its connections.
      const unwatch = this.#directory.watchLeader(id, () =>
        request.destroy(new Error('another member leads by now')),
      );
      this.#probeUntilAnswered(address, request);
      return request.once('close', unwatch);
    });
  }

  /** Ends the probes, and the connections that nobody uses: requests end by themselves. */
  stop(): void {
    this.#stopping.abort();
    for (const { freeSockets } of [this.#agent, this.#httpsAgent]) {
      for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    }
  }

  #begin({ protocol, hostname, port }: URL, options: LeaderRequest): ClientRequest {
    const asked: RequestOptions = {
      ...options,
      // An IPv6 address stands in brackets in a URL alone.
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      setHost: false,
      timeout: ANSWER_LIMIT_MS,
    };
    const request =
      protocol === 'https:'
        ? requestHttps({ ...asked, agent: this.#httpsAgent })
        : requestHttp({ ...asked, agent: this.#agent });
    return request.on('timeout', () => request.destroy(new Error('the leader did not answer in time')));
  }

  #probeUntilAnswered(address: string, request: ClientRequest): void {
    const probe = async () => {
      if (!(await this.#probe(address)))
        request.destroy(new Error('the leader cannot be reached from this member'));
    };
    const timer = setInterval(() => void probe(), this.#probeEveryMs);
    for (const event of ['response', 'upgrade', 'close'] as const)
      request.once(event, () => clearInterval(timer));
  }

  #probe(address: string): Promise<boolean> {
    const running = this.#probes.get(address) ?? this.#ask(address);
    this.#probes.set(address, running);
    return running;
  }

  /** @returns whether it answers, whatever it says. Never fails. */
  async #ask(address: string): Promise<boolean> {
    try {
      const limit = { limitMs: this.#probeEveryMs, stopped: this.#stopping.signal };
      await runWithin(limit, async (signal) => {
        const answer = await fetch(`${address}/health`, { signal });
        await answer.arrayBuffer();
      });
      return true;
    } catch {
      return this.#stopping.signal.aborted;
    } finally {
      this.#probes.delete(address);
    }
  }
}

/** One that is not connected in time is destroyed. */
function isConnected(request: ClientRequest): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => request.destroy(new Error('the leader could not be connected to in time')),
      CONNECT_LIMIT_MS,
    );
    const settle = (isReached: boolean) => {
      clearTimeout(timer);
      resolve(isReached);
    };
    // It stays, as the last one to hear of a failure: without a listener that would end the process.
    request.on('error', () => settle(false));
    request.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => settle(true));
      else settle(true);
    });
  });
}
