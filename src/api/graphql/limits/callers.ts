/** Whom a limit counts: the key of a request, or the address it comes from. Refusals are answered here. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GraphQLError } from 'graphql';
import { createRateLimit, type RateLimit } from '../../../platform/runtime/token-bucket.ts';
import { chooseResponseType } from '../request-error.ts';
import { type ConnectionLimit, createConnectionLimit } from './connections.ts';
import type { Refuse } from './error.ts';

/** A caller that was quiet may ask for this many seconds' worth at once. */
const BURST_SECONDS = 5;
/** The rate is at least one a second: no caller waits longer. */
const TOO_MANY = { status: 429, headers: { 'retry-after': '1' } } as const;

export interface CallerLimits {
  readonly maxOperationsPerSecond: number;
  readonly maxConnections: number;
}

export interface CallerGate {
  /** Counts an operation. @returns why it is refused, with 429; null when it may run */
  readonly checkRate: (caller: string) => GraphQLError | null;
  /**
   * Counts a connection until it closes; one that was counted for another caller is counted for this one instead.
   * @returns why it is refused, with 429; null when it may stay
   */
  readonly checkConnection: (caller: string, connection: ServerResponse | Duplex) => GraphQLError | null;
}

export function createCallerGate(limits: CallerLimits, refuse: Refuse): CallerGate {
  const { maxOperationsPerSecond: perSecond } = limits;
  const rate: RateLimit = createRateLimit(perSecond, { atOnce: perSecond * BURST_SECONDS });
  const connections: ConnectionLimit = createConnectionLimit(limits.maxConnections);
  const leaves = new WeakMap<ServerResponse | Duplex, () => void>();
  return {
    checkRate: (caller) =>
      rate.take(caller)
        ? null
        : refuse({
            limit: 'rate',
            place: 'operations per second',
            allowed: rate.perSecond,
            seen: 'more: try again in a second',
            http: TOO_MANY,
          }),
    checkConnection: (caller, connection) => {
      const leave = connections.enter(caller);
      if (leave !== null) {
        leaves.get(connection)?.();
        leaves.set(connection, leave);
        // What had arrived before a socket closed is read after that.
        if (connection.destroyed) leave();
        else connection.once('close', leave);
        return null;
      }
      const [allowed, seen] = [connections.most, connections.count(caller) + 1];
      return refuse({ limit: 'connections', allowed, seen, http: TOO_MANY });
    },
  };
}

/** Answers before anything of the request was read. */
export function answerRefusal(
  { headers }: Pick<IncomingMessage, 'headers'>,
  response: ServerResponse,
  { message, extensions }: GraphQLError,
): void {
  const { code, limit, allowed, seen } = extensions;
  response.writeHead(TOO_MANY.status, {
    ...TOO_MANY.headers,
    'content-type': chooseResponseType(headers),
    // A body that was not read cannot be followed by another request.
    connection: 'close',
  });
  response.end(JSON.stringify({ errors: [{ message, extensions: { code, limit, allowed, seen } }] }));
}
