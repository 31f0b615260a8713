/** The sockets GraphQL is spoken over: who may open one, how large a message may be, how they end. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  CloseCode,
  DEPRECATED_GRAPHQL_WS_PROTOCOL,
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  handleProtocols,
  MessageType,
  type Server,
  stringifyMessage,
} from 'graphql-ws';
import { type RawData, WebSocketServer } from 'ws';
import type { ReadAddress } from '../../../core/access/client-address.ts';
import type { Log } from '../../../log.ts';
import { parseJson } from '../../../platform/bounded-input/parse-json.ts';
import type { CrossOrigin } from './cross-origin.ts';
import type { CallerGate } from '../limits/callers.ts';
import type { SocketExtra } from './graphql-ws.ts';
import { LegacyPeer, parseMessage } from './legacy-peer.ts';
import { createPeers, type Peer } from './websocket-peer.ts';

export interface GraphqlSockets {
  /** Takes over the connection of an upgrade request. */
  readonly open: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Sends every client away to come back: close code 1012, after which graphql-ws clients connect again. */
  readonly closeAll: () => void;
}

/** Larger messages belong on HTTP. */
const MESSAGE_LIMIT_BYTES = 64 * 1024;
/** Until it is known who asks: an introduction, with a key in it. */
const FIRST_MESSAGE_LIMIT_BYTES = 4 * 1024;
/** Up to here a message is read far enough to say which operation is refused; a larger one ends the socket (1009). */
const FRAME_LIMIT_BYTES = 2 * 1024 * 1024;
const INTERNAL_ERROR = 1011;
const SERVICE_RESTART = 1012;
const WRONG_PROTOCOL = 'expected the subprotocol graphql-transport-ws, or graphql-ws';
const MESSAGE_TOO_LARGE = 1009;

export function createGraphqlSockets(options: {
  readonly protocol: Server<SocketExtra>;
  readonly log: Log;
  readonly crossOrigin: CrossOrigin;
  readonly gate: CallerGate;
  readonly readAddress: ReadAddress;
}): GraphqlSockets {
  const { crossOrigin, gate, readAddress } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_LIMIT_BYTES,
    perMessageDeflate: false,
    handleProtocols: chooseProtocol,
  });
  const openPeer = createPeers();
  return {
    open: (request, socket, head) => {
      // Browsers let any page open a socket to anywhere, and say whose page it is.
      if (!crossOrigin.isAllowed(request)) {
        refuseUpgrade(
          socket,
          '403 Forbidden',
          'origin: expected this server, or one of LAPWING_CORS_ORIGINS',
        );
        return;
      }
      const address = readAddress(request);
      // Until it says whose key it has.
      const refusal = gate.checkConnection(address, socket);
      if (refusal !== null) {
        refuseUpgrade(socket, '429 Too Many Requests', refusal.message);
        return;
      }
      sockets.handleUpgrade(request, socket, head, (opened) =>
        serve(
          openPeer(opened, socket),
          {
            address,
            headers: request.headers,
            countAs: (keyId) => gate.checkConnection(keyId, socket)?.message ?? null,
          },
          options,
        ),
      );
    },
    closeAll: () => {
      for (const socket of sockets.clients) socket.close(SERVICE_RESTART, 'the server restarts');
    },
  };
}

/** Where none is chosen, browsers say nothing but that the handshake failed. */
function chooseProtocol(offered: Set<string>): string | false {
  const known = handleProtocols(offered);
  if (known !== false) return known;
  return offered.has(DEPRECATED_GRAPHQL_WS_PROTOCOL) ? DEPRECATED_GRAPHQL_WS_PROTOCOL : false;
}

/** graphql-ws throws on next, error and connection_ack: in its protocol only servers say them. */
function isUnexpectedMessage(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message of type');
}

function refuseUpgrade(socket: Duplex, status: string, body: string): void {
  const length = Buffer.byteLength(body);
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n${body}`);
}

function serve(
  peer: Peer,
  client: Pick<SocketExtra, 'address' | 'headers' | 'countAs'>,
  { protocol, log }: { protocol: Server<SocketExtra>; log: Log },
): void {
  const { socket } = peer;
  let isAdmitted = false;
  const admit = () => {
    isAdmitted = true;
    peer.admit();
  };
  // A frame that breaks the protocol: ws answers it by closing.
  socket.on('error', (error) => log.debug({ err: error }, 'a WebSocket client broke the protocol'));
  const legacy = socket.protocol === DEPRECATED_GRAPHQL_WS_PROTOCOL ? new LegacyPeer(peer) : null;
  const spoken = legacy ?? peer;
  const close = (code: number, reason: string) => {
    const shown = socket.protocol === '' ? WRONG_PROTOCOL : reason;
    if (legacy === null) socket.close(code, shown);
    else
      legacy
        .close(code, shown)
        .catch((error: unknown) => log.debug({ err: error }, 'a WebSocket client went away'));
  };
  const closed = protocol.opened(
    {
      protocol: legacy === null ? socket.protocol : GRAPHQL_TRANSPORT_WS_PROTOCOL,
      send: (text) => spoken.send([Buffer.from(text)]),
      close,
      // A payload is given back to those we know.
      onPing: (payload) => peer.send([writePong(isAdmitted ? payload : undefined)]),
      onMessage: (read) => {
        const readWhole = (text: string) => read(addQuery(text));
        const readMessage = legacy === null ? readWhole : (text: string) => legacy.receive(text, readWhole);
        socket.on('message', (data) => {
          // The first operations of the old protocol follow at once: a peer that is not admitted may not say much.
          const limit = isAdmitted || legacy !== null ? MESSAGE_LIMIT_BYTES : FIRST_MESSAGE_LIMIT_BYTES;
          receive(spoken, data, limit, readMessage).catch((error: unknown) => {
            // The client went away in the middle of an answer.
            if (socket.readyState !== socket.OPEN) return;
            if (isUnexpectedMessage(error)) {
              socket.close(CloseCode.BadRequest, 'a message only a server sends');
              return;
            }
            log.error({ err: error }, 'a WebSocket message could not be handled');
            socket.close(INTERNAL_ERROR, 'internal error');
          });
        });
      },
    },
    {
      ...client,
      admit,
      send: async (parts) => {
        await spoken.send(parts);
        await spoken.whenOpen();
      },
      close,
    },
  );
  socket.once('close', (code, reason) => {
    closed(code, reason.toString()).catch((error: unknown) =>
      log.error({ err: error }, 'a WebSocket could not be cleaned up'),
    );
  });
}

async function receive(
  peer: Peer,
  data: RawData,
  limitBytes: number,
  read: (text: string) => Promise<void>,
): Promise<void> {
  const bytes = toBuffer(data);
  if (bytes.length <= limitBytes) {
    await read(bytes.toString());
    return;
  }
  const id = limitBytes < MESSAGE_LIMIT_BYTES ? null : readOperationId(bytes);
  if (id === null) {
    peer.socket.close(MESSAGE_TOO_LARGE, `a message may have ${limitBytes} bytes`);
    return;
  }
  const message = `a message of ${bytes.length} bytes is more than the ${MESSAGE_LIMIT_BYTES} a WebSocket may carry: send it as an HTTP POST`;
  const payload = [{ message, extensions: { code: 'REQUEST_ENTITY_TOO_LARGE' } }];
  await peer.send([Buffer.from(stringifyMessage({ type: MessageType.Error, id, payload }))]);
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/**
 * A client that names its document by a hash may send no text at all, as Apollo Kotlin does; graphql-ws would end the socket.
 * What is wrong with the operation then is an error of its own.
 */
function addQuery(text: string): string {
  if (!text.includes(`"${MessageType.Subscribe}"`)) return text;
  const message = parseMessage(text);
  if (message?.type !== MessageType.Subscribe) return text;
  const { payload } = message;
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return text;
  const hasQuery = 'query' in payload && payload.query !== null;
  return hasQuery ? text : JSON.stringify({ ...message, payload: { ...payload, query: '' } });
}

/** @param payload left out where there is none */
function writePong(payload: Record<string, unknown> | undefined): Buffer {
  const pong = { type: MessageType.Pong, ...(payload === undefined ? {} : { payload }) } as const;
  return Buffer.from(stringifyMessage(pong));
}

/** Null when the message is not an operation. */
function readOperationId(bytes: Buffer): string | null {
  try {
    const message = parseJson(bytes);
    if (typeof message !== 'object' || message === null || !('id' in message)) return null;
    return typeof message.id === 'string' && message.id !== '' ? message.id : null;
  } catch {
    // Not JSON, or none of ours: not a message of the protocol, and answered as such by the caller.
    return null;
  }
}
