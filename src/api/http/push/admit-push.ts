/** What every endpoint that takes points asks of a request, and how it refuses one. Each writes the message its own way. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { accountToWrite } from '../../../core/access/caller.ts';
import { isOwnOrigin } from '../../../core/access/own-origin.ts';
import type { Ingest } from '../../../core/ingest/ingest.ts';
import { RetryLaterError } from '../../../errors.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { RouteGuard } from '../guard-routes.ts';
import { BodyError } from './push-body.ts';

/** Maximum number of bytes of a write, as it comes and inflated. */
export const MAX_PUSH_BYTES = 25_000_000;
const RETRY_SECONDS = 1;

/** What the handler of such an endpoint is made with. */
export interface PushOptions {
  readonly accept: Pick<Ingest, 'acceptNamed'>;
  readonly admit: RouteGuard['admit'];
  readonly stats: Stats;
  /** Milliseconds since 1970: the time of what has none. */
  readonly now?: () => number;
  /** Gets why a request failed, for the request monitor. */
  readonly onFailure?: (request: IncomingMessage, code: string) => void;
}

export interface PushRefusal {
  /** 400, 413 and 415: sending the same again will not help. 429 and 503: it will, a second later. */
  readonly status: 400 | 401 | 403 | 405 | 413 | 415 | 429 | 503;
  readonly message: string;
}

/**
 * @param options.methods those the protocol has; POST when left out
 * @param options.fallbackKey a key that came by another way than the headers
 * @returns whose metrics the points are, or why none are taken
 */
export function admitPush(
  request: IncomingMessage,
  admit: RouteGuard['admit'],
  options: { readonly methods?: readonly string[]; readonly fallbackKey?: string | null } = {},
): { readonly accountId: number } | PushRefusal {
  const { methods = ['POST'], fallbackKey = null } = options;
  if (!methods.includes(request.method ?? '')) {
    return { status: 405, message: `expected ${methods.join(' or ')}, got ${request.method ?? 'none'}` };
  }
  if (isCrossSite(request)) return { status: 403, message: 'pages of other sites may not write here' };
  const caller = admit(request, 'INGEST', fallbackKey);
  if ('status' in caller) return { status: caller.status, message: caller.message };
  return { accountId: accountToWrite(caller) };
}

/** @returns the refusal a failure means. @throws what is a bug of ours */
export function refuseFailure(error: unknown): PushRefusal {
  if (error instanceof RetryLaterError) return { status: 503, message: error.message };
  if (error instanceof BodyError) return { status: error.status, message: error.message };
  throw error;
}

/** Headers of a refusal; the caller writes status and body. */
export function prepareRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  { status }: Pick<PushRefusal, 'status'>,
): void {
  if (status === 503 || status === 429) response.setHeader('retry-after', RETRY_SECONDS);
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  if (status === 405) response.setHeader('allow', 'POST');
  // What is left of a body is read and dropped: were the connection closed instead, the sender would meet a reset in
  // the place of the answer. The limit of the server on a request's time bounds it.
  request.resume();
}

/** A browser sends plain text from any page to anywhere, and says whose page it is. */
function isCrossSite({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  return origin !== undefined && !isOwnOrigin(origin, host);
}
