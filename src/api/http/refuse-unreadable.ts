/**
 * What the parser of HTTP refuses before any route sees it: a line that ends without a carriage return, TLS where there is none,
 * HTTP/2, headers that are too large. The sender is answered as Node does it, with the reason, and the log has it, too: many senders show no
 * answer.
 */
import type { Socket } from 'node:net';
import type { LimitedLog } from '../../platform/bounded-input/limited-log.ts';

const BAD_REQUEST = '400 Bad Request';
const STATUSES: ReadonlyMap<string, string> = new Map([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', '413 Payload Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
]);
/** The sender left in the middle of its request. */
const CUT_OFF = 'HPE_INVALID_EOF_STATE';
/** What a TLS record that begins a handshake begins with. */
const HANDSHAKE = 0x16;
/** How HTTP/2 begins where no protocol was agreed on: https://www.rfc-editor.org/rfc/rfc9113#section-3.4 */
const HTTP2_PREFACE = 'PRI * HTTP/2';

export interface UnreadableRequest {
  readonly error: Error & { readonly code?: string; readonly rawPacket?: unknown };
  readonly socket: Socket;
  /** Whether an answer to a request before it is on its way: another may not be written into it. */
  readonly isAnswering: boolean;
}

export function refuseUnreadable({ error, socket, isAnswering }: UnreadableRequest, log: LimitedLog): void {
  const { code = '' } = error;
  // Others are of the connection, which is gone.
  const isRefused = code.startsWith('HPE_') || STATUSES.has(code);
  // Browsers and proxies open connections ahead of their requests.
  if (!isRefused || socket.bytesRead === 0 || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUSES.get(code) ?? BAD_REQUEST;
  const reason = describe(error);
  if (code !== CUT_OFF) {
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

function describe({ message, rawPacket }: UnreadableRequest['error']): string {
  if (!(rawPacket instanceof Uint8Array)) return message;
  if (rawPacket[0] === HANDSHAKE)
    return 'expected HTTP, got TLS: the address of this server begins with http://';
  if (Buffer.from(rawPacket.subarray(0, HTTP2_PREFACE.length)).toString('latin1') === HTTP2_PREFACE)
    return 'expected HTTP/1.1, got HTTP/2, as gRPC sends it: OpenTelemetry has the protocol http/protobuf, or LAPWING_OTLP_GRPC_PORT';
  return message;
}
