/**
 * Subscriptions as server-sent events, as graphql-sse's "distinct connections" mode has them. In place of yoga's own:
 * that writes out and encodes each event for each reader, and keeps a timer for each.
 */
import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Payload, WritePayload } from './payload-cache.ts';

/** A comment: some browsers show nothing of a stream before its first byte, and proxies end one that says nothing. */
const PING = Buffer.from(':\n\n');
const PING_INTERVAL_MS = 12_000;
const BEFORE = Buffer.from('event: next\n');
const DATA = Buffer.from('data: ');
const AFTER = Buffer.from('\n\n');
const COMPLETE = Buffer.from('event: complete\ndata:\n\n');
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  // A proxy that compresses a stream holds events back until there are enough of them.
  'cache-control': 'no-cache, no-transform',
  // nginx gathers an answer before it passes it on, unless it is asked not to.
  'x-accel-buffering': 'no',
};

/** Who takes such an answer. */
const OF_STREAMS = /text\/event-stream|multipart\/mixed/i;

/** Resolves when the peer may be sent more, or is gone. */
export type WhenRead = (socket: Socket) => Promise<void>;
type OnSent = (result: ExecutionResult, sinceMs: number) => void;

/** Makes the bodies of event streams, and keeps those that are open alive. */
export class EventStreams {
  readonly #whenRead: WhenRead;
  readonly #onSent: OnSent;
  readonly #frame: (result: ExecutionResult) => Buffer;
  readonly #open = new Set<Readable>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onSent is called with each result that was handed to the response, and when its subscription began */
  constructor(writePayload: WritePayload, whenRead: WhenRead, onSent: OnSent = () => undefined) {
    this.#whenRead = whenRead;
    this.#onSent = onSent;
    this.#frame = createFrames(writePayload);
  }

  /** @param socket below the response; null where it is not known */
  open(results: AsyncIterable<ExecutionResult>, socket: Socket | null): Readable {
    const whenOpen = () => (socket === null ? Promise.resolve() : this.#whenRead(socket));
    const body = readEvents(results[Symbol.asyncIterator](), {
      frame: this.#frame,
      whenOpen,
      onSent: this.#onSent,
    });
    this.#open.add(body);
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
    for (const body of this.#open) if (body.readableLength === 0) body.push(PING);
  }
}

/** Where yoga would send a stream of events, ours is sent. */
export function sendEventStreams(streams: Pick<EventStreams, 'open'>): Plugin {
  return {
    onResultProcess: (chosen) => {
      const { result } = chosen;
      // None was chosen: the client takes no stream.
      if (chosen.resultProcessor === undefined || !isStream(result)) return;
      chosen.setResultProcessor((_result, { Response }) => {
        // Its sender makes it, and also takes Node's streams; its type knows those of browsers only.
        const init: unknown = streams.open(result, findSocket(chosen.serverContext));
        return new Response(init as BodyInit, { headers: EVENT_STREAM_HEADERS });
      }, 'text/event-stream');
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
function createFrames(writePayload: WritePayload): (result: ExecutionResult) => Buffer {
  const frames = new WeakMap<Payload, Buffer>();
  return (result) => {
    const payload = writePayload(result);
    const frame = frames.get(payload) ?? Buffer.concat([BEFORE, writeId(result), DATA, payload.json, AFTER]);
    frames.set(payload, frame);
    return frame;
  };
}

/**
 * The line that names the event by its cursor, where `cursor` or `changeCursor` is selected: an EventSource that lost its connection sends the
 * last one back as Last-Event-ID, and the subscription goes on behind it.
 */
function writeId({ data }: ExecutionResult): Buffer {
  const [event] = Object.values(data ?? {});
  const cursor = findCursor(event);
  // Another field may be called so.
  const isId = typeof cursor === 'string' && /^[\w.~:=+/-]+$/.test(cursor);
  return Buffer.from(isId ? `id: ${cursor}\n` : '');
}

function findCursor(event: unknown): unknown {
  if (typeof event !== 'object' || event === null) return null;
  if ('cursor' in event) return event.cursor;
  return 'changeCursor' in event ? event.changeCursor : null;
}

/** One event is asked for at a time, and only when the one before has been taken. */
function readEvents(
  results: AsyncIterator<ExecutionResult>,
  options: {
    readonly frame: (result: ExecutionResult) => Buffer;
    readonly whenOpen: () => Promise<void>;
    readonly onSent: (result: ExecutionResult, sinceMs: number) => void;
  },
): Readable {
  const { frame, whenOpen, onSent } = options;
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
            give(COMPLETE, null);
            return;
          }
          isAsking = false;
          give(frame(result.value));
          onSent(result.value, sinceMs);
        },
        // Yoga has masked it by now. The response has begun: an error of the stream would end it without a word.
        (error: unknown) => give(frame({ errors: [toGraphqlError(error)] }), COMPLETE, null),
      );
    },
    destroy: (error, done) => {
      const ended = results.return?.() ?? Promise.resolve();
      ended.then(() => done(error), done);
    },
  });
  body.push(PING);
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
