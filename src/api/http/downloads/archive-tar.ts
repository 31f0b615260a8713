/**
 * The archive of a metric as tar.gz, as it is sent: one chain from the database to the client, so that whichever end
 * fails closes all of it. The format is POSIX ustar:
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ArchiveFile } from '../../../core/transfer/archive.ts';

const BLOCK = 512;
/** Eleven octal digits; larger files have their size in binary, as GNU tar and all others since read it. */
const LARGEST_OCTAL = 8 ** 11 - 1;
const CHECKSUM_AT = 148;

/** @throws whatever reading throws, and AbortError when the signal or the client ends it */
export async function sendTarGz(
  files: AsyncIterable<ArchiveFile>,
  output: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  const tar = writeTar(files, new Date());
  await pipeline(Readable.from(tar, { highWaterMark: 1 }), createGzip(), output, { signal });
}

/** @throws Error when a file is not as long as it said */
async function* writeTar(files: AsyncIterable<ArchiveFile>, at: Date): AsyncGenerator<Uint8Array> {
  for await (const { name, bytes, content } of files) {
    yield writeHeader(name, bytes, at);
    let left = bytes;
    for await (const part of content) {
      left -= part.byteLength;
      if (part.byteLength > 0) yield part;
    }
    if (left !== 0) throw new Error(`${name} is ${Math.abs(left)} bytes ${left > 0 ? 'short' : 'too long'}`);
    const rest = bytes % BLOCK;
    if (rest > 0) yield Buffer.alloc(BLOCK - rest);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** @param name ASCII, at most 100 characters */
function writeHeader(name: string, bytes: number, at: Date): Buffer {
  const header = Buffer.alloc(BLOCK);
  const write = (text: string, offset: number) => header.write(text, offset, 'latin1');
  write(name, 0);
  write('0000644\0', 100);
  write('0000000\0', 108);
  write('0000000\0', 116);
  if (bytes <= LARGEST_OCTAL) write(`${toOctal(bytes, 11)}\0`, 124);
  else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(bytes), 128);
  }
  write(`${toOctal(Math.floor(at.getTime() / 1000), 11)}\0`, 136);
  // A regular file; the checksum is made as if it were blanks itself.
  write('        0', CHECKSUM_AT);
  write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  write(`${toOctal(sum, 6)}\0 `, CHECKSUM_AT);
  return header;
}

function toOctal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
