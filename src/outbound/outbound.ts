/**
 * Requests to targets that users name. The name is resolved once, every address it has is checked, and the connection
 * is made to one of those very addresses: an answer of DNS that changes in between changes nothing.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { AllowedTargets } from './check-address.ts';
import {
  checkUrl,
  resolveBySystem,
  resolveTarget,
  type Address,
  type ResolveName,
} from './resolve-target.ts';

export interface OutboundRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface OutboundAnswer {
  readonly status: number;
  /** At most `ANSWER_LIMIT_BYTES`; what comes after is not read. */
  readonly body: string;
}

export interface Outbound {
  /** What can be said without asking DNS. @throws TargetRefusedError */
  check: (url: URL) => void;
  /**
   * Posts once. A redirect is an answer like any other: it is not followed.
   * @throws TargetRefusedError, or an error that says how the connection failed or that time ran out
   */
  post: (request: OutboundRequest) => Promise<OutboundAnswer>;
}

export const ANSWER_LIMIT_BYTES = 65_536;
const TIME_LIMIT_MS = 10_000;

export function createOutbound(options: {
  readonly allowed: AllowedTargets;
  /** For tests; the system's own when left out. */
  readonly resolveName?: ResolveName;
  /** For everything from the name to the end of the answer. */
  readonly timeLimitMs?: number;
}): Outbound {
  const { allowed, resolveName = resolveBySystem, timeLimitMs = TIME_LIMIT_MS } = options;
  return {
    check: (url) => checkUrl(url, allowed),
    post: async (request) => {
      const signal = AbortSignal.timeout(timeLimitMs);
      try {
        const addresses = await orAbort(resolveTarget(request.url, allowed, resolveName), signal);
        return await exchange(request, addresses, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
        throw new Error(`no answer within ${timeLimitMs / 1000} s`, { cause: error });
      }
    },
  };
}

/** Why a post failed, in one line, or null: anything but 2xx is a failure. */
export async function postOrExplain(outbound: Outbound, request: OutboundRequest): Promise<string | null> {
  try {
    const { status } = await outbound.post(request);
    if (status >= 200 && status < 300) return null;
    return `${request.url.host} answered ${status}${status >= 300 && status < 400 ? ': redirects are not followed' : ''}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function exchange(
  { url, headers, body }: OutboundRequest,
  addresses: readonly Address[],
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const lookup: LookupFunction = (_hostname, { all }, done) => {
    const [first] = addresses;
    if (all === true) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family ?? 0);
  };
  const length = String(Buffer.byteLength(body));
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': length },
      agent: false,
      lookup,
      signal,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      readSome(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, body: text }),
        (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
      );
    });
    request.end(body);
  });
}

/** Reads up to the limit, then hangs up. */
async function readSome(response: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response) {
    const bytes = Buffer.from(part as Uint8Array); // no encoding is set: parts are bytes
    parts.push(bytes);
    length += bytes.length;
    if (length >= ANSWER_LIMIT_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, ANSWER_LIMIT_BYTES).toString('utf8');
}

/** DNS cannot be told to stop: it is left to itself. */
function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('time ran out')), { once: true });
    work.then(resolve, reject);
  });
}
