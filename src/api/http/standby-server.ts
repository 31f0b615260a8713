/** What a standby answers while another server uses the database: that it is there, and that nobody is to be sent to it. */
import type { Duplex } from 'node:stream';
import { formatHost } from './format-host.ts';
import type { Handler, HttpApp } from './routes.ts';
import { sendJson } from './send-json.ts';
import { HttpServer, type HttpServerOptions } from './server.ts';

const RETRY_SECONDS = 1;
const REFUSAL = 'this server is a standby: another one is active';

/** @param readHolder who is active, in words */
export function createStandbyApp(readHolder: () => string): HttpApp {
  const answerReady: Handler = (_request, response) =>
    sendJson(response, 503, { status: 'standby', problems: [`another server is active: ${readHolder()}`] });
  return {
    routes: new Map<string, Handler>([
      ['/health', answerHealth],
      ['/ready', answerReady],
      ['/graphql', answerGraphql],
    ]),
    notFound: () => refuse,
    socketRoutes: new Map([['/graphql', { open: refuseSocket, closeAll: () => undefined }]]),
  };
}

export class StandbyServer {
  readonly #http: HttpServer;
  readonly #host: string;
  #address: Promise<string> | null = null;
  /** Who is active, in words. */
  #holder = '';

  constructor(options: Pick<HttpServerOptions, 'host' | 'port' | 'log' | 'stats'>) {
    this.#host = options.host;
    this.#http = new HttpServer({ ...options, ...createStandbyApp(() => this.#holder) });
  }

  /**
   * Says who is active, from now on; listens once there is something to say.
   * @returns where, as a URL without a slash at its end
   * @throws ListenError when the address cannot be had
   */
  show(holder: string): Promise<string> {
    this.#holder = holder;
    return (this.#address ??= this.#http.start().then((port) => `http://${formatHost(this.#host)}:${port}`));
  }

  stop(): Promise<void> {
    return this.#http.stop();
  }
}

/** The process is well, and must not be started again. */
const answerHealth: Handler = (_request, response) =>
  sendJson(response, 200, { name: 'lapwing', message: 'standby', status: 'pass', checks: [] });

const refuse: Handler = (_request, response) => {
  response.setHeader('retry-after', RETRY_SECONDS);
  sendJson(response, 503, { error: REFUSAL });
};

/** In the form GraphQL clients read. */
const answerGraphql: Handler = (_request, response) => {
  response.setHeader('retry-after', RETRY_SECONDS);
  sendJson(response, 503, { errors: [{ message: REFUSAL, extensions: { code: 'RETRY_LATER' } }] });
};

function refuseSocket(_request: unknown, socket: Duplex): void {
  socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
}
