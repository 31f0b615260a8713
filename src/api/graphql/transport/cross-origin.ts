/**
 * Pages of other sites: a browser says whose page asks, and lets the page read the answer only if we name its origin.
 * None is named unless the settings say so; cookies mean nothing here, so credentials are never allowed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isOwnOrigin } from '../../../core/access/own-origin.ts';

/** Where a browser does not say which it is going to send. */
const DEFAULT_HEADERS = 'content-type, accept, authorization, x-api-key, x-graphql-event-stream-token';
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~-]+(?:\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;
const MAX_HEADER_NAMES = 2_000;
const EXPOSED_HEADERS = 'x-request-id, retry-after';
/** How long a browser may remember what it is allowed. */
const MAX_AGE_SECONDS = '600';

export interface CrossOrigin {
  /** Says in the answer whether its page may read it. @returns true when that is all of the answer */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Whether a request comes from a page of this site or of one allowed, or from no page. */
  readonly isAllowed: (request: IncomingMessage) => boolean;
}

/**
 * @param origins as browsers write them: https://ops.example.com
 * @param publicUrl of the page: a proxy may have put another name into the Host header
 */
export function createCrossOrigin(origins: readonly string[], publicUrl: string | null = null): CrossOrigin {
  const ownOrigin = publicUrl === null ? null : new URL(publicUrl).origin;
  const allowed = new Set(origins);
  return {
    answer: (request, response) => {
      if (allowed.size === 0) return false;
      response.setHeader('vary', 'origin');
      const { origin } = request.headers;
      if (origin === undefined || !allowed.has(origin)) return false;
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
      if (request.method !== 'OPTIONS') return false;
      response
        .writeHead(204, {
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': chooseHeaders(request),
          vary: 'origin, access-control-request-headers',
          'access-control-max-age': MAX_AGE_SECONDS,
        })
        .end();
      return true;
    },
    isAllowed: ({ headers: { origin, host } }) => {
      if (origin === undefined || origin === ownOrigin || allowed.has(origin)) return true;
      return isOwnOrigin(origin, host);
    },
  };
}

/**
 * Those the browser asks for: clients send their name and version, and traces, in headers of their own (Apollo,
 * OpenTelemetry). A header opens nothing to a page whose origin the settings name.
 */
function chooseHeaders({ headers }: IncomingMessage): string {
  const asked = headers['access-control-request-headers'];
  return asked !== undefined && asked.length <= MAX_HEADER_NAMES && HEADER_NAMES.test(asked)
    ? asked
    : DEFAULT_HEADERS;
}
