/** What is asked of a request before a route that is not GraphQL's gets it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, mayDo } from '../../core/access/caller.ts';
import type { KeyProblem, Keys } from '../../core/access/keys.ts';
import { isOwnName } from '../../core/access/loopback.ts';
import type { ReadAddress } from '../../core/access/client-address.ts';
import { asKey, readHeaderKey } from '../../core/access/read-credentials.ts';
import type { Scope } from '../../model.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Handler, SocketRoute } from './routes.ts';
import { sendJson } from './send-json.ts';

interface Refusal {
  readonly status: 401 | 403 | 429;
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'TOO_MANY_REQUESTS';
  readonly message: string;
}

export interface RouteGuard {
  /** The route, for callers with the scope. The refusal is JSON: { error, code }. */
  readonly guard: (scope: Scope, handle: Handler) => Handler;
  /** Who asks, if they may. @param fallbackKey a key that came by another way than the headers */
  readonly admit: (request: IncomingMessage, scope: Scope, fallbackKey?: string | null) => Caller | Refusal;
  /** The route, for requests that mean this server: see isOwnName. A server with keys needs no such check. */
  readonly checkName: (handle: Handler) => Handler;
  readonly checkSocketName: (route: SocketRoute) => SocketRoute;
}

const PROBLEM_MESSAGES: Readonly<Record<KeyProblem, string>> = {
  missing_key: 'an API key is needed: send it as authorization: Bearer KEY, or as x-api-key: KEY',
  wrong_key: 'the API key is not valid',
  too_many_guesses: 'too many wrong API keys came from this address: try again in a second',
};
const MISDIRECTED = 421;

export function createRouteGuard(options: {
  readonly keys: Keys;
  readonly stats: Stats;
  /** Names it answers to beside those of loopback. */
  readonly names: readonly string[];
  readonly readAddress: ReadAddress;
}): RouteGuard {
  const { keys, stats, names, readAddress } = options;

  const admit = (request: IncomingMessage, scope: Scope, fallbackKey: string | null = null) => {
    const caller = keys.identify(
      readHeaderKey(request.headers) ?? asKey(fallbackKey ?? ''),
      readAddress(request),
    );
    if (typeof caller === 'string') {
      stats.countReason('requests_refused', caller);
      const message = PROBLEM_MESSAGES[caller];
      return caller === 'too_many_guesses'
        ? ({ status: 429, code: 'TOO_MANY_REQUESTS', message } as const)
        : ({ status: 401, code: 'UNAUTHENTICATED', message } as const);
    }
    if (mayDo(caller, scope)) return caller;
    stats.countReason('requests_refused', 'missing_scope');
    const message = `this needs the scope ${scope}; ${caller.name} has ${caller.scopes.join(', ')}`;
    return { status: 403, code: 'FORBIDDEN', message } as const;
  };

  const isMisdirected = ({ headers }: IncomingMessage) => {
    if (!keys.isOpen() || isOwnName(headers.host, names)) return false;
    stats.countReason('requests_refused', 'wrong_host');
    return true;
  };

  return {
    admit,
    guard: (scope, handle) => (request, response) => {
      const admitted = admit(request, scope);
      if (!('status' in admitted)) return handle(request, response);
      refuse(response, admitted);
    },
    checkName: (handle) => (request, response) => {
      if (!isMisdirected(request)) return handle(request, response);
      response.setHeader('connection', 'close');
      sendJson(response, MISDIRECTED, { error: describeName(request), code: 'MISDIRECTED' });
    },
    checkSocketName: (route) => ({
      ...route,
      open: (request, socket, head) => {
        if (!isMisdirected(request)) route.open(request, socket, head);
        else socket.end('HTTP/1.1 421 Misdirected Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      },
    }),
  };
}

function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  if (status === 429) response.setHeader('retry-after', '1');
  // A body that was not read cannot be followed by another request.
  response.setHeader('connection', 'close');
  sendJson(response, status, { error: message, code });
}

function describeName({ headers }: IncomingMessage): string {
  const name = JSON.stringify(headers.host?.slice(0, 100) ?? '');
  return `${name} is no name of this server: ask it as localhost, or add the name to LAPWING_ALLOWED_HOSTS`;
}
