/**
 * Connections that speak another protocol. Any page on the web can make a browser send a request to a port of the machine
 * it runs on, and the lines of its body would be read as points. What comes before them shows what it is.
 */

export type ForeignProtocol = 'http' | 'tls';

/** Methods of HTTP, and the word HTTP/2 begins with. A metric may have such a name: then a number follows. */
const REQUEST = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PRI) \S/;
const REQUEST_END = / HTTP\/\d(?:\.\d)?\r?$/;
/** Content type and major version of a TLS record that begins a handshake. No name of a metric begins so. */
const [HANDSHAKE, TLS_MAJOR] = [0x16, 0x03];
/** A first line that is longer is no point, whatever it is: the beginning of a request is enough. */
const MAX_LOOKED_AT_BYTES = 4096;
const NEWLINE = 0x0a;

/**
 * Looks at what a connection sends first.
 * @param bytes everything received so far
 * @returns the protocol; null when it is none of these; undefined while more has to come to decide
 */
export function findForeignProtocol(bytes: Buffer): ForeignProtocol | null | undefined {
  const [first, second] = bytes;
  if (first === HANDSHAKE) return second === undefined ? undefined : second === TLS_MAJOR ? 'tls' : null;
  const end = bytes.indexOf(NEWLINE);
  if (end < 0 && bytes.length < MAX_LOOKED_AT_BYTES) return undefined;
  const isWhole = end >= 0 && end < MAX_LOOKED_AT_BYTES;
  const line = bytes.toString('latin1', 0, isWhole ? end : MAX_LOOKED_AT_BYTES);
  return REQUEST.test(line) && (!isWhole || REQUEST_END.test(line)) ? 'http' : null;
}
