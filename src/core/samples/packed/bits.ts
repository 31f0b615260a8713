/** Bits in bytes, the highest first: what the columns of a block are written in. */
const TWO_TO_31 = 2_147_483_648;
const TWO_TO_32 = 4_294_967_296;

/** What a block holds is not what was written: a damaged file, or a version this program does not know. */
export class DamagedBlockError extends Error {
  override readonly name = 'DamagedBlockError';
}

export class BitWriter {
  #bytes = new Uint8Array(1024);
  /** Bytes that are whole. */
  #at = 0;
  /** Bits behind them, the highest first, and how many more fit beside these. */
  #word = 0;
  #free = 32;

  /** @param value whole, from 0 to below 2^count @param count at most 32 */
  write(value: number, count: number): void {
    const free = this.#free - count;
    if (free > 0) {
      this.#word |= value << free;
      this.#free = free;
      return;
    }
    this.#store(this.#word | (value >>> -free), 4);
    // A shift by 32 would be one by 0.
    this.#word = free === 0 ? 0 : value << (32 + free);
    this.#free = 32 + free;
  }

  /** @param value whole, from 0 to below 2^count @param count at most 64 */
  writeWide(value: number, count: number): void {
    if (count > 32) this.write(Math.floor(value / TWO_TO_32) >>> 0, count - 32);
    this.write((value % TWO_TO_32) >>> 0, Math.min(32, count));
  }

  /** As `BitReader.readRice` reads it. */
  writeRice(value: number, k: number): void {
    const ones = value < TWO_TO_31 && k < 31 ? value >>> k : Math.floor(value / 2 ** k);
    const length = ones + 1 + k;
    if (length <= 30 && ones < ESCAPE) {
      this.write((((1 << ones) - 1) << (k + 1)) | (value & ((1 << k) - 1)), length);
      return;
    }
    this.#writeLong(value, ones, k);
  }

  /** Begins a byte. @returns how many bytes there are before it */
  align(): number {
    const bytes = (32 - this.#free + 7) >>> 3;
    this.#store(this.#word, bytes);
    this.#word = 0;
    this.#free = 32;
    return this.#at;
  }

  /** What was written, to a whole byte. It holds until more is written. */
  finish(): Uint8Array {
    const length = this.align();
    return this.#bytes.subarray(0, length);
  }

  /** Begins anew, in the same memory. */
  clear(): void {
    this.#at = 0;
    this.#word = 0;
    this.#free = 32;
  }

  #writeLong(value: number, ones: number, k: number): void {
    if (ones >= ESCAPE) {
      this.write(2 ** (ESCAPE + 1) - 2, ESCAPE + 1);
      this.writeWide(value, WIDE_BITS);
    } else {
      this.write(((1 << ones) - 1) << 1, ones + 1);
      this.writeWide(value - ones * 2 ** k, k);
    }
  }

  /** @param count how many bytes of the word, the highest first */
  #store(word: number, count: number): void {
    if (this.#at + 4 > this.#bytes.length) this.#grow();
    const bytes = this.#bytes;
    const at = this.#at;
    bytes[at] = word >>> 24;
    bytes[at + 1] = word >>> 16;
    bytes[at + 2] = word >>> 8;
    bytes[at + 3] = word;
    this.#at = at + count;
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** What a Golomb-Rice code says by so many ones: the number itself follows, in WIDE_BITS. */
export const ESCAPE = 20;
export const WIDE_BITS = 54;
/** Bits that are seen ahead at least. */
const SEEN = 25;

export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #bit: number;

  /** @param end the byte before which it ends */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#bit = start * 8;
    this.#end = end * 8;
  }

  /** @param count at most 32 @throws DamagedBlockError past the end */
  read(count: number): number {
    if (count > SEEN) return this.read(count - 16) * 65_536 + this.read(16);
    if (count === 0) return 0;
    const value = peek(this.#bytes, this.#bit) >>> (32 - count);
    this.#bit += count;
    this.#check();
    return value;
  }

  /** @param count at most 64; what is above 2^53 is not exact @throws DamagedBlockError past the end */
  readWide(count: number): number {
    return count > 32 ? this.read(count - 32) * TWO_TO_32 + this.read(32) : this.read(count);
  }

  /**
   * Numbers from 0 on, each as so many ones as its upper bits say, a zero, and its k lower bits. This is most of the time
   * of reading a block.
   * @throws DamagedBlockError past the end
   */
  readRice(numbers: Float64Array, from: number, k: number): void {
    const bytes = this.#bytes;
    let bit = this.#bit;
    for (let index = from; index < numbers.length; index++) {
      const seen = peek(bytes, bit);
      const ones = Math.clz32(~seen);
      const length = ones + 1 + k;
      if (length <= SEEN && ones < ESCAPE) {
        const low = k === 0 ? 0 : (seen << (ones + 1)) >>> (32 - k);
        numbers[index] = (ones << k) + low;
        bit += length;
        continue;
      }
      this.#bit = bit;
      numbers[index] = this.#readLong(k);
      bit = this.#bit;
    }
    this.#bit = bit;
    this.#check();
  }

  /** One that may be longer than what is seen ahead. */
  #readLong(k: number): number {
    let ones = 0;
    while (ones < ESCAPE && this.read(1) === 1) ones += 1;
    // The zero behind the ones has been read, but for an escape.
    if (ones < ESCAPE) return ones * 2 ** k + this.readWide(k);
    if (this.read(1) === 1) throw new DamagedBlockError('a number of a block is of no known length');
    return this.readWide(WIDE_BITS);
  }

  #check(): void {
    if (this.#bit > this.#end) throw new DamagedBlockError('a column of a block ends too early');
  }
}

/** The bits from a place on, SEEN of them at least, in the upper bits. */
function peek(bytes: Uint8Array, bit: number): number {
  const at = bit >>> 3;
  const word =
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0);
  return word << (bit & 7);
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
