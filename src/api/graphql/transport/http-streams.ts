/**
 * Subscriptions over HTTP, as server-sent events or as parts of a multipart answer. In place of yoga's own: that writes out
 * and encodes each event for each reader, and keeps a timer for each.
 */
import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { chooseStream } from './accept.ts';
import type { Payload, WritePayload } from './payload-cache.ts';
import { FRAMINGS, type StreamType } from './stream-framing.ts';

const PING_INTERVAL_MS = 12_000;

/** Who takes such an answer. */
const OF_STREAMS = /text\/event-stream|multipart\/mixed/i;

/** Resolves when the peer may be sent more, or is gone. */
export type WhenRead = (socket: Socket) => Promise<void>;
type OnSent = (result: ExecutionResult, type: StreamType, sinceMs: number) => void;

/** Makes the bodies of event streams, and keeps those that are open alive. */
export class EventStreams {
  readonly #whenRead: WhenRead;
  readonly #onSent: OnSent;
  readonly #frames: Readonly<Record<StreamType, (result: ExecutionResult) => Buffer>>;
  readonly #open = new Map<Readable, StreamType>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onSent is called with each result that was handed to the response, and when its subscription began */
  constructor(writePayload: WritePayload, whenRead: WhenRead, onSent: OnSent = () => undefined) {
    this.#whenRead = whenRead;
    this.#onSent = onSent;
    this.#frames = {
      sse: createFrames('sse', writePayload),
      multipart: createFrames('multipart', writePayload),
    };
  }

  /** @param socket below the response; null where it is not known */
  open(results: AsyncIterable<ExecutionResult>, socket: Socket | null, type: StreamType = 'sse'): Readable {
    const whenOpen = () => (socket === null ? Promise.resolve() : this.#whenRead(socket));
    const body = readEvents(results[Symbol.asyncIterator](), {
      type,
      frame: this.#frames[type],
      whenOpen,
      onSent: this.#onSent,
    });
    this.#open.set(body, type);
    this.#timer ??= setInterval(() => this.#pingAll(), PING_INTERVAL_MS).unref();
    body.once('close', () => {
      this.#open.delete(body);
      if (this.#open.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
    return body;
  }

  #pingAll(): void {
    // A reader that has something waiting needs no ping.
    for (const [body, type] of this.#open) if (body.readableLength === 0) body.push(FRAMINGS[type].ping);
  }
}

/** Where yoga would send a stream of events or refuse one, ours is sent. */
export function sendEventStreams(streams: Pick<EventStreams, 'open'>): Plugin {
  return {
    onResultProcess: (chosen) => {
      const { result, request } = chosen;
      if (!isStream(result)) return;
      const type = chooseStream(request.headers.get('accept') ?? '');
      if (type === null) return;
      const { headers } = FRAMINGS[type];
      chosen.setResultProcessor((_result, { Response }) => {
        // Its sender makes it, and also takes Node's streams; its type knows those of browsers only.
        const init: unknown = streams.open(result, findSocket(chosen.serverContext), type);
        return new Response(init as BodyInit, { headers });
      }, headers['content-type'] ?? '');
    },
    onResponse: ({ request, response }) => {
      if (!OF_STREAMS.test(request.headers.get('accept') ?? '')) return;
      // A single result yoga sends as a stream itself, by a coding HTTP has no such name for, and over a connection that
      // it keeps although its client asked for the end of it.
      if (response.headers.get('content-encoding') === 'none') response.headers.delete('content-encoding');
      response.headers.delete('connection');
    },
  };
}

/** Each payload is framed once, too. */
function createFrames(type: StreamType, writePayload: WritePayload): (result: ExecutionResult) => Buffer {
  const frames = new WeakMap<Payload, Buffer>();
  return (result) => {
    const payload = writePayload(result);
    const frame = frames.get(payload) ?? FRAMINGS[type].frame(result, payload);
    frames.set(payload, frame);
    return frame;
  };
}

/** One event is asked for at a time, and only when the one before has been taken. */
function readEvents(
  results: AsyncIterator<ExecutionResult>,
  options: {
    readonly type: StreamType;
    readonly frame: (result: ExecutionResult) => Buffer;
    readonly whenOpen: () => Promise<void>;
    readonly onSent: OnSent;
  },
): Readable {
  const { type, frame, whenOpen, onSent } = options;
  const { opening, complete } = FRAMINGS[type];
  const sinceMs = performance.now();
  let isAsking = false;
  const give = (...chunks: readonly (Buffer | null)[]) => {
    // Its reader may have gone meanwhile.
    for (const chunk of chunks) if (!body.destroyed) body.push(chunk);
  };
  const body: Readable = new Readable({
    highWaterMark: 1,
    read: () => {
      // A push makes the stream ask again, a ping while an event is awaited among them, and the last one.
      if (isAsking) return;
      isAsking = true;
      const next = whenOpen().then(() => results.next());
      next.then(
        (result) => {
          if (result.done === true) {
            give(complete, null);
            return;
          }
          isAsking = false;
          give(frame(result.value));
          onSent(result.value, type, sinceMs);
        },
        // Yoga has masked it by now. The response has begun: an error of the stream would end it without a word.
        (error: unknown) => give(frame({ errors: [toGraphqlError(error)] }), complete, null),
      );
    },
    destroy: (error, done) => {
      const ended = results.return?.() ?? Promise.resolve();
      ended.then(() => done(error), done);
    },
  });
  body.push(opening);
  return body;
}

function toGraphqlError(error: unknown): GraphQLError {
  return error instanceof GraphQLError ? error : new GraphQLError('Unexpected error.');
}

/** The connection below a request over HTTP. */
function findSocket(context: object): Socket | null {
  return 'res' in context && context.res instanceof ServerResponse ? context.res.socket : null;
}

export function isStream(result: unknown): result is AsyncIterable<ExecutionResult> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
}
