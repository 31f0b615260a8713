/** What a setting is, and the kinds of text most of them are read from. */
import { z } from 'zod';
import { isAddressRange } from '../outbound/address-range.ts';

export interface Setting<T> {
  /** Environment variable. */
  readonly name: string;
  readonly about: string;
  /** Text of the default, as `--help` shows it; absent where there is none. */
  readonly fallback?: string;
  readonly schema: z.ZodType<T, string | undefined>;
  /** Never printed. */
  readonly secret?: boolean;
}

export const text = z.string().optional();
export const wholeNumber = (low: number, high: number) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(low, `expected at least ${low}`).max(high, `expected at most ${high}`));
export const decimal = (low: number, high: number) =>
  z
    .string()
    .regex(/^\d+(?:\.\d+)?$/, 'expected a number such as 6 or 0.5')
    .transform(Number)
    .pipe(z.number().min(low, `expected at least ${low}`).max(high, `expected at most ${high}`));
export const onOff = z
  .enum(['on', 'off'], { error: 'expected on or off' })
  .transform((word) => word === 'on');
export const port = wholeNumber(0, 65_535);
export const httpUrl = z
  .string()
  .refine((given) => /^https?:/.test(given) && URL.canParse(given), 'expected an http or https URL');
/** What is no URL is refused by another check; each is made, whatever the others say. */
export const hasNoUser = (given: string) =>
  !URL.canParse(given) || (new URL(given).username === '' && new URL(given).password === '');
/** Addresses and CIDR ranges, with commas between. */
export const addressRanges = z.string().transform((list, context): readonly string[] => {
  const ranges = list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const bad = ranges.find((range) => !isAddressRange(range));
  if (bad === undefined) return ranges;
  context.addIssue(`expected addresses and CIDR ranges written in full, such as 10.0.0.0/8, got ${bad}`);
  return z.NEVER;
});
/** As browsers write them: scheme, host and port, and nothing behind. None when unset. */
export const origins = listOrigins(
  (part) => isOrigin(part) && !part.includes('*'),
  'expected origins such as https://ops.example.com, each written in full, with commas between',
);
/** The same, or * for any. A browser compares these itself, and takes https://*.example.com for all hosts below. */
export const originsOrAny = listOrigins(
  (part) => part === '*' || isOrigin(part),
  'expected origins such as https://wiki.example.com, with commas between, or *',
);

function listOrigins(isTaken: (part: string) => boolean, expected: string) {
  return z
    .string()
    .transform((list) =>
      list
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine((list) => list.every(isTaken), expected)
    .optional()
    .transform((list): readonly string[] => list ?? []);
}

function isOrigin(given: string): boolean {
  // Headers list origins: a host may hold what ends one there.
  if (/[;,'"\s]/.test(given) || !URL.canParse(given)) return false;
  const { origin, protocol, host } = new URL(given);
  // Apps and extensions have schemes of their own, whose pages name their scheme and host as their origin.
  const ofApp = host === '' || protocol === 'file:' ? null : `${protocol}//${host}`;
  return given === (origin === 'null' ? ofApp : origin);
}

/** One whose value is never printed. */
export function secret<T>(name: string, schema: Setting<T>['schema'], fallback?: string) {
  return {
    about: (about: string): Setting<T> => ({ ...setting(name, schema, fallback).about(about), secret: true }),
  };
}

/** Name, kind and default of a setting, and then what it is about. */
export function setting<T>(name: string, schema: Setting<T>['schema'], fallback?: string) {
  return {
    about: (about: string): Setting<T> => ({
      name,
      about,
      schema,
      ...(fallback === undefined ? {} : { fallback }),
    }),
  };
}
