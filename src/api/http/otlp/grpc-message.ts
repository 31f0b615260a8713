/** Messages and statuses of gRPC: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Readable } from 'node:stream';
import { toError } from '../../../platform/runtime/to-error.ts';

export const EXPORT_METRICS = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';

/** google.rpc.Code */
export const GrpcStatus = {
  OK: 0,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  PERMISSION_DENIED: 7,
  UNIMPLEMENTED: 12,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;
type GrpcCode = (typeof GrpcStatus)[keyof typeof GrpcStatus];

/** Exporters send again what was UNAVAILABLE. */
const OF_HTTP: ReadonlyMap<number, GrpcCode> = new Map([
  [400, GrpcStatus.INVALID_ARGUMENT],
  [401, GrpcStatus.UNAUTHENTICATED],
  [403, GrpcStatus.PERMISSION_DENIED],
  [404, GrpcStatus.UNIMPLEMENTED],
  [408, GrpcStatus.UNAVAILABLE],
  [413, GrpcStatus.INVALID_ARGUMENT],
  [415, GrpcStatus.UNIMPLEMENTED],
  [429, GrpcStatus.UNAVAILABLE],
  [503, GrpcStatus.UNAVAILABLE],
]);

/** One byte says whether the message is zipped, four how long it is. */
const PREFIX_BYTES = 5;
const MESSAGE_FIELD = 2;

export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly status: GrpcCode;

  constructor(status: GrpcCode, message: string) {
    super(message);
    this.status = status;
  }

  /** @param body a google.rpc.Status, or text */
  static ofAnswer(status: number, body: Uint8Array): GrpcError {
    return new GrpcError(
      OF_HTTP.get(status) ?? GrpcStatus.UNKNOWN,
      readStatus(body) ?? `HTTP status ${status}`,
    );
  }
}

/** What is no GrpcError has come from the network, as when the server stops: the message may have been taken, or not. */
export function toGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  return new GrpcError(GrpcStatus.UNAVAILABLE, `no answer: ${toError(error).message}: try again in a moment`);
}

/** The one message of a unary call, as it comes. */
export interface IncomingMessageBytes {
  readonly isZipped: boolean;
  /** In bytes. */
  readonly length: number;
  /** Fails with a GrpcError where the message is shorter than it said, and for another one behind it. */
  readonly bytes: AsyncIterable<Buffer>;
}

/** @throws GrpcError for no message, and for one of more than the given bytes */
export async function readMessage(stream: Readable, maxBytes: number): Promise<IncomingMessageBytes> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
  let begin = Buffer.alloc(0);
  while (begin.length < PREFIX_BYTES) {
    const next = await chunks.next();
    if (next.done === true) throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, 'expected a message');
    begin = Buffer.concat([begin, next.value]);
  }
  const length = begin.readUInt32BE(1);
  if (length > maxBytes) {
    const message = `expected a message of at most ${maxBytes} bytes, got ${length}`;
    throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, message);
  }
  const bytes = passExactly(begin.subarray(PREFIX_BYTES), chunks, length);
  return { isZipped: begin[0] === 1, length, bytes };
}

async function* passExactly(
  first: Buffer,
  others: AsyncIterable<Buffer>,
  length: number,
): AsyncGenerator<Buffer> {
  let left = length - first.length;
  const refuseMore = () => {
    if (left < 0) throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, 'expected one message, got more');
  };
  refuseMore();
  yield first;
  for await (const chunk of others) {
    left -= chunk.length;
    refuseMore();
    yield chunk;
  }
  if (left === 0) return;
  throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, `expected ${length} bytes, got ${length - left}`);
}

export function writeMessage(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** @returns the message of a google.rpc.Status; null where it is none */
function readStatus(body: Uint8Array): string | null {
  try {
    const reader = new BinaryReader(body);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === MESSAGE_FIELD) return reader.string();
      reader.skip(type);
    }
  } catch {
    // Something else answered.
  }
  return null;
}
