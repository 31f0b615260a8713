/**
 * The parts of one line of InfluxDB's line protocol, each scanned once from left to right. Every expression matches
 * a character in one way only, so that a hostile line costs no more than its length.
 */

/** What was read, and where it ended. */
interface Scanned<T> {
  readonly value: T;
  readonly end: number;
}

/** What was expected, and where. */
interface NotScanned {
  readonly problem: string;
  readonly end: number;
}

// A backslash takes the next character with it, so that an escaped comma does not end a name.
const MEASUREMENT = /(?:\\.?|[^\\, ])+/y;
const KEY = /(?:\\.?|[^\\,= ])+/y;
// Line breaks are text as any other.
const QUOTED = /"(?:\\[^]|[^"\\])*"/y;
const BARE = /[^", ][^, ]*/y;
const FLOAT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d{1,19}i$/;
const UNSIGNED = /^\d{1,20}u$/;
/** Of 64 bits, as InfluxDB has them. */
const SIGNED_RANGE = { least: -(2n ** 63n), most: 2n ** 63n - 1n };
const UNSIGNED_RANGE = { least: 0n, most: 2n ** 64n - 1n };
const BOOLEAN = /^(?:[tTfF]|true|True|TRUE|false|False|FALSE)$/;
/** As clients print them, which InfluxDB refuses with all of the line: the other fields are as good as without it. */
const NOT_FINITE = /^[+-]?(?:nan|inf(?:inity)?)$/i;

/** The measurement. Null when there is none. */
export function scanName(text: string, start: number): Scanned<string> | null {
  const raw = match(MEASUREMENT, text, start);
  return raw === null ? null : { value: raw.replace(/\\([, ])/g, '$1'), end: start + raw.length };
}

/** `,key=value…` up to the blank before the fields; none is a tag set too. */
export function scanTags(
  text: string,
  start: number,
): Scanned<readonly (readonly [string, string])[]> | NotScanned {
  const tags = new Map<string, string>();
  let end = start;
  while (text[end] === ',') {
    const key = match(KEY, text, end + 1);
    if (key === null) return { problem: 'expected the key of a tag', end: end + 1 };
    end += 1 + key.length;
    if (text[end] !== '=') return { problem: 'expected = and the value of the tag', end };
    const value = match(KEY, text, end + 1);
    if (value === null) return { problem: 'expected the value of the tag', end: end + 1 };
    const name = unescape(key);
    if (tags.has(name)) return { problem: 'expected each tag once', end: end - key.length };
    tags.set(name, unescape(value));
    end += 1 + value.length;
  }
  return { value: [...tags], end };
}

export interface Fields {
  readonly numbers: readonly (readonly [string, number])[];
  /** How many were no finite numbers. */
  readonly skipped: number;
}

/** ` key=value,…` up to the blank before the time. */
export function scanFields(text: string, start: number): Scanned<Fields> | NotScanned {
  const numbers = new Map<string, number>();
  let skipped = 0;
  if (text[start] !== ' ') return { problem: 'expected a blank and the fields', end: start };
  let end = start;
  while (text[end + 1] === ' ') end += 1;
  do {
    const key = match(KEY, text, end + 1);
    if (key === null) return { problem: 'expected the key of a field', end: end + 1 };
    end += 1 + key.length;
    if (text[end] !== '=') return { problem: 'expected = and the value of the field', end };
    const raw = match(QUOTED, text, end + 1) ?? match(BARE, text, end + 1);
    const value = raw === null ? null : readValue(raw);
    if (raw === null || value === null) {
      return { problem: 'expected a number, a quoted text, true or false', end: end + 1 };
    }
    if (value === 'OUT_OF_RANGE') return { problem: 'expected an integer of 64 bits', end: end + 1 };
    const field = unescape(key);
    if (typeof value !== 'number' || numbers.has(field)) skipped += 1;
    // Of two values of one field the last counts, as in InfluxDB.
    if (typeof value === 'number') numbers.set(field, value);
    end += 1 + raw.length;
  } while (text[end] === ',');
  if (end < text.length && text[end] !== ' ') return { problem: 'expected a comma or a blank', end };
  return { value: { numbers: [...numbers], skipped }, end };
}

/** Null for what is no value; true for one that is no finite number. Integers beyond 2^53 are rounded. */
function readValue(raw: string): number | true | 'OUT_OF_RANGE' | null {
  if (raw.startsWith('"') || BOOLEAN.test(raw) || NOT_FINITE.test(raw)) return true;
  if (INTEGER.test(raw)) return readInteger(raw.slice(0, -1), SIGNED_RANGE);
  if (UNSIGNED.test(raw)) return readInteger(raw.slice(0, -1), UNSIGNED_RANGE);
  if (!FLOAT.test(raw)) return null;
  const value = Number(raw);
  return Number.isFinite(value) ? value : null;
}

function readInteger(
  digits: string,
  { least, most }: { readonly least: bigint; readonly most: bigint },
): number | 'OUT_OF_RANGE' {
  const value = Number(digits);
  if (Number.isSafeInteger(value)) return value;
  const exact = BigInt(digits.replace('+', ''));
  return exact < least || exact > most ? 'OUT_OF_RANGE' : value;
}

function unescape(raw: string): string {
  return raw.replace(/\\([,= ])/g, '$1');
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
