/**
 * A WebSocket message from parts that others may share, without copying them: RFC 6455, section 5.2. The library
 * would make a buffer of the whole message for each socket.
 */
import type { Duplex } from 'node:stream';

/** The final frame of a text message. */
const FINAL_TEXT = 0x81;
const LENGTH_IN_2_BYTES = 126;
const LENGTH_IN_8_BYTES = 127;

/**
 * Writes one text message. Only for sockets without compression, whose library keeps no queue of its own: frames of
 * both then follow each other whole.
 * @param parts of UTF-8; they must not be written to until `done`
 * @param done when the bytes have left this process, or never will
 */
export function writeTextFrame(
  socket: Duplex,
  parts: readonly Buffer[],
  done: (error?: Error | null) => void,
): void {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  socket.cork();
  socket.write(writeHeader(length));
  for (const part of parts.slice(0, -1)) socket.write(part);
  socket.write(parts.at(-1) ?? Buffer.alloc(0), done);
  socket.uncork();
}

/** A server does not mask what it sends. */
function writeHeader(length: number): Buffer {
  if (length < LENGTH_IN_2_BYTES) return Buffer.of(FINAL_TEXT, length);
  if (length <= 0xffff) return Buffer.of(FINAL_TEXT, LENGTH_IN_2_BYTES, length >> 8, length & 0xff);
  const header = Buffer.alloc(10);
  header[0] = FINAL_TEXT;
  header[1] = LENGTH_IN_8_BYTES;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
