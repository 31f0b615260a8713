/**
 * Where replicas follow the scores of the leader, over WebSocket: /cluster/scores?epoch=…&after=… They get all of each score
 * until they send one of FRAME_DETAILS.
 */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { ScoreFeed } from '../../../core/score-log/score-feed.ts';
import { FRAME_DETAILS, type FrameDetail, SCORE_PROTOCOL } from '../../../core/score-log/tail/score-frame.ts';
import { sendScores, SharedFrames } from '../../../core/score-log/tail/score-sender.ts';
import type { ForwardedHeader } from '../../../platform/cluster/forwarded-header.ts';
import type { Log } from '../../../log.ts';
import type { SocketRoute } from '../routes.ts';
import { createMemberSockets } from './member-sockets.ts';

export const SCORE_STREAM_PATH = '/cluster/scores';
/** Replicas send the name of a detail. */
const MAX_PAYLOAD_BYTES = 1_024;
/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1: Internal Error. */
const FAILED = 1011;

interface ScoreStreamOptions {
  readonly live: Pick<ScoreFeed, 'readAfter' | 'bounds' | 'sleepUntilGrown'>;
  readonly header: Pick<ForwardedHeader, 'read'>;
  readonly log: Log;
}

export function createScoreStream({ live, header, log }: ScoreStreamOptions): SocketRoute {
  const frames = new SharedFrames(live);
  const serve = async (socket: WebSocket, after: number) => {
    const ending = new AbortController();
    socket.once('close', () => ending.abort());
    let detail: FrameDetail = 'scores';
    socket.on('message', (message: Buffer) => (detail = readDetail(message) ?? detail));
    const send = (message: Uint8Array) =>
      new Promise<void>((resolve, reject) => {
        socket.send(message, (error) => (error ? reject(error) : resolve()));
      });
    try {
      await sendScores(after, { live, frames, detail: () => detail, send, signal: ending.signal });
    } catch (error) {
      log.debug({ err: error }, 'scores are not sent to a replica any more');
      socket.close(FAILED);
    }
  };
  return createMemberSockets({
    protocol: SCORE_PROTOCOL,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    header,
    findRefusal: (request) => findRefusal(request, live),
    serve: (socket, request) => void serve(socket, readPlace(request).after),
  });
}

function readDetail(message: Buffer): FrameDetail | undefined {
  const text = message.toString();
  return FRAME_DETAILS.find((detail) => detail === text);
}

function readPlace({ url = '' }: IncomingMessage): { readonly epoch: string | null; readonly after: number } {
  const { searchParams } = new URL(url, 'http://member');
  return { epoch: searchParams.get('epoch'), after: Number(searchParams.get('after') ?? Number.NaN) };
}

function findRefusal(request: IncomingMessage, live: ScoreStreamOptions['live']): string | null {
  const { epoch, after } = readPlace(request);
  if (!Number.isSafeInteger(after) || after < 0) return '400 Bad Request';
  // Its replica reads everything anew, and comes again.
  return epoch === live.bounds().epoch ? null : '409 Conflict';
}
