/** Doubles as what changes from one to the next, in their bits. */
import { type BitReader, type BitWriter, DamagedBlockError } from './bits.ts';
import { countTrailingZeros, HIGH } from './double-words.ts';

export function writeXor(writer: BitWriter, words: Uint32Array): void {
  let [lastHigh, lastLow, leading, length] = [0, 0, 0, 0];
  for (let at = 0; at < words.length; at += 2) {
    const [high, low] = [words[at + HIGH] ?? 0, words[at + 1 - HIGH] ?? 0];
    const [xorHigh, xorLow] = [(high ^ lastHigh) >>> 0, (low ^ lastLow) >>> 0];
    [lastHigh, lastLow] = [high, low];
    const isSame = xorHigh === 0 && xorLow === 0;
    writer.write(isSame ? 0 : 1, 1);
    if (isSame) continue;
    const zeros = Math.min(31, xorHigh === 0 ? 31 : Math.clz32(xorHigh));
    const trailing = xorLow === 0 ? 32 + countTrailingZeros(xorHigh) : countTrailingZeros(xorLow);
    const isWithin = length > 0 && zeros >= leading && trailing >= 64 - leading - length;
    writer.write(isWithin ? 0 : 1, 1);
    if (!isWithin) {
      [leading, length] = [zeros, 64 - zeros - trailing];
      writer.write(leading, 5);
      writer.write(length - 1, 6);
    }
    writeShifted(writer, xorHigh, xorLow, 64 - leading - length, length);
  }
}

function writeShifted(writer: BitWriter, high: number, low: number, shift: number, length: number): void {
  const shiftedLow =
    shift >= 32 ? high >>> (shift - 32) : shift === 0 ? low : (low >>> shift) | (high << (32 - shift));
  if (length > 32) writer.write(shift >= 32 ? 0 : high >>> shift, length - 32);
  const kept = Math.min(32, length);
  writer.write(kept === 32 ? shiftedLow >>> 0 : (shiftedLow & (2 ** kept - 1)) >>> 0, kept);
}

export function readXor(reader: BitReader, words: Uint32Array): void {
  let [high, low, leading, length] = [0, 0, 0, 0];
  for (let at = 0; at < words.length; at += 2) {
    if (reader.read(1) === 1) {
      if (reader.read(1) === 1) [leading, length] = [reader.read(5), reader.read(6) + 1];
      const shift = 64 - leading - length;
      if (length === 0 || shift < 0) throw new DamagedBlockError('a double of a block has too many bits');
      const upper = length > 32 ? reader.read(length - 32) : 0;
      const lower = reader.read(Math.min(32, length));
      high ^=
        shift >= 32
          ? lower << (shift - 32)
          : shift === 0
            ? upper
            : (upper << shift) | (lower >>> (32 - shift));
      low ^= shift >= 32 ? 0 : lower << shift;
    }
    words[at + HIGH] = high;
    words[at + 1 - HIGH] = low;
  }
}
