/** `/auth/…`: signing in through the OpenID Connect provider, signing out, and who is signed in. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ReadAddress } from '../../../core/access/client-address.ts';
import { LoginError } from '../../../core/access/login/login-error.ts';
import { LOGIN_LIMIT_SECONDS, type LoginFlow } from '../../../core/access/login/login-flow.ts';
import type { SessionCookie } from '../../../core/access/login/session-cookie.ts';
import type { Sessions } from '../../../core/access/login/sessions.ts';
import type { Users } from '../../../core/access/login/user-store.ts';
import type { Log } from '../../../log.ts';
import { createRateLimit } from '../../../platform/runtime/token-bucket.ts';
import type { Handler } from '../routes.ts';
import { sendJson } from '../send-json.ts';
import { writeLoginProblem } from './login-problem.ts';

/** Signing in, where it is set up. */
export interface LoginParts {
  readonly flow: LoginFlow;
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
  /** What people call the provider. */
  readonly name: string;
  /** What is known of users beyond their sessions. */
  readonly users: Users;
  /** Address by which people reach the page, without a slash at its end. */
  readonly publicUrl: string;
  /** How long a browser keeps the cookie: as long as a session lasts at most. */
  readonly sessionHours: number;
}

export const CALLBACK_PATH = '/auth/callback';
const LOGIN_PATH = '/auth/login';

/** Ends of logins of one address, which may be that of a whole office. Each may ask the provider. */
const LOGINS_PER_SECOND = 10;
const LOGINS_AT_ONCE = 200;

const STATUS: Readonly<Record<LoginError['reason'], number>> = {
  bad_state: 400,
  denied: 403,
  no_role: 403,
  too_many: 429,
  bad_answer: 502,
  unreachable: 503,
};

interface AuthOptions {
  readonly readAddress: ReadAddress;
  readonly log: Log;
}

/** The routes, by path. @param login null where nobody signs in: then only that is said */
export function createAuthRoutes(login: LoginParts | null, options: AuthOptions): Map<string, Handler> {
  if (login === null) {
    return new Map([
      ['/auth/session', only('GET', (_, answer) => sendJson(answer, 200, { login: null, user: null }))],
    ]);
  }
  const limit = createRateLimit(LOGINS_PER_SECOND, { atOnce: LOGINS_AT_ONCE });
  const showing =
    (step: Handler): Handler =>
    async (request, response) => {
      try {
        await step(request, response);
      } catch (error) {
        showProblem(response, error, options.log);
      }
    };
  const finish: Handler = (request, response) => {
    if (limit.take(options.readAddress(request))) return complete(login, request, response);
    throw new LoginError('too_many', 'too many logins came from this address: try again in a second');
  };
  return new Map([
    [
      LOGIN_PATH,
      only(
        'GET',
        showing((request, response) => begin(login, request, response)),
      ),
    ],
    [CALLBACK_PATH, only('GET', showing(finish))],
    ['/auth/logout', only('POST', (request, response) => signOut(login, request, response))],
    ['/auth/session', only('GET', (request, response) => showSession(login, request, response))],
  ]);
}

async function begin(
  { flow, cookie }: LoginParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const kept = cookie.readAny('login', request.headers);
  const { url, attempt } = await flow.begin(readQuery(request).get('return'), kept);
  response.setHeader('set-cookie', cookie.write('login', attempt, LOGIN_LIMIT_SECONDS));
  response.writeHead(302, { location: url.href }).end();
}

async function complete(
  { flow, cookie, publicUrl, sessionHours }: LoginParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { headers } = request;
  const [query, attempt] = [readQuery(request), cookie.readAny('login', headers)];
  const left = flow.forget(query, attempt);
  const gone = cookie.write('login', left, left === '' ? 0 : LOGIN_LIMIT_SECONDS);
  response.setHeader('set-cookie', gone);
  const { secret, returnPath } = await flow.complete(query, {
    attempt,
    secret: cookie.readAny('session', headers),
  });
  response.setHeader('set-cookie', [gone, cookie.write('session', secret, sessionHours * 3600)]);
  response.writeHead(302, { location: `${publicUrl}${returnPath}` }).end();
}

/** The answer says where the page is to go next: a redirect of a request the page made would not lead it there. */
async function signOut(
  { flow, cookie, publicUrl }: LoginParts,
  { headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!cookie.isOwnPage(headers)) {
    sendJson(response, 403, { error: `only a page of ${publicUrl} can sign out`, code: 'FORBIDDEN' });
    return;
  }
  const secret = cookie.read(headers);
  const location = secret === null ? null : await flow.signOut(secret);
  response.setHeader('set-cookie', cookie.write('session', '', 0));
  sendJson(response, 200, { location: location ?? `${publicUrl}/` });
}

/** It changes nothing, and no page of another site can read it: so the cookie counts however it came. */
async function showSession(
  { sessions, cookie, name, publicUrl }: LoginParts,
  { headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const secret = cookie.readAny('session', headers);
  const caller = secret === null ? null : await sessions.find(secret);
  sendJson(response, 200, {
    login: { name, url: `${publicUrl}${LOGIN_PATH}` },
    user: caller === null ? null : { name: caller.name, scopes: caller.scopes },
  });
}

function only(method: 'GET' | 'POST', handle: Handler): Handler {
  return (request, response) => {
    response.setHeader('cache-control', 'no-store');
    response.setHeader('referrer-policy', 'no-referrer');
    if (request.method === method) return handle(request, response);
    response.setHeader('allow', method);
    sendJson(response, 405, { error: `expected ${method}` });
  };
}

function showProblem(response: ServerResponse, error: unknown, log: Log): void {
  if (error instanceof LoginError) {
    log.warn({ err: error, reason: error.reason }, 'a user could not sign in');
    writeLoginProblem(response, STATUS[error.reason], error.message);
    return;
  }
  log.error({ err: error }, 'unexpected error in a login');
  writeLoginProblem(response, 500, 'an unexpected error; the log of the server has it');
}

function readQuery({ url = '/' }: IncomingMessage): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}
