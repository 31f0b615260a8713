/** Where the leader takes points that replicas have read from pushes, over WebSocket: /cluster/points */
import type { WebSocket } from 'ws';
import type { PointAnswer } from '../../../core/ingest/forwarded/point-answer.ts';
import {
  decodePushes,
  type ForwardedPush,
  POINT_PROTOCOL,
} from '../../../core/ingest/forwarded/point-frame.ts';
import type { Ingest } from '../../../core/ingest/ingest.ts';
import type { ScoreFeed } from '../../../core/score-log/score-feed.ts';
import { RetryLaterError } from '../../../errors.ts';
import type { ForwardedHeader } from '../../../platform/cluster/forwarded-header.ts';
import { toError } from '../../../platform/runtime/to-error.ts';
import type { Tracing } from '../../../platform/tracing/tracing.ts';
import type { Log } from '../../../log.ts';
import type { SocketRoute } from '../routes.ts';
import { COME_BACK, createMemberSockets } from './member-sockets.ts';

export const POINT_STREAM_PATH = '/cluster/points';
/** More than any push that a replica takes: 25 MB of names, of which each character may be escaped. */
const MAX_PAYLOAD_BYTES = 200_000_000;
/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1: Unsupported Data. */
const NOT_UNDERSTOOD = 1003;

interface PointStreamOptions {
  readonly accept: Pick<Ingest, 'acceptNamed'>;
  readonly live: Pick<ScoreFeed, 'bounds'>;
  readonly header: Pick<ForwardedHeader, 'read'>;
  readonly log: Log;
  /** Null, or left out, where no traces are sent. */
  readonly tracing?: Pick<Tracing, 'runRemote'> | null;
}

/**
 * Of a push that has no answer when its socket ends the sender does not know whether it was taken: points count once, so it
 * sends them to the next leader.
 */
export function createPointStream(options: PointStreamOptions): SocketRoute {
  const { header, log } = options;
  const senders = new Map<WebSocket, PointTaker>();
  return createMemberSockets({
    protocol: POINT_PROTOCOL,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    header,
    serve: (socket) => {
      const taker = new PointTaker(socket, options);
      senders.set(socket, taker);
      socket.once('close', () => senders.delete(socket));
      socket.on('message', (message: Buffer) => {
        try {
          for (const push of decodePushes(message)) taker.take(push);
        } catch (error) {
          log.warn({ err: error }, 'a member sent points in another form than this one expects');
          socket.close(NOT_UNDERSTOOD);
        }
      });
    },
    end: (socket) => senders.get(socket)?.leave(),
  });
}

/** Takes what one replica sends. */
class PointTaker {
  readonly #socket: WebSocket;
  readonly #options: PointStreamOptions;
  #underWay = 0;
  #isLeaving = false;
  /** Of the pushes of one batch, which are done at once: they are sent together. */
  #answers: PointAnswer[] = [];

  constructor(socket: WebSocket, options: PointStreamOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  take(push: ForwardedPush): void {
    if (this.#isLeaving) return;
    this.#underWay += 1;
    void this.#answer(push).then((answer) => {
      if (this.#answers.length === 0) setImmediate(() => this.#send());
      this.#answers.push(answer);
    });
  }

  /** Takes nothing more, and closes the socket once what was taken has its answer. */
  leave(): void {
    this.#isLeaving = true;
    this.#closeIfDone();
  }

  #send(): void {
    const answers = this.#answers;
    this.#answers = [];
    this.#underWay -= answers.length;
    this.#socket.send(JSON.stringify(answers));
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#isLeaving && this.#underWay === 0) this.#socket.close(COME_BACK);
  }

  /** Never rejects. */
  async #answer({ id, accountId, points, traceparent }: ForwardedPush): Promise<PointAnswer> {
    const { accept, live, log, tracing } = this.#options;
    const take = () => accept.acceptNamed(points, accountId);
    try {
      const stored = await (tracing?.runRemote('take forwarded points', traceparent, take) ?? take());
      return { id, stored, lastOffset: live.bounds().last };
    } catch (error) {
      if (error instanceof RetryLaterError) return { id, retryLater: error.message };
      log.error({ err: error }, 'points of a replica could not be taken');
      return { id, failure: toError(error).message };
    }
  }
}
