/**
 * An upgrade to anything but a WebSocket is ignored: https://www.rfc-editor.org/rfc/rfc9110#section-7.8. Java's HttpClient and
 * `curl --http2` put the offer to go on in HTTP/2 (h2c) into ordinary requests, and take an ordinary answer. Node hands over
 * the connection of every request with an upgrade, its body not read.
 */
import type { IncomingMessage } from 'node:http';

/** They make the offer, and are of no use without it. */
const OF_OFFER = new Set(['upgrade', 'http2-settings']);

export function offersWebSocket({ headers: { upgrade = '' } }: IncomingMessage): boolean {
  return upgrade.split(',').some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}

/**
 * The bytes of a request as it would be without its offer, for a connection that is given back to the HTTP server.
 * @param head what has been read behind the headers
 */
export function writeWithoutUpgrade(request: IncomingMessage, head: Buffer): Buffer {
  const lines = [`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/${request.httpVersion}`];
  const { rawHeaders } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    const kept = name.toLowerCase() === 'connection' ? keepOptions(value) : value;
    if (!OF_OFFER.has(name.toLowerCase())) lines.push(`${name}: ${kept}`);
  }
  // Node reads the bytes of a head as Latin-1.
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]);
}

function keepOptions(connection: string): string {
  const options = connection.split(',').map((option) => option.trim());
  return options.filter((option) => !OF_OFFER.has(option.toLowerCase())).join(', ');
}
