/** Texts of pickle's protocol 0, which are written as Python writes them in source. Pure. */

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const ESCAPE = /\\(?:x([\da-fA-F]{2})|([0-7]{1,3})|(.))/gs;
const CODE_POINT = /\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})/g;
const MAX_CODE_POINT = 0x10ffff;

/**
 * STRING: bytes in quotes, with escapes. One that Python does not know stands for itself.
 * @returns the bytes; null for what is not in quotes
 */
export function parsePickleText(line: Buffer): Buffer | null {
  // One character for each byte.
  const text = line.toString('latin1').trim();
  const [quote] = text;
  if (text.length < 2 || (quote !== "'" && quote !== '"') || !text.endsWith(quote)) return null;
  const unescape = (escape: string, hex?: string, octal?: string, letter = '') => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8) & 0xff);
    return ESCAPES[letter] ?? escape;
  };
  return Buffer.from(text.slice(1, -1).replace(ESCAPE, unescape), 'latin1');
}

/** UNICODE: Latin-1 without quotes, anything else as `\\uXXXX`. @returns its bytes in UTF-8 */
export function parseRawUnicode(line: Buffer): Buffer {
  const unescape = (escape: string, short?: string, long?: string) => {
    const code = Number.parseInt(short ?? long ?? '', 16);
    return code <= MAX_CODE_POINT ? String.fromCodePoint(code) : escape;
  };
  return Buffer.from(line.toString('latin1').replace(CODE_POINT, unescape), 'utf8');
}
