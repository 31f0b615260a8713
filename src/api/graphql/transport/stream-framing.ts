/** How the results of a subscription are written over HTTP. */
import type { ExecutionResult } from 'graphql';
import type { Payload } from './payload-cache.ts';

export type StreamType = 'sse' | 'multipart';

interface Framing {
  readonly headers: Readonly<Record<string, string>>;
  /** What a stream begins with: some browsers show nothing of one before its first byte. */
  readonly opening: Buffer;
  /** Says nothing: proxies end a stream on which nothing comes. */
  readonly ping: Buffer;
  readonly complete: Buffer;
  readonly frame: (result: ExecutionResult, payload: Payload) => Buffer;
}

const OF_ALL = {
  // A proxy that compresses a stream holds events back until there are enough of them.
  'cache-control': 'no-cache, no-transform',
  // nginx gathers an answer before it passes it on, unless it is asked not to.
  'x-accel-buffering': 'no',
};

const COMMENT = Buffer.from(':\n\n');
const BEFORE = Buffer.from('event: next\n');
const DATA = Buffer.from('data: ');
const AFTER = Buffer.from('\n\n');

/** As graphql-sse's "distinct connections" mode has them. */
const SERVER_SENT_EVENTS: Framing = {
  headers: { 'content-type': 'text/event-stream', ...OF_ALL },
  opening: COMMENT,
  ping: COMMENT,
  complete: Buffer.from('event: complete\ndata:\n\n'),
  frame: (result, { json }) => Buffer.concat([BEFORE, writeId(result), DATA, json, AFTER]),
};

/** A boundary belongs to the part before it, which is whole only then. */
const BOUNDARY = '\r\n--graphql';
const PART = '\r\ncontent-type: application/json\r\n\r\n';
const HEARTBEAT = `${PART}{}${BOUNDARY}`;
const [PART_HEAD, PART_END] = [Buffer.from(`${PART}{"payload":`), Buffer.from(BOUNDARY)];

/** https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol */
const PARTS: Framing = {
  headers: { 'content-type': 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0', ...OF_ALL },
  opening: Buffer.from(`${BOUNDARY}${HEARTBEAT}`),
  ping: Buffer.from(HEARTBEAT),
  complete: Buffer.from('--\r\n'),
  frame: (_result, { closed }) => Buffer.concat([PART_HEAD, closed, PART_END]),
};

export const FRAMINGS: Readonly<Record<StreamType, Framing>> = { sse: SERVER_SENT_EVENTS, multipart: PARTS };

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
