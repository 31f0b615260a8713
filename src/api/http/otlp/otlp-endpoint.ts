/**
 * Takes metrics of OpenTelemetry by OTLP/HTTP at `POST /v1/metrics`, as protocol buffers or JSON, zipped or not.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 *
 * 200 with partialSuccess: what it counts is not stored, all else is; not to be sent again. 400 and 413: the same, in a
 * Status. 503 with Retry-After: send all of it again. Answers are in the encoding of the request.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  admitPush,
  MAX_PUSH_BYTES,
  prepareRefusal,
  type PushOptions,
  type PushRefusal,
  refuseFailure,
} from '../push/admit-push.ts';
import { readPushBody } from '../push/push-body.ts';
import type { Handler } from '../routes.ts';
import { type OtlpEncoding, storeMetrics, type StoreMetricsResult } from './store-metrics.ts';

/** JSON is parsed whole. */
const MAX_JSON_BYTES = 5_000_000;
const MEDIA_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};
/** google.rpc.Code */
const CODES: Readonly<Record<PushRefusal['status'], number>> = {
  400: 3,
  401: 16,
  403: 7,
  405: 12,
  413: 3,
  415: 3,
  429: 8,
  503: 14,
};

export function createOtlpHandler(options: PushOptions): Handler {
  return async (request, response) => {
    const encoding = readEncoding(request);
    const result = await take(request, encoding, options);
    if (response.destroyed) return;
    if ('status' in result) {
      options.onFailure?.(request, `otlp_${result.status}`);
      prepareRefusal(request, response, result);
      send(response, result.status, encoding ?? 'json', writeStatus(encoding, result));
      return;
    }
    send(response, 200, encoding ?? 'json', writeSuccess(encoding, result));
  };
}

async function take(
  request: IncomingMessage,
  encoding: OtlpEncoding | null,
  { accept, admit, stats }: PushOptions,
): Promise<StoreMetricsResult | PushRefusal> {
  const admitted = admitPush(request, admit);
  if ('status' in admitted) return admitted;
  if (encoding === null) {
    const given = JSON.stringify(request.headers['content-type']?.slice(0, 100) ?? '');
    return {
      status: 415,
      message: `content-type: expected ${Object.values(MEDIA_TYPES).join(' or ')}, got ${given}`,
    };
  }
  try {
    const body = await readPushBody(request, encoding === 'json' ? MAX_JSON_BYTES : MAX_PUSH_BYTES);
    const result = await storeMetrics(body, { encoding, accept, ...admitted, stats });
    const { stopped, faults } = result;
    if (stopped === null) return result;
    const more = faults.count === 0 ? '' : `; ${faults.count} left out: ${faults.describe('data point')}`;
    return { status: stopped.status, message: `the rest was not read: ${stopped.reason}${more}` };
  } catch (error) {
    return refuseFailure(error);
  }
}

/** Null for a type that is neither. */
function readEncoding({ headers }: IncomingMessage): OtlpEncoding | null {
  const [mediaType] = (headers['content-type'] ?? '').split(';');
  const given = mediaType?.trim().toLowerCase();
  if (given === MEDIA_TYPES.protobuf) return 'protobuf';
  return given === MEDIA_TYPES.json ? 'json' : null;
}

function send(
  response: ServerResponse,
  status: number,
  encoding: OtlpEncoding,
  body: Uint8Array | string,
): void {
  response.writeHead(status, { 'content-type': MEDIA_TYPES[encoding] }).end(body);
}

/** ExportMetricsServiceResponse: empty when all is stored. */
function writeSuccess(
  encoding: OtlpEncoding | null,
  { rejected, faults }: StoreMetricsResult,
): Uint8Array | string {
  const errorMessage = faults.describe('data point');
  if (encoding !== 'protobuf') {
    return JSON.stringify(
      rejected === 0 ? {} : { partialSuccess: { rejectedDataPoints: String(rejected), errorMessage } },
    );
  }
  if (rejected === 0) return new Uint8Array();
  const partial = new BinaryWriter().tag(1, WireType.Varint).int64(rejected);
  partial.tag(2, WireType.LengthDelimited).string(errorMessage);
  return new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(partial.finish()).finish();
}

/** google.rpc.Status */
function writeStatus(encoding: OtlpEncoding | null, { status, message }: PushRefusal): Uint8Array | string {
  const code = CODES[status];
  if (encoding !== 'protobuf') return JSON.stringify({ code, message });
  return new BinaryWriter()
    .tag(1, WireType.Varint)
    .int32(code)
    .tag(2, WireType.LengthDelimited)
    .string(message)
    .finish();
}
