/** Where replicas follow the scores of the leader, over WebSocket: /cluster/scores?epoch=…&after=… */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ScoreFeed } from '../../../core/score-log/score-feed.ts';
import { SCORE_PROTOCOL } from '../../../core/score-log/tail/score-frame.ts';
import { sendScores } from '../../../core/score-log/tail/score-sender.ts';
import type { ForwardedHeader } from '../../../platform/cluster/forwarded-header.ts';
import type { Log } from '../../../log.ts';
import type { SocketRoute } from '../routes.ts';

export const SCORE_STREAM_PATH = '/cluster/scores';
/** Replicas send nothing. */
const MAX_PAYLOAD_BYTES = 1_024;
/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 and IANA's registry: Service Restart. */
const COME_BACK = 1012;
const FAILED = 1011;

interface ScoreStreamOptions {
  readonly live: Pick<ScoreFeed, 'readAfter' | 'bounds' | 'sleepUntilGrown'>;
  readonly header: Pick<ForwardedHeader, 'read'>;
  readonly log: Log;
}

/** Only members are let in: the header of each is signed by the key they share. */
export function createScoreStream({ live, header, log }: ScoreStreamOptions): SocketRoute {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    handleProtocols: (offered) => (offered.has(SCORE_PROTOCOL) ? SCORE_PROTOCOL : false),
  });
  const serve = async (socket: WebSocket, after: number) => {
    const ending = new AbortController();
    socket.once('close', () => ending.abort());
    // Its end is what matters, and comes by itself.
    socket.on('error', () => undefined);
    const send = (message: Uint8Array) =>
      new Promise<void>((resolve, reject) => {
        socket.send(message, (error) => (error ? reject(error) : resolve()));
      });
    try {
      await sendScores(after, { live, send, signal: ending.signal });
    } catch (error) {
      log.debug({ err: error }, 'scores are not sent to a replica any more');
      socket.close(FAILED);
    }
  };
  return {
    open: (request, socket, head) => {
      const refusal = findRefusal(request, { live, header });
      if (refusal !== null) {
        refuse(socket, refusal);
        return;
      }
      server.handleUpgrade(request, socket, head, (opened) => void serve(opened, readPlace(request).after));
    },
    closeAll: () => {
      for (const socket of server.clients) socket.close(COME_BACK);
    },
  };
}

function readPlace({ url = '' }: IncomingMessage): { readonly epoch: string | null; readonly after: number } {
  const { searchParams } = new URL(url, 'http://member');
  return { epoch: searchParams.get('epoch'), after: Number(searchParams.get('after') ?? Number.NaN) };
}

/** @returns the status line of what cannot be served */
function findRefusal(
  request: IncomingMessage,
  { live, header }: Pick<ScoreStreamOptions, 'live' | 'header'>,
): string | null {
  if (header.read(request.headers) === null) return '401 Unauthorized';
  const { epoch, after } = readPlace(request);
  if (!Number.isSafeInteger(after) || after < 0) return '400 Bad Request';
  // Its replica reads everything anew, and comes again.
  return epoch === live.bounds().epoch ? null : '409 Conflict';
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
