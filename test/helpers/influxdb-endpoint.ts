/** What InfluxDB 2 answers over HTTP, as far as we ask: a real server on a real port that remembers what it was told. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { KEPT_OPEN } from './kept-open.ts';
import { findFreePort } from './server-process.ts';

export interface InfluxdbEndpoint extends AsyncDisposable {
  readonly url: string;
  /** Lines of the writes that were taken, in their order. */
  readonly lines: readonly string[];
  /** Path, token and size of every request, answered well or not. */
  readonly requests: readonly { readonly path: string; readonly token: string; readonly lines: number }[];
  /** Flux queries, in their order. */
  readonly queries: readonly string[];
  /** Resolves once so many lines were taken. */
  readonly untilLines: (count: number) => Promise<void>;
  /** Resolves once so many requests were made. */
  readonly untilRequests: (count: number) => Promise<void>;
  /** Goes away: the port is closed and its connections cut. */
  readonly goAway: () => Promise<void>;
  /** Comes back on the same port. */
  readonly comeBack: () => Promise<void>;
}

export interface WriteAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface EndpointOptions {
  /** What a write is answered; 204 when left out. It may take its time, or never answer. */
  readonly answerWrite?: (lines: readonly string[], attempt: number) => WriteAnswer | Promise<WriteAnswer>;
  /** Annotated CSV for a Flux query, or a failure. */
  readonly answerQuery?: (flux: string) => string | WriteAnswer;
}

export async function startInfluxdbEndpoint(options: EndpointOptions = {}): Promise<InfluxdbEndpoint> {
  const { answerWrite = () => ({ status: 204 }), answerQuery = () => '' } = options;
  const lines: string[] = [];
  const requests: { path: string; token: string; lines: number }[] = [];
  const queries: string[] = [];
  const watchers = new Set<() => void>();
  const tell = () => {
    for (const watcher of [...watchers]) watcher();
  };
  const until = (isReached: () => boolean) =>
    new Promise<void>((resolve) => {
      const watcher = () => {
        if (!isReached()) return;
        watchers.delete(watcher);
        resolve();
      };
      watchers.add(watcher);
      watcher();
    });

  const answer = async (request: IncomingMessage): Promise<WriteAnswer> => {
    const text = await readText(request);
    const path = request.url ?? '/';
    if (path.startsWith('/api/v2/query')) {
      const { query } = JSON.parse(text) as { query: string };
      queries.push(query);
      const answered = answerQuery(query);
      return typeof answered === 'string' ? { status: 200, body: answered } : answered;
    }
    const given = text.split('\n').filter((line) => line !== '');
    requests.push({ path, token: request.headers.authorization ?? '', lines: given.length });
    tell();
    const answered = await answerWrite(given, requests.length);
    if (answered.status < 300) lines.push(...given);
    tell();
    return answered;
  };

  let server: Server;
  const listen = async (port: number) => {
    server = createServer(KEPT_OPEN, (request, response) => {
      answer(request).then(
        ({ status, headers = {}, body = '' }) => response.writeHead(status, headers).end(body),
        // The client went away in the middle of its request.
        () => response.destroy(),
      );
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port; // a listening TCP server has one
  };
  const goAway = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  const port = await listen(await findFreePort());
  return {
    url: `http://127.0.0.1:${port}`,
    lines,
    requests,
    queries,
    untilLines: (count) => until(() => lines.length >= count),
    untilRequests: (count) => until(() => requests.length >= count),
    goAway,
    comeBack: async () => {
      await listen(port);
    },
    [Symbol.asyncDispose]: goAway,
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
}
