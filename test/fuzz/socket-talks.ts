/** Conversations over WebSocket no decent client would have. */
import type { GraphQLSchema } from 'graphql';
import { writeOperation } from './graphql-operations.ts';
import { breakText } from './graphql-requests.ts';
import { NASTY_TEXTS, type Random } from './random.ts';

/** One step: text or bytes as a message, bytes straight onto the wire, or a ping of the transport. */
export type Step =
  | { readonly kind: 'message'; readonly data: string | Buffer }
  | { readonly kind: 'wire'; readonly data: Buffer }
  | { readonly kind: 'ping' };

const INIT = { type: 'connection_init' };
const LIVE = { query: 'subscription { anomalyScores { cursor } }' };
/** A text frame that announces more than it brings. */
const HALF_FRAME = Buffer.from([0x81, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 5]);
/** Frames that may not be: of reserved bits, unmasked, a control frame in parts. */
const BAD_FRAMES = [
  Buffer.from([0xf1, 0x80, 0, 0, 0, 0]),
  Buffer.from([0x81, 0x01, 0x41]),
  Buffer.from([0x09, 0x80, 0, 0, 0, 0]),
];

/** @param authorize payload of an introduction that is taken */
export function writeTalk(schema: GraphQLSchema, random: Random, authorize: object): readonly Step[] {
  const say = (message: unknown): Step => ({ kind: 'message', data: JSON.stringify(message) });
  const subscribe = (id: string, payload: unknown) => say({ type: 'subscribe', id, payload });
  const many = (count: number, make: (index: number) => Step) =>
    Array.from({ length: count }, (_, i) => make(i));
  const init = random.chance(0.8) ? [say({ ...INIT, payload: authorize })] : [];
  const operation = () => writeOperation(schema, random);
  const talks: readonly (() => readonly Step[])[] = [
    () => many(1 + random.below(5), () => subscribe(String(random.below(3)), operation())),
    () => [subscribe('1', LIVE), subscribe('1', LIVE)],
    () => many(2_000, (index) => subscribe(`s${index}`, LIVE)),
    () => many(500, () => ({ kind: 'ping' })),
    () => many(500, () => say({ type: 'ping', payload: { a: random.pick(NASTY_TEXTS) } })),
    () => [say(INIT), say(INIT)],
    () => [
      say({ type: random.pick(['nope', 'next', 'error', 'connection_ack', 'pong', '', null]), id: '1' }),
    ],
    () => [say({ type: 'complete', id: random.pick(['none', '', 1, null]) })],
    () => [subscribe('', LIVE), say({ type: 'subscribe', id: 5, payload: LIVE })],
    () => [
      subscribe(
        'q',
        random.pick<unknown>([
          null,
          {},
          [],
          { query: 5 },
          { query: '' },
          { query: LIVE.query, variables: [] },
          { query: LIVE.query, operationName: {} },
        ]),
      ),
    ],
    () => [
      {
        kind: 'message',
        data: breakText(random, JSON.stringify({ type: 'subscribe', id: '1', payload: operation() })),
      },
    ],
    () => [{ kind: 'message', data: Buffer.from(Array.from({ length: 200 }, () => random.below(256))) }],
    () => [subscribe('big', { query: `{ ${'a '.repeat(40_000)} }` })],
    () => [{ kind: 'message', data: 'x'.repeat(3_000_000) }],
    () => [{ kind: 'wire', data: HALF_FRAME }],
    () => [{ kind: 'wire', data: random.pick(BAD_FRAMES) }],
    () => [
      subscribe('a', LIVE),
      say({ type: 'complete', id: 'a' }),
      subscribe('a', LIVE),
      say({ type: 'complete', id: 'a' }),
    ],
  ];
  return [...init, ...random.pick(talks)(), ...(random.chance(0.3) ? random.pick(talks)() : [])];
}
