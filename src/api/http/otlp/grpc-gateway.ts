/**
 * Takes metrics of OpenTelemetry by gRPC, and hands each request to this server's own `POST /v1/metrics`, which knows who may push and
 * what becomes of the points: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
 *
 * Of gRPC there is what a unary call needs: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. Message and answer are passed
 * on as they are, zipped or not.
 */
import { once } from 'node:events';
import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type Http2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ReadAddress } from '../../../core/access/client-address.ts';
import type { Log } from '../../../log.ts';
import { LimitedLog } from '../../../platform/bounded-input/limited-log.ts';
import {
  FORWARDED_HEADER,
  type ForwardedHeader,
  pickHeaders,
} from '../../../platform/cluster/forwarded-header.ts';
import { listenOn } from '../../../platform/runtime/listen.ts';
import { MAX_PUSH_BYTES } from '../push/admit-push.ts';
import {
  EXPORT_METRICS,
  GrpcError,
  GrpcStatus,
  readMessage,
  toGrpcError,
  writeMessage,
} from './grpc-message.ts';

/** Of one connection. Clients keep one and send a request a time. */
const MAX_STREAMS = 100;
const MAX_SESSIONS = 1_000;
/** As the HTTP port: from the first byte of a request to its last. */
const REQUEST_LIMIT_MS = 20_000;
/** Of a connection that nobody uses. */
const IDLE_SESSION_MS = 300_000;
const STOP_LIMIT_MS = 10_000;
/** Shorter than the HTTP port keeps a connection that nobody uses. */
const IDLE_MS = 2_000;
/** Who asks, and where the call belongs in a trace. */
const PASSED = ['authorization', 'x-api-key', 'user-agent', 'traceparent', 'tracestate'] as const;

export interface OtlpGatewayOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Of this server's HTTP port, as a URL; null while that does not listen. */
  readonly ownUrl: () => string | null;
  /** Whom limits count. */
  readonly readAddress: ReadAddress;
  readonly header: Pick<ForwardedHeader, 'write'>;
  readonly log: Log;
  /** A connection that nobody uses so long is closed; 5 minutes when left out. */
  readonly idleSessionMs?: number;
}

export class OtlpGateway implements AsyncDisposable {
  readonly #options: OtlpGatewayOptions;
  readonly #server = createServer({ settings: { maxConcurrentStreams: MAX_STREAMS } });
  /** Each with the address of its client. */
  readonly #sessions = new Map<Http2Session, string>();
  readonly #agent = new Agent({ keepAlive: true, timeout: IDLE_MS });

  constructor(options: OtlpGatewayOptions) {
    this.#options = options;
    const limited = new LimitedLog(options.log);
    this.#server.maxConnections = MAX_SESSIONS;
    this.#server
      .on('session', (session) => {
        // One that has failed has no socket any more.
        this.#sessions.set(session, session.socket.remoteAddress ?? 'unknown');
        session.once('close', () => this.#sessions.delete(session));
        // It takes a place. Exporters come back with their next metrics, once a minute by default.
        session.setTimeout(options.idleSessionMs ?? IDLE_SESSION_MS, () => session.close());
      })
      .on('sessionError', (error, session) => {
        const peer = this.#sessions.get(session) ?? 'unknown';
        limited.warn(
          peer,
          { err: error, peer },
          'a connection to the port of OTLP by gRPC failed: is it gRPC?',
        );
      })
      .on('stream', (stream, headers) => void this.#answer(stream, headers));
  }

  /**
   * Begins to listen.
   * @returns the address that was taken
   * @throws ListenError when it cannot be had
   */
  start(): Promise<AddressInfo> {
    const { host, port } = this.#options;
    return listenOn(this.#server, { host, port, portSetting: 'LAPWING_OTLP_GRPC_PORT' });
  }

  /** Never rejects. */
  async #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    // A client that goes away closes the stream, which ends what is under way.
    stream
      .on('error', () => undefined)
      .setTimeout(REQUEST_LIMIT_MS, () => stream.close(constants.NGHTTP2_CANCEL));
    try {
      const answer = await this.#call(stream, headers);
      if (stream.destroyed) return;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': GrpcStatus.OK }));
      stream.end(writeMessage(answer));
    } catch (error) {
      if (stream.destroyed) return;
      const { status, message } = toGrpcError(error);
      stream.respond(
        {
          ':status': 200,
          'content-type': 'application/grpc',
          'grpc-status': status,
          'grpc-message': encodeURIComponent(message),
        },
        { endStream: true },
      );
      // What is left of the message is not wanted.
      stream.close(constants.NGHTTP2_NO_ERROR);
    }
  }

  /** @returns an ExportMetricsServiceResponse @throws GrpcError, and whatever the client or the network failed with */
  async #call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<Buffer> {
    const path = String(headers[':path']);
    if (path !== EXPORT_METRICS)
      throw new GrpcError(GrpcStatus.UNIMPLEMENTED, `expected ${EXPORT_METRICS}, got ${path.slice(0, 200)}`);
    const { isZipped, length, bytes } = await readMessage(stream, MAX_PUSH_BYTES);
    const address = this.#options.readAddress({ socket: { remoteAddress: this.#findPeer(stream) }, headers });
    const url = this.#options.ownUrl();
    if (url === null)
      throw new GrpcError(GrpcStatus.UNAVAILABLE, 'the server is starting: try again in a moment');
    const sent = requestHttp(new URL('/v1/metrics', url), {
      method: 'POST',
      agent: this.#agent,
      headers: {
        ...pickHeaders(headers, PASSED),
        ...(isZipped ? { 'content-encoding': String(headers['grpc-encoding'] ?? 'identity') } : {}),
        // Whatever it listens on, it is asked from here.
        host: 'localhost',
        'content-type': 'application/x-protobuf',
        'content-length': length,
        [FORWARDED_HEADER]: this.#options.header.write(address),
      },
    });
    // Whatever fails below is an answer; an error that comes later, as of a connection that ends, has nobody left to hear it.
    sent.on('error', () => undefined);
    stream.once('close', () => sent.destroy());
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    // The answer may come before all is sent, and says why then.
    const passing = pipeline(bytes, sent);
    const [answer] = await Promise.race([answered, passing.then(() => answered)]);
    const body = await buffer(answer);
    if (answer.statusCode === 200) return body;
    throw GrpcError.ofAnswer(answer.statusCode ?? 0, body);
  }

  #findPeer({ session }: ServerHttp2Stream): string {
    return (session === undefined ? undefined : this.#sessions.get(session)) ?? 'unknown';
  }

  /** Takes no more, and lets what is under way finish for at most 10 s. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const session of this.#sessions.keys()) session.close();
    const limit = setTimeout(() => {
      for (const session of this.#sessions.keys()) session.destroy();
    }, STOP_LIMIT_MS);
    await closed;
    clearTimeout(limit);
    this.#agent.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
