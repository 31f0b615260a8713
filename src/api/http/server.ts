/** The one HTTP port: which path goes where, how long anything may take, how it ends. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../../log.ts';
import { LimitedLog } from '../../platform/bounded-input/limited-log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { listenOn } from '../../platform/runtime/listen.ts';
import { offersWebSocket, writeWithoutUpgrade } from './ignored-upgrade.ts';
import { ClientGoneError } from './read-body.ts';
import { refuseUnreadable, type UnreadableRequest } from './refuse-unreadable.ts';
import { readPath, useOriginForm } from './request-target.ts';
import { sendJson } from './send-json.ts';
import {
  findExact,
  findRoute,
  type HttpApp,
  NOT_FOUND_ROUTE,
  readRoutes,
  type Routes,
  type SocketRoute,
} from './routes.ts';
import { type CheckedSocket, cutStalledSockets } from './stalled-sockets.ts';

const HEADERS_LIMIT_MS = 10_000;
const REQUEST_LIMIT_MS = 20_000;
const CHECK_INTERVAL_MS = 1_000;
const KEEP_ALIVE_MS = 65_000;
const MAX_CONNECTIONS = 10_000;
const STOP_LIMIT_MS = 10_000;
/** How long bytes may wait without any leaving: of a live stream, which can be taken up again, and of an answer. */
const STREAM_STALL_LIMIT_MS = 10_000;
const ANSWER_STALL_LIMIT_MS = 60_000;

export interface HttpServerOptions extends HttpApp {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly log: Log;
  readonly stats: Pick<Stats, 'count' | 'countReason'>;
  /** How long a live stream may wait for its reader; 10 s when left out. */
  readonly streamStallLimitMs?: number;
}

export class HttpServer implements AsyncDisposable {
  readonly #options: HttpServerOptions;
  #routes: Routes;
  #socketRoutes: HttpApp['socketRoutes'];
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #responses = new Set<ServerResponse>();
  readonly #upgraded = new WeakSet<Duplex>();
  readonly #stalledSockets: { readonly stop: () => void };
  #isStopping = false;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#routes = readRoutes(options);
    this.#socketRoutes = options.socketRoutes;
    this.#server = createServer({
      headersTimeout: HEADERS_LIMIT_MS,
      requestTimeout: REQUEST_LIMIT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#listen();
    this.#stalledSockets = cutStalledSockets(() => this.#listSockets(), options);
  }

  /**
   * Begins to listen.
   * @returns the port that was taken
   * @throws ListenError when the address cannot be had
   */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    return (await listenOn(this.#server, { host, port, portSetting: 'LAPWING_PORT' })).port;
  }

  /**
   * Answers in another way from now on, on the same port: the role of this server has changed. Requests under way are
   * finished as they were begun; event streams are cut off and WebSocket clients sent away with "come back".
   */
  use(app: HttpApp): void {
    const before = this.#socketRoutes;
    this.#routes = readRoutes(app);
    this.#socketRoutes = app.socketRoutes;
    this.#endStreams(before);
  }

  /**
   * Takes no more, cuts event streams off, sends WebSocket clients away with "come back", lets other requests
   * finish for at most 10 s.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stalledSockets.stop();
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#endStreams(this.#socketRoutes);
    this.#server.closeIdleConnections();
    // Browsers and proxies open connections ahead of their requests; those are not idle to Node.
    for (const socket of this.#connections) if (socket.bytesRead === 0) socket.destroy();
    const limit = setTimeout(() => {
      this.#options.log.warn({ connections: this.#connections.size }, 'connections cut off at stop');
      for (const socket of this.#connections) socket.destroy();
    }, STOP_LIMIT_MS);
    await closed;
    clearTimeout(limit);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #endStreams(socketRoutes: HttpApp['socketRoutes']): void {
    for (const route of socketRoutes.values()) route.closeAll();
    for (const response of this.#responses) if (isEventStream(response)) response.destroy();
  }

  #listen(): void {
    const { log, stats } = this.#options;
    const limited = new LimitedLog(log);
    this.#server
      .on('drop', () => {
        stats.count('http_connections_refused');
        limited.warn('drop', { limit: MAX_CONNECTIONS }, 'connection refused: too many are open');
      })
      .on('connection', (socket: Socket) => {
        // One that was given back is known.
        if (this.#connections.has(socket)) return;
        this.#connections.add(socket);
        socket.once('close', () => this.#connections.delete(socket));
      })
      .on('request', (request, response) => this.#answer(request, response))
      .on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
      .on('clientError', (error: UnreadableRequest['error'], socket: Socket) =>
        refuseUnreadable({ error, socket, isAnswering: this.#isAnswering(socket) }, { log: limited, stats }),
      )
      // Of a server that listens, such as a connection that could not be taken for want of descriptors.
      .on('error', (error) => log.error({ err: error }, 'the HTTP listener failed'));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!offersWebSocket(request)) {
      this.#giveBack(socket, writeWithoutUpgrade(request, head));
      return;
    }
    this.#upgraded.add(socket);
    useOriginForm(request);
    upgrade(this.#socketRoutes, request, socket, head);
  }

  /** Goes on with a connection that Node has handed over, as if these bytes came next. */
  #giveBack(socket: Duplex, bytes: Buffer): void {
    const before = [...this.#responses].findLast(({ req }) => req.socket === socket);
    if (before !== undefined) {
      // Of a pipeline: answers go in the order of their requests.
      before.once('close', () => this.#giveBack(socket, bytes));
      return;
    }
    if (socket.destroyed) return;
    socket.unshift(bytes);
    this.#server.emit('connection', socket);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#responses.add(response);
    useOriginForm(request);
    response.once('close', () => {
      this.#responses.delete(response);
      // Its connection would wait for another request.
      if (this.#isStopping) setImmediate(() => this.#server.closeIdleConnections());
    });
    void answer(this.#routes, { request, response, log: this.#options.log });
  }

  #isAnswering(socket: Socket): boolean {
    return [...this.#responses].some(({ req, headersSent }) => req.socket === socket && headersSent);
  }

  /** All that are open, and how long bytes may wait in each. */
  #listSockets(): readonly CheckedSocket[] {
    const { streamStallLimitMs = STREAM_STALL_LIMIT_MS } = this.#options;
    const streaming = new Set([...this.#responses].filter(isEventStream).map(({ socket }) => socket));
    return [...this.#connections].map((socket) => ({
      socket,
      limitMs:
        this.#upgraded.has(socket) || streaming.has(socket) ? streamStallLimitMs : ANSWER_STALL_LIMIT_MS,
    }));
  }
}

async function answer(
  routes: Routes,
  {
    request,
    response,
    log,
  }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly log: Log },
): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff');
  // Without a word proxies keep answers to GET for minutes, and know nothing of x-api-key. Routes of files say otherwise.
  response.setHeader('cache-control', 'no-store');
  // A client that goes away mid-request is its own affair.
  response.on('error', (error) => log.debug({ err: error }, 'a response could not be sent'));
  const [route, handle] = findRoute(routes.known, readPath(request)) ?? [NOT_FOUND_ROUTE, routes.notFound];
  try {
    await handle(request, response);
  } catch (error) {
    if (error instanceof ClientGoneError) {
      log.debug({ err: error, route }, 'a client went away in the middle of its request');
      response.destroy();
      return;
    }
    // Not the path: some hold what nobody else may know.
    log.error({ err: error, route }, 'unexpected error in a request');
    if (response.headersSent) response.destroy();
    else sendJson(response, 500, { error: 'unexpected error; the log has it' });
  }
}

function upgrade(
  routes: ReadonlyMap<string, SocketRoute>,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const route = findExact(routes, readPath(request))?.[1];
  socket.on('error', () => socket.destroy());
  if (route === undefined) {
    socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    return;
  }
  route.open(request, socket, head);
}

function isEventStream(response: ServerResponse): boolean {
  return /^(?:text\/event-stream|multipart\/mixed)/.test(String(response.getHeader('content-type')));
}
