/** Watches every request of a route from its start to its end. */
import type { RequestMonitor } from '../../platform/telemetry/request-monitor.ts';
import type { Handler } from './routes.ts';

/** As web servers log a client that went away before its answer. */
const CLIENT_GONE = 499;

/**
 * The same handler, monitored. Its request is known to the monitor by the IncomingMessage: handlers add to it by
 * `monitor.of(request)`.
 * @param path as the route names it: never what a client wrote
 */
export function monitorHandler(path: string, handle: Handler, monitor: RequestMonitor): Handler {
  return (request, response) => {
    const open = monitor.begin(`${request.method ?? 'GET'}:${path}`, request, request.headers);
    response.setHeader('x-request-id', open.id);
    response.once('finish', () => open.end(response.statusCode));
    response.once('close', () => open.end(response.headersSent ? response.statusCode : CLIENT_GONE));
    return open.within(() => handle(request, response));
  };
}
