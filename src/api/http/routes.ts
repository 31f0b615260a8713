/** Which path goes where, and what is answered where nothing is. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { readPath } from './request-target.ts';
import { sendJson } from './send-json.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Follows the requests of one route; `route` is a name of ours, never what a client wrote. */
type MonitorRoute = (route: string, handle: Handler) => Handler;

/** A path that is spoken to over WebSocket. */
export interface SocketRoute {
  readonly open: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly closeAll: () => void;
}

/** What is answered. */
export interface HttpApp {
  /** Exact paths; one that ends in /* takes everything below it. */
  readonly routes: ReadonlyMap<string, Handler>;
  /** Exact paths of upgrade requests. */
  readonly socketRoutes: ReadonlyMap<string, SocketRoute>;
  /** Wraps the handler of every route, and the one of all other paths, by the name of the route. */
  readonly monitor?: MonitorRoute;
  /** Answers all other paths; a line of JSON when left out. */
  readonly notFound?: (answerJson: Handler) => Handler;
}

/** Stands for all paths nothing is at. */
export const NOT_FOUND_ROUTE = '/*';

export interface Routes {
  readonly known: ReadonlyMap<string, Handler>;
  readonly notFound: Handler;
}

/** Without the star of its end: a route has one name, whatever is asked for below it. */
export function readRoutes({ routes, notFound, monitor = (_route, handle) => handle }: HttpApp): Routes {
  const answerOthers = createNotFound(routes);
  const known = [...routes].map(
    ([pattern, handle]) => [pattern, monitor(pattern.replace(/\/\*$/, ''), handle)] as const,
  );
  return {
    known: new Map(known),
    notFound: monitor(NOT_FOUND_ROUTE, notFound?.(answerOthers) ?? answerOthers),
  };
}

function createNotFound(routes: ReadonlyMap<string, Handler>): Handler {
  const paths = [...routes.keys()];
  return (request, response) =>
    sendJson(response, 404, { error: `no such path: ${readPath(request)}`, paths });
}

/** What the path, or the path without a slash at its end, stands for: clients and proxies put one there. */
export function findExact<Route>(
  routes: ReadonlyMap<string, Route>,
  path: string,
): readonly [path: string, route: Route] | null {
  for (const known of [path, path.replace(/\/$/, '')]) {
    const route = routes.get(known);
    if (route !== undefined) return [known, route];
  }
  return null;
}

/** The path itself, or the longest part of it that a route with `/*` at its end stands for. */
export function findRoute(
  routes: ReadonlyMap<string, Handler>,
  path: string,
): readonly [route: string, handle: Handler] | null {
  const exact = findExact(routes, path);
  if (exact !== null) return exact;
  for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
    const route = `${path.slice(0, end)}/*`;
    const handle = routes.get(route);
    if (handle !== undefined) return [route, handle];
    if (end === 0) break;
  }
  return null;
}
