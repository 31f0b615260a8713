/** A server with as much of Prometheus' HTTP API as is asked for, which remembers what it was asked. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';

export interface Asked {
  readonly path: string;
  readonly parameters: URLSearchParams;
  readonly authorization: string | undefined;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export async function startPrometheusEndpoint(answer: (asked: Asked) => Answer) {
  const asked: Asked[] = [];
  const server = createServer(KEPT_OPEN, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const parameters = new URLSearchParams([...url.searchParams, ...form]);
      const one = { path: url.pathname, parameters, authorization: request.headers.authorization };
      asked.push(one);
      const { status = 200, headers = {}, body } = answer(one);
      response.writeHead(status, headers).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The address of a listening TCP server is an object.
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, asked, close, [Symbol.asyncDispose]: close };
}

type Values = readonly (readonly [seconds: number, value: string])[];

/** An answer of query_range. */
export function writeMatrix(...series: readonly (readonly [Record<string, string>, Values])[]): Answer {
  const result = series.map(([metric, values]) => ({ metric, values }));
  return { body: JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }) };
}

export function writeError(status: number, errorType: string, error: string): Answer {
  return { status, body: JSON.stringify({ status: 'error', errorType, error }) };
}
