/** Doubles as two words of 32 bits each. */

/** Where the upper half of a double lies among 32-bit words. */
export const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** 32 for 0. */
export function countTrailingZeros(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}

export function toWords(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** The power of two of the lowest bit that is set; Infinity for 0 and what is not finite. */
export function lowestExponent(words: Uint32Array, index: number): number {
  const high = words[2 * index + HIGH] ?? 0;
  const low = words[2 * index + 1 - HIGH] ?? 0;
  const biased = (high >>> 20) & 0x7ff;
  if (biased === 0x7ff || (biased === 0 && high << 12 === 0 && low === 0)) return Infinity;
  const zeros = low === 0 ? 32 + Math.min(20, countTrailingZeros(high)) : countTrailingZeros(low);
  return Math.max(1, biased) - 1075 + zeros;
}

export function isMinusZero(words: Uint32Array, index: number): boolean {
  return words[2 * index + HIGH] === 0x8000_0000 && words[2 * index + 1 - HIGH] === 0;
}
