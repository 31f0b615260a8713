/** A receiver of remote writes that keeps what it takes, and answers as the test wants. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readPieces } from '../../../../src/core/ingest/remote-write/split-request.ts';
import { decompressSnappy } from '../../../../src/platform/bounded-input/snappy.ts';

export interface WriteRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** By the name of the series, with its labels: `name;label=value;…` */
  readonly series: ReadonlyMap<string, readonly (readonly [timestampMs: number, value: number])[]>;
}

interface WriteReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer never comes, though the request counts. */
  readonly isLost?: boolean;
  /** The body of the answer begins, and is not finished: the connection ends, or sends for ever. */
  readonly body?: 'cut off' | 'endless';
}

export interface WriteReceiver extends AsyncDisposable {
  readonly url: string;
  /** In the order they came, answered with whatever. */
  readonly requests: readonly WriteRequest[];
  /** What the requests held that were answered with 2xx, or whose answer was lost. */
  readonly taken: readonly WriteRequest[];
  /** Waits for the next request, answered already. */
  readonly nextRequest: () => Promise<WriteRequest>;
}

/** @param answer 204 when left out */
export async function startWriteReceiver(
  answer: (request: WriteRequest, count: number) => WriteReply = () => ({ status: 204 }),
): Promise<WriteReceiver> {
  const requests: WriteRequest[] = [];
  const taken: WriteRequest[] = [];
  let waiting: ((request: WriteRequest) => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = readRequest(request.headers, Buffer.concat(chunks));
      requests.push(one);
      const { status, headers = {}, isLost = false, body } = answer(one, requests.length);
      if (status < 300 || isLost) taken.push(one);
      if (isLost) response.destroy();
      else if (body !== undefined) begin(response.writeHead(status, headers), body);
      else response.writeHead(status, headers).end(status < 300 ? '' : `status ${status}`);
      const called = waiting;
      waiting = [];
      for (const resolve of called) resolve(one);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The address of a listening TCP server is an object.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/v1/write`,
    requests,
    taken,
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function begin(response: ServerResponse, body: 'cut off' | 'endless'): void {
  const more = () => {
    while (response.write('x'.repeat(16_384)));
  };
  if (body === 'endless') response.on('drain', more);
  if (body === 'endless') more();
  else response.write('x', () => response.socket?.end());
}

/** Read by the parser of what is pushed here. */
function readRequest(headers: IncomingHttpHeaders, compressed: Buffer): WriteRequest {
  const body = decompressSnappy(compressed);
  const series = [...readPieces(body, 1, 1_000_000)].flatMap((piece) => piece.series);
  return {
    headers,
    body,
    series: new Map(
      series.map((one) => {
        if ('problem' in one) throw new Error(one.reason);
        return [one.metric, one.samples.map(({ timestampMs, value }) => [timestampMs, value ?? NaN])];
      }),
    ),
  };
}

/** Every value of some requests, as `series time` → value. */
export function listValues(requests: readonly WriteRequest[]): ReadonlyMap<string, number> {
  const all = requests.flatMap(({ series }) =>
    [...series].flatMap(([name, samples]) => samples.map(([ms, value]) => [`${name} ${ms}`, value] as const)),
  );
  return new Map(all);
}
