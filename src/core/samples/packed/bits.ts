/** Bits in bytes, the highest first: what the columns of a block are written in. */
const TWO_TO_32 = 4_294_967_296;

/** What a block holds is not what was written: a damaged file, or a version this program does not know. */
export class DamagedBlockError extends Error {
  override readonly name = 'DamagedBlockError';
}

export class BitWriter {
  #bytes = new Uint8Array(256);
  #bit = 0;

  /** @param value whole, from 0 to below 2^count @param count at most 32 */
  write(value: number, count: number): void {
    if (this.#bit + count > this.#bytes.length * 8) this.#grow();
    const bytes = this.#bytes;
    let left = count;
    while (left > 0) {
      const room = 8 - (this.#bit & 7);
      const taken = Math.min(room, left);
      const part = (value >>> (left - taken)) & ((1 << taken) - 1);
      const at = this.#bit >>> 3;
      bytes[at] = (bytes[at] ?? 0) | (part << (room - taken));
      this.#bit += taken;
      left -= taken;
    }
  }

  /** @param value whole, from 0 to below 2^count @param count at most 64 */
  writeWide(value: number, count: number): void {
    if (count > 32) this.write(Math.floor(value / TWO_TO_32) >>> 0, count - 32);
    this.write((value % TWO_TO_32) >>> 0, Math.min(32, count));
  }

  /** So many ones, and a zero. */
  writeUnary(ones: number): void {
    let left = ones;
    for (; left >= 31; left -= 31) this.write(0x7fff_ffff, 31);
    this.write(((1 << left) - 1) << 1, left + 1);
  }

  /** What was written, to a whole byte. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, (this.#bit + 7) >>> 3);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #bit = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length * 8;
  }

  /** @param count at most 32 @throws DamagedBlockError past the end */
  read(count: number): number {
    if (count > 25) return this.read(count - 16) * 65_536 + this.read(16);
    if (count === 0) return 0;
    const value = this.#peek() >>> (32 - count);
    this.#advance(count);
    return value;
  }

  /** @param count at most 64; what is above 2^53 is not exact @throws DamagedBlockError past the end */
  readWide(count: number): number {
    return count > 32 ? this.read(count - 32) * TWO_TO_32 + this.read(32) : this.read(count);
  }

  /** As many ones as there are before a zero. @throws DamagedBlockError past the end */
  readUnary(): number {
    let ones = 0;
    for (;;) {
      // The lowest seven bits of what is seen ahead may not be there.
      const seen = Math.min(24, Math.clz32(~this.#peek()));
      ones += seen;
      this.#advance(seen < 24 ? seen + 1 : seen);
      if (seen < 24) return ones;
    }
  }

  /** The next bits, 25 of them at least. */
  #peek(): number {
    const at = this.#bit >>> 3;
    const bytes = this.#bytes;
    const word =
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0);
    return word << (this.#bit & 7);
  }

  #advance(count: number): void {
    this.#bit += count;
    if (this.#bit > this.#end) throw new DamagedBlockError('a column of a block ends too early');
  }
}

/** Whole numbers from 0 to 2^53 in as few bytes as they need: seven bits in each, the lowest first. */
export function writeVarint(bytes: number[], value: number): void {
  let left = value;
  while (left >= 128) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  bytes.push(left);
}

/** @returns the number, and where the next byte is @throws DamagedBlockError past the end */
export function readVarint(bytes: Uint8Array, start: number): readonly [value: number, next: number] {
  let value = 0;
  let scale = 1;
  for (let at = start; at < start + 8; at++) {
    const byte = bytes[at];
    if (byte === undefined) break;
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) return [value, at + 1];
  }
  throw new DamagedBlockError('a number of a block ends too early');
}
