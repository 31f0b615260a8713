/** What a replica answers itself, and what it passes on: it reads, the leader writes. */
import { PUSH_PATHS } from '../http-routes.ts';
import { EMBED_PATH } from '../../api/http/embed/embed-endpoint.ts';
import type { ForwardOperation } from '../../api/graphql/server/forward-operations.ts';
import { PROMQL_PATH } from '../../api/http/promql/promql-endpoint.ts';
import { ASSET_PATHS, isForPage, PAGE_PATHS } from '../../api/http/page/page-endpoint.ts';
import type { Readiness } from '../../api/http/health.ts';
import { createReadyHandler } from '../../api/http/health.ts';
import type { Handler, HttpApp, SocketRoute } from '../../api/http/routes.ts';
import { readHeaderKey } from '../../core/access/read-credentials.ts';
import type { Ingest } from '../../core/ingest/ingest.ts';
import type { LogFollower } from '../../core/score-log/log-follower.ts';
import type { SessionCookie } from '../../core/access/login/session-cookie.ts';
import type { IncomingMessage } from 'node:http';

export interface Forwarding {
  readonly forward: Handler;
  readonly forwardSocket: SocketRoute;
  readonly forwardOperation: ForwardOperation;
  readonly checkReadiness: () => Promise<Readiness>;
  /** Of people who sign in; null where nobody does. */
  readonly cookie: SessionCookie | null;
  /** Has the leader store points. */
  readonly accept: Pick<Ingest, 'acceptNamed'>;
  /** How far the stored bars go. */
  readonly bars: Pick<LogFollower, 'offset'>;
}

/** Paths that a replica answers itself. Of a push it has read, the points go to the leader. */
const OWN_PATHS: ReadonlySet<string> = new Set([
  ...PAGE_PATHS,
  ...ASSET_PATHS,
  '/graphql',
  `${EMBED_PATH}*`,
  `${PROMQL_PATH}*`,
  '/metrics',
  ...PUSH_PATHS,
  '/ping',
  '/query',
  '/health',
  '/prometheus',
  '/prometheus/',
  '/prometheus/-/healthy',
]);
/** Of this server, not of the leader. */
const READY_PATHS: ReadonlySet<string> = new Set(['/ready', '/prometheus/-/ready']);

export function forwardWrites(app: HttpApp, forwarding: Forwarding): HttpApp {
  const { forward, forwardSocket, checkReadiness } = forwarding;
  // Sessions are the leader's, and so is what depends on the rights of their users.
  const isOfSession = ({ headers }: IncomingMessage) =>
    forwarding.cookie !== null &&
    forwarding.cookie.readAny('session', headers) !== null &&
    readHeaderKey(headers) === null;
  const answer =
    (handle: Handler): Handler =>
    (request, response) =>
      (isOfSession(request) ? forward : handle)(request, response);
  const ready = createReadyHandler(checkReadiness);
  const routes = [...app.routes].map(([path, handle]) => {
    if (READY_PATHS.has(path)) return [path, ready] as const;
    const isOwn = OWN_PATHS.has(path) && (path !== `${EMBED_PATH}*` || forwarding.cookie === null);
    return [path, isOwn ? answer(handle) : forward] as const;
  });
  const sockets = [...app.socketRoutes].map(
    ([path, route]) =>
      [
        path,
        {
          open: (request, socket, head) =>
            (isOfSession(request) ? forwardSocket : route).open(request, socket, head),
          closeAll: () => {
            route.closeAll();
            forwardSocket.closeAll();
          },
        } satisfies SocketRoute,
      ] as const,
  );
  return {
    ...app,
    routes: new Map(routes),
    socketRoutes: new Map(sockets),
    notFound: (answerJson) => {
      const answerOthers = app.notFound?.(answerJson) ?? answerJson;
      return (request, response) => (isForPage(request) ? answerOthers : forward)(request, response);
    },
  };
}
