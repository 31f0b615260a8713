/**
 * What the parser of HTTP refuses before any route sees it: a line that ends without a carriage return, TLS where there is none,
 * HTTP/2, headers that are too large. The sender is answered as Node does it, with the reason, and the log has it, too: many senders show no
 * answer.
 */
import type { Socket } from 'node:net';
import type { LimitedLog } from '../../platform/bounded-input/limited-log.ts';
import type { Reason, Stats } from '../../platform/telemetry/metrics.ts';

interface Refusal {
  /** As it is counted. */
  readonly kind: Reason<'http_requests_unreadable'>;
  readonly status: string;
  readonly reason: string;
}

const BAD_REQUEST = '400 Bad Request';
const KNOWN: ReadonlyMap<string, Pick<Refusal, 'kind' | 'status'>> = new Map([
  ['HPE_HEADER_OVERFLOW', { kind: 'too_large', status: '431 Request Header Fields Too Large' }],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', { kind: 'too_large', status: '413 Payload Too Large' }],
  ['ERR_HTTP_REQUEST_TIMEOUT', { kind: 'too_slow', status: '408 Request Timeout' }],
]);
/** The sender left in the middle of its request. */
const CUT_OFF = 'HPE_INVALID_EOF_STATE';
/** What a TLS record that begins a handshake begins with. */
const HANDSHAKE = '\x16';
/** How HTTP/2 begins where no protocol was agreed on: https://www.rfc-editor.org/rfc/rfc9113#section-3.4 */
const HTTP2_PREFACE = 'PRI * HTTP/2';

export interface UnreadableRequest {
  readonly error: Error & { readonly code?: string; readonly rawPacket?: unknown };
  readonly socket: Socket;
  /** Whether an answer to a request before it is on its way: another may not be written into it. */
  readonly isAnswering: boolean;
}

export function refuseUnreadable(
  { error, socket, isAnswering }: UnreadableRequest,
  { log, stats }: { readonly log: LimitedLog; readonly stats: Pick<Stats, 'countReason'> },
): void {
  const { code = '' } = error;
  // Others are of the connection, which is gone.
  const isRefused = code.startsWith('HPE_') || KNOWN.has(code);
  // Browsers and proxies open connections ahead of their requests.
  if (!isRefused || socket.bytesRead === 0 || !socket.writable) {
    socket.destroy();
    return;
  }
  const { kind, status, reason } = describe(error);
  if (code !== CUT_OFF) {
    stats.countReason('http_requests_unreadable', kind);
    const peer = socket.remoteAddress ?? 'unknown';
    log.warn(`${reason} ${peer}`, { peer, code, status, reason }, 'a request could not be read');
  }
  if (!isAnswering) {
    const body = `${JSON.stringify({ error: reason })}\n`;
    const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
    socket.write(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
  }
  socket.destroySoon();
}

function describe({ message, code = '', rawPacket }: UnreadableRequest['error']): Refusal {
  const beginsWith = (begin: string) =>
    rawPacket instanceof Uint8Array &&
    Buffer.from(rawPacket.subarray(0, begin.length)).toString('latin1') === begin;
  if (beginsWith(HANDSHAKE)) {
    const reason = 'expected HTTP, got TLS: the address of this server begins with http://';
    return { kind: 'tls', status: BAD_REQUEST, reason };
  }
  if (beginsWith(HTTP2_PREFACE)) {
    const reason =
      'expected HTTP/1.1, got HTTP/2, as gRPC sends it: OpenTelemetry has the protocol http/protobuf, or LAPWING_OTLP_GRPC_PORT';
    return { kind: 'http2', status: BAD_REQUEST, reason };
  }
  return { ...(KNOWN.get(code) ?? { kind: 'malformed', status: BAD_REQUEST }), reason: message };
}
