/**
 * Requests to targets that users name. The name is resolved once, every address it has is checked, and the connection
 * is made to one of those very addresses: an answer of DNS that changes in between changes nothing.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { messageOf } from '../runtime/to-error.ts';
import type { AllowedTargets } from './check-address.ts';
import {
  checkUrl,
  resolveBySystem,
  resolveTarget,
  type Address,
  type ResolveName,
} from './resolve-target.ts';
import { readAskedPause } from './retry-after.ts';

export interface OutboundRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A file on its way out: too large to be held. */
interface OutboundUpload {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Readable;
  /** Of `content`, exactly. */
  readonly bytes: number;
  /** For everything from the name to the end of the answer. */
  readonly timeLimitMs: number;
}

interface OutboundAnswer {
  readonly status: number;
  /** At most `ANSWER_LIMIT_BYTES`; what comes after is not read. */
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
}

/** Why a target did not take what was posted. */
export interface PostFailure {
  /** In one line. */
  readonly problem: string;
  /** The pause the target asks for before the next attempt; null where it asks for none. */
  readonly retryAfterMs: number | null;
}

export interface Outbound {
  /** What can be said without asking DNS. @throws TargetRefusedError */
  check: (url: URL) => void;
  /**
   * Posts once. A redirect is an answer like any other: it is not followed.
   * @throws TargetRefusedError, or an error that says how the connection failed or that time ran out
   */
  post: (request: OutboundRequest) => Promise<OutboundAnswer>;
  /** Puts once, as `post`. The content is closed in every case. @throws as `post` */
  put: (upload: OutboundUpload) => Promise<OutboundAnswer>;
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
  const send = async (exchange: Omit<Exchange, 'addresses' | 'signal'>, limitMs: number) => {
    const signal = AbortSignal.timeout(limitMs);
    try {
      const addresses = await orAbort(resolveTarget(exchange.url, allowed, resolveName), signal);
      return await talk({ ...exchange, addresses, signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Error(`no answer within ${limitMs / 1000} s`, { cause: error });
    }
  };
  return {
    check: (url) => checkUrl(url, allowed),
    post: ({ url, headers, body }) =>
      send({ method: 'POST', url, headers, body, bytes: Buffer.byteLength(body) }, timeLimitMs),
    put: async ({ content, timeLimitMs: limitMs, ...upload }) => {
      try {
        return await send({ method: 'PUT', ...upload, body: content }, limitMs);
      } finally {
        content.destroy();
      }
    },
  };
}

interface Exchange {
  readonly method: 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable;
  readonly bytes: number;
  readonly addresses: readonly Address[];
  readonly signal: AbortSignal;
}

/** Why a post failed, in one line, or null: anything but 2xx is a failure. */
export async function postOrExplain(outbound: Outbound, request: OutboundRequest): Promise<string | null> {
  return (await postAndRead(outbound, request)).failure?.problem ?? null;
}

/** The failure, or null, with the status, 0 where there was no answer, and what the answer said. */
export async function postAndRead(
  outbound: Outbound,
  request: OutboundRequest,
): Promise<{ readonly status: number; readonly failure: PostFailure | null; readonly body: string }> {
  try {
    const answer = await outbound.post(request);
    const { status, body } = answer;
    if (status >= 200 && status < 300) return { status, failure: null, body };
    const note = status >= 300 && status < 400 ? ': redirects are not followed' : '';
    const problem = `${request.url.host} answered ${status}${note}`;
    return { status, failure: { problem, retryAfterMs: readAskedPause(answer) }, body };
  } catch (error) {
    return { status: 0, failure: { problem: messageOf(error), retryAfterMs: null }, body: '' };
  }
}

function talk({ method, url, headers, body, bytes, addresses, signal }: Exchange): Promise<OutboundAnswer> {
  const lookup: LookupFunction = (_hostname, { all }, done) => {
    const [first] = addresses;
    if (all === true) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family ?? 0);
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      headers: { ...headers, 'content-length': String(bytes) },
      agent: false,
      lookup,
      signal,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      // From here on the answer counts, however the connection ends.
      request.off('error', reject).on('error', () => undefined);
      void readSome(response).then((text) =>
        resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
      );
    });
    if (typeof body === 'string') request.end(body);
    else body.on('error', reject).pipe(request);
  });
}

/**
 * Reads up to the limit, then hangs up. The status has come by then, and says whether the request was taken: of a body that is
 * cut off or never ends, what came is enough. To repeat what was taken would only repeat it for ever.
 */
async function readSome(response: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of response) {
      const bytes = Buffer.from(part as Uint8Array); // no encoding is set: parts are bytes
      parts.push(bytes);
      length += bytes.length;
      if (length >= ANSWER_LIMIT_BYTES) break;
    }
  } catch {
    // Cut off, or out of time.
  }
  return Buffer.concat(parts).subarray(0, ANSWER_LIMIT_BYTES).toString('utf8');
}

/** DNS lookups cannot be stopped: it is left to itself. */
function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('time ran out')), { once: true });
    work.then(resolve, reject);
  });
}
