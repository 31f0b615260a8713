/** An OpenTelemetry collector that takes traces by OTLP/HTTP, in protocol buffers, and keeps them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { readKeyValue } from '../../src/core/ingest/otlp/parse-attributes.ts';
import { readFields, WireType } from '../../src/platform/bounded-input/protobuf.ts';
import { until } from './until.ts';

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of the resource it came from. */
  readonly resource: Readonly<Record<string, string>>;
  /** Ids of the spans it is linked with. */
  readonly links: readonly string[];
  /** 2 is an error. */
  readonly status: number;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export class TraceCollector implements AsyncDisposable {
  readonly #server = createServer((request, response) => void this.#take(request, response));
  readonly spans: CollectedSpan[] = [];
  /** Headers of the requests that came. */
  readonly headers: IncomingMessage['headers'][] = [];
  /** Everything that came, as text to be searched. */
  text = '';
  /** What it answers in place of taking spans. */
  refuse: Answer | null = null;

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    // A TCP server that listens has an address of this kind.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits for a span. */
  span(isWanted: (span: CollectedSpan) => boolean): Promise<CollectedSpan> {
    return until(() => {
      const found = this.spans.find(isWanted);
      if (found === undefined) throw new Error(`not among ${this.spans.map(({ name }) => name).join(', ')}`);
      return found;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.headers.push(request.headers);
    const body = await buffer(request);
    if (this.refuse !== null) {
      this.refuse(request, response);
      return;
    }
    if (request.url !== '/v1/traces') return void response.writeHead(404).end();
    this.text += body.toString('latin1');
    for (const resourceSpans of readMessages(body, 1)) this.#readResource(resourceSpans);
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  }

  #readResource(bytes: Uint8Array): void {
    const [resource = new Uint8Array()] = readMessages(bytes, 1);
    const attributes = readAttributes(resource, 1);
    for (const scope of readMessages(bytes, 2)) {
      for (const span of readMessages(scope, 2)) this.spans.push(readSpan(span, attributes));
    }
  }
}

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto */
function readSpan(bytes: Uint8Array, resource: CollectedSpan['resource']): CollectedSpan {
  const [status = new Uint8Array()] = readMessages(bytes, 15);
  let code = 0;
  readFields(status, (field, wireType, reader) => {
    if (field !== 3 || wireType !== WireType.Varint) return false;
    code = reader.uint32();
    return true;
  });
  return {
    traceId: readHex(bytes, 1),
    spanId: readHex(bytes, 2),
    parentId: readHex(bytes, 4),
    name: Buffer.from(readMessages(bytes, 5)[0] ?? []).toString(),
    attributes: readAttributes(bytes, 9),
    resource,
    links: readMessages(bytes, 13).map((link) => readHex(link, 2)),
    status: code,
  };
}

function readAttributes(bytes: Uint8Array, field: number): Readonly<Record<string, string>> {
  return Object.fromEntries(readMessages(bytes, field).map(readKeyValue));
}

function readHex(bytes: Uint8Array, field: number): string {
  return Buffer.from(readMessages(bytes, field)[0] ?? []).toString('hex');
}

function readMessages(bytes: Uint8Array, wanted: number): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  readFields(bytes, (field, wireType, reader) => {
    if (field !== wanted || wireType !== WireType.LengthDelimited) return false;
    found.push(reader.bytes());
    return true;
  });
  return found;
}
