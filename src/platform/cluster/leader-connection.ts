/** Connections of a member to the leader of its cluster, for requests that only the leader can answer. */
import { type ClientRequest, request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { ClusterDirectory } from './cluster-directory.ts';

/** A takeover takes less; who asks waits so long for it. */
const LEADER_LIMIT_MS = 5_000;
/** Of an answer that stands still. */
const ANSWER_LIMIT_MS = 60_000;

export type LeaderLookup = Pick<ClusterDirectory, 'reachLeader' | 'watchLeader'>;

export interface LeaderRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly path: string;
  readonly headers: NonNullable<RequestOptions['headers']>;
}

/**
 * Begins a request to the leader, over a connection of its own: nothing has been sent before it is connected, so a leader
 * that has gone is looked for again, for 5 s.
 * @returns what takes the body; null when there is no leader in time. It fails once another member leads.
 */
export function openLeaderRequest(
  directory: LeaderLookup,
  options: LeaderRequest,
): Promise<ClientRequest | null> {
  return directory.reachLeader(LEADER_LIMIT_MS, async ({ id, address }) => {
    const request = begin(new URL(address), options);
    if (!(await isConnected(request))) return null;
    // A leader that is frozen, or cut off, keeps its connections.
    const unwatch = directory.watchLeader(id, () =>
      request.destroy(new Error('another member leads by now')),
    );
    return request.once('close', unwatch);
  });
}

function begin({ protocol, hostname, port }: URL, options: LeaderRequest): ClientRequest {
  const asked: RequestOptions = {
    ...options,
    // An IPv6 address stands in brackets in a URL alone.
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    agent: false,
    setHost: false,
    timeout: ANSWER_LIMIT_MS,
  };
  const request = protocol === 'https:' ? requestHttps(asked) : requestHttp(asked);
  return request.on('timeout', () => request.destroy(new Error('the leader did not answer in time')));
}

function isConnected(request: ClientRequest): Promise<boolean> {
  return new Promise((resolve) => {
    // It stays, as the last one to hear of a failure: without a listener that would end the process.
    request.on('error', () => resolve(false));
    request.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => resolve(true));
      else resolve(true);
    });
  });
}
