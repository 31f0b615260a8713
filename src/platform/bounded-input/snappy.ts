/**
 * Snappy's block format: https://github.com/google/snappy/blob/main/format_description.txt
 *
 * Own code because the JavaScript library for it takes any length the header claims, pads what is missing with zeros and
 * drops what is too much: bytes nobody sent would be read as points. Here the output is exactly as long as the header
 * says, or an error.
 */

/** The bytes are no Snappy block. The message says what was expected. */
export class SnappyError extends Error {
  override readonly name = 'SnappyError';
}

const LITERAL = 0;
const SHORT_COPY = 1;
const MEDIUM_COPY = 2;
/** Literals up to here have their length in the tag. */
const MAX_SHORT_LITERAL = 60;
/** The length is a varint of 32 bits. */
const MAX_LENGTH_BYTES = 5;

/**
 * The length a block says it has, before anything is read of it.
 * @returns the length and where the elements begin
 * @throws SnappyError
 */
export function readSnappyLength(block: Uint8Array): { readonly length: number; readonly start: number } {
  let length = 0;
  for (let at = 0; at < Math.min(MAX_LENGTH_BYTES, block.length); at += 1) {
    const byte = block[at] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80 && length < 2 ** 32) return { length, start: at + 1 };
  }
  throw new SnappyError('expected the length of the block as a varint of 32 bits');
}

/**
 * @returns exactly as many bytes as the block says it has; the caller bounds that with readSnappyLength first
 * @throws SnappyError
 */
export function decompressSnappy(block: Buffer): Buffer {
  const { length, start } = readSnappyLength(block);
  const output = Buffer.allocUnsafe(length);
  let [at, written] = [start, 0];
  while (at < block.length) {
    const tag = block[at] ?? 0;
    if ((tag & 3) === LITERAL) {
      const literal = readLiteral(block, at);
      if (literal.end > block.length) throw new SnappyError('expected more bytes behind a literal');
      checkRoom(literal.end - literal.start, length - written);
      written += block.copy(output, written, literal.start, literal.end);
      at = literal.end;
      continue;
    }
    const copy = readCopy(block, at);
    if (copy.end > block.length) throw new SnappyError('expected the offset of a copy');
    if (copy.offset === 0 || copy.offset > written) {
      throw new SnappyError(`expected an offset between 1 and ${written}, got ${copy.offset}`);
    }
    checkRoom(copy.length, length - written);
    repeat(output, written, copy);
    written += copy.length;
    at = copy.end;
  }
  if (written !== length) throw new SnappyError(`expected ${length} bytes, got ${written}`);
  return output;
}

function checkRoom(length: number, room: number): void {
  if (length > room) throw new SnappyError('expected no more bytes than the block says it has');
}

/** @returns where its bytes begin and end */
function readLiteral(block: Buffer, at: number): { readonly start: number; readonly end: number } {
  const short = ((block[at] ?? 0) >>> 2) + 1;
  const extra = short - MAX_SHORT_LITERAL;
  if (extra <= 0) return { start: at + 1, end: at + 1 + short };
  const start = at + 1 + extra;
  if (start > block.length) throw new SnappyError('expected the length of a literal');
  return { start, end: start + block.readUIntLE(at + 1, extra) + 1 };
}

interface Copy {
  /** Bytes back from the end of what is written. */
  readonly offset: number;
  readonly length: number;
  /** Of the element, in the block. */
  readonly end: number;
}

function readCopy(block: Buffer, at: number): Copy {
  const tag = block[at] ?? 0;
  const kind = tag & 3;
  const byte = (index: number) => block[at + index] ?? 0;
  if (kind === SHORT_COPY) {
    return { length: ((tag >>> 2) & 7) + 4, offset: ((tag >>> 5) << 8) | byte(1), end: at + 2 };
  }
  const length = (tag >>> 2) + 1;
  const low = byte(1) | (byte(2) << 8);
  if (kind === MEDIUM_COPY) return { length, offset: low, end: at + 3 };
  return { length, offset: low + (byte(3) | (byte(4) << 8)) * 2 ** 16, end: at + 5 };
}

/** A copy may reach into what it writes itself: then it repeats. At most 64 bytes. */
function repeat(output: Buffer, written: number, { offset, length }: Copy): void {
  if (offset >= length) {
    output.copyWithin(written, written - offset, written - offset + length);
    return;
  }
  for (let index = written; index < written + length; index += 1) output[index] = output[index - offset] ?? 0;
}
