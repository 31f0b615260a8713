/** A WebSocket of a member to the leader of its cluster. */
import WebSocket from 'ws';
import type { ClusterDirectory, ClusterMember } from './cluster-directory.ts';
import { FORWARDED_HEADER, type ForwardedHeader } from './forwarded-header.ts';

/** A network that drops everything answers nothing. */
export const CONNECT_LIMIT_MS = 2_000;

export interface LeaderSocketOptions {
  readonly directory: Pick<ClusterDirectory, 'watchLeader'>;
  readonly header: Pick<ForwardedHeader, 'write'>;
  /** With its query. */
  readonly path: string;
  /** WebSocket's subprotocol. */
  readonly protocol: string;
  readonly maxPayloadBytes: number;
}

/** Begins to connect. It ends by itself when it is not connected in time, and once another member leads. */
export function openLeaderSocket({ id, address }: ClusterMember, options: LeaderSocketOptions): WebSocket {
  const { directory, header, path, protocol, maxPayloadBytes } = options;
  const socket = new WebSocket(`${address.replace(/^http/, 'ws')}${path}`, protocol, {
    headers: { [FORWARDED_HEADER]: header.write('member') },
    perMessageDeflate: false,
    handshakeTimeout: CONNECT_LIMIT_MS,
    maxPayload: maxPayloadBytes,
  });
  // What comes of it is seen by its end.
  socket.on('error', () => undefined);
  // One that is frozen, or cut off, keeps its connections.
  const unwatch = directory.watchLeader(id, () => socket.terminate());
  return socket.once('close', unwatch);
}
