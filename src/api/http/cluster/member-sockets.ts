/** WebSockets that replicas open to the leader. Only members are let in: the header of each is signed by the key they share. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ForwardedHeader } from '../../../platform/cluster/forwarded-header.ts';
import type { SocketRoute } from '../routes.ts';

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 and IANA's registry: Service Restart. */
export const COME_BACK = 1012;

interface MemberSocketOptions {
  /** What both sides have to speak: WebSocket's subprotocol. */
  readonly protocol: string;
  readonly maxPayloadBytes: number;
  readonly header: Pick<ForwardedHeader, 'read'>;
  /** @returns the status line of what cannot be served; null for what can */
  readonly findRefusal?: (request: IncomingMessage) => string | null;
  readonly serve: (socket: WebSocket, request: IncomingMessage) => void;
  /** This server stops, or leads no more. Ends the socket at once when left out. */
  readonly end?: (socket: WebSocket) => void;
}

export function createMemberSockets(options: MemberSocketOptions): SocketRoute {
  const { protocol, maxPayloadBytes, header, findRefusal, serve } = options;
  const { end = (socket: WebSocket) => socket.close(COME_BACK) } = options;
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxPayloadBytes,
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
  });
  return {
    open: (request, socket, head) => {
      const refusal =
        header.read(request.headers) === null ? '401 Unauthorized' : (findRefusal?.(request) ?? null);
      if (refusal !== null) {
        refuse(socket, refusal);
        return;
      }
      server.handleUpgrade(request, socket, head, (opened) => {
        // Its end is what matters, and comes by itself.
        opened.on('error', () => undefined);
        serve(opened, request);
      });
    },
    closeAll: () => {
      for (const socket of server.clients) end(socket);
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
