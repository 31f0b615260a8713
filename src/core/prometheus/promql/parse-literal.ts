/**
 * Literals of PromQL: texts, numbers and durations.
 * https://prometheus.io/docs/prometheus/latest/querying/basics/#literals
 */

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const DAY_MS = 86_400_000;
const UNITS_MS = [365 * DAY_MS, 7 * DAY_MS, DAY_MS, 3_600_000, 60_000, 1000, 1] as const;
/** A hundred years: what is longer is a mistake, and would not be counted exactly. */
const MAX_DURATION_MS = 100 * 365 * DAY_MS;
const NUMBER = /^(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};
const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.)|$)/gsu;

/** @param literal with its quotes @returns null for an escape that Go does not have */
export function parseText(literal: string): string | null {
  const inside = literal.slice(1, -1);
  if (literal.startsWith('`')) return inside;
  const flaws: string[] = [];
  const text = inside.replace(
    ESCAPE,
    (escape: string, byte?: string, short?: string, long?: string, octal?: string, letter?: string) => {
      const code = parseCode(byte ?? short ?? long, octal);
      if (code !== null && isCharacter(code)) return String.fromCodePoint(code);
      const plain = letter === undefined ? undefined : ESCAPES[letter];
      if (plain === undefined) flaws.push(escape);
      return plain ?? '';
    },
  );
  return flaws.length === 0 ? text : null;
}

/** Halves of characters are none. */
function isCharacter(code: number): boolean {
  return code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

function parseCode(hex: string | undefined, octal: string | undefined): number | null {
  if (hex !== undefined) return Number.parseInt(hex, 16);
  const byte = octal === undefined ? NaN : Number.parseInt(octal, 8);
  return byte <= 255 ? byte : null;
}

/** @returns the number of a literal, a duration in seconds; null where it is neither */
export function parseNumber(literal: string): number | null {
  const text = literal.toLowerCase();
  if (/^[+-]?inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (text === 'nan') return NaN;
  if (/^0x[0-9a-f]+$/.test(text)) return Number.parseInt(text, 16);
  const octal = /^([+-]?)0([0-7]+)$/.exec(text);
  if (octal !== null) return Number.parseInt(`${octal[1] ?? ''}${octal[2] ?? ''}`, 8);
  if (NUMBER.test(text)) return Number(text.replaceAll('_', ''));
  const durationMs = parseDuration(literal);
  return durationMs === null ? null : durationMs / 1000;
}

/**
 * @param text such as 1h30m, or a number of seconds
 * @returns milliseconds, a whole number; null for what is no duration, or one of more than a hundred years
 */
export function parseDuration(text: string): number | null {
  const sign = text.startsWith('-') ? -1 : 1;
  const size = text.replace(/^[+-]/, '');
  const ms = parseUnits(size) ?? parseSeconds(size);
  return ms === null || ms > MAX_DURATION_MS ? null : sign * ms;
}

function parseUnits(text: string): number | null {
  const parts = DURATION.exec(text)?.slice(1);
  if (text === '' || parts === undefined) return null;
  return UNITS_MS.reduce((sum, unitMs, index) => sum + Number(parts[index] ?? 0) * unitMs, 0);
}

function parseSeconds(text: string): number | null {
  if (!NUMBER.test(text)) return null;
  return Math.round(Number(text.replaceAll('_', '')) * 1000);
}
