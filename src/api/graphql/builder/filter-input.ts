/** What `filter` inputs have in common. A list that is left out lets everything through, an empty one nothing. */
import { findPatternFlaw } from '../../../core/metrics/tag-filter.ts';
import { InvalidInputError } from '../../../errors.ts';
import { readIdsOf } from './node-id.ts';

const DAY_MS = 86_400_000;

/** For descriptions of patterns. */
export const PATTERN =
  '`*` stands for any run of characters, `?` for one; a backslash before one of them takes it as it is.';

const MAX_FILTER_VALUES = 1000;
const MAX_PATTERN_LENGTH = 500;

/**
 * The values one of which has to match; null for any.
 * @param alone the former argument for one value; both have to hold
 * @throws InvalidInputError for more than MAX_FILTER_VALUES
 */
export function readOneOf<T>(
  values: readonly T[] | null | undefined,
  path: readonly string[],
  alone?: T | null,
): readonly T[] | null {
  if (values == null) return alone == null ? null : [alone];
  if (values.length > MAX_FILTER_VALUES) {
    const message = `${path.join('.')}: expected at most ${MAX_FILTER_VALUES} values, got ${values.length}`;
    throw new InvalidInputError(message, path);
  }
  return alone == null ? values : values.filter((value) => value === alone);
}

/** As `readOneOf`, of ids of a type: the parts after the colon. @throws InvalidInputError also for one of another type */
export function readOneOfIds(
  type: string,
  ids: readonly string[] | null | undefined,
  path: readonly string[],
): string[] | null {
  return readIdsOf(type, readOneOf(ids, path), path);
}

/** For Prisma: that the column has one of the values. */
export function whereOneOf<Column extends string, T>(column: Column, values: readonly T[] | null) {
  // The column is the one key there is.
  return (values === null ? {} : { [column]: { in: [...values] } }) as Partial<Record<Column, { in: T[] }>>;
}

/** For Prisma: that the column has the text in it, capitals or not. */
export function whereContains<Column extends string>(column: Column, text: string | null | undefined) {
  const condition = text == null ? {} : { [column]: { contains: escapeLike(text), mode: 'insensitive' } };
  // The column is the one key there is.
  return condition as Partial<Record<Column, { contains: string; mode: 'insensitive' }>>;
}

/** Both ends belong to it; open where there is none. @throws InvalidInputError for an end before the beginning */
export function readRange(
  from: Date | null | undefined,
  to: Date | null | undefined,
  path: readonly string[] = [],
) {
  checkRange(from, to, path);
  return { ...(from == null ? {} : { gte: from }), ...(to == null ? {} : { lte: to }) };
}

/** @param path of what holds `from` and `to` @throws InvalidInputError for an end before the beginning */
export function checkRange(
  from: Date | null | undefined,
  to: Date | null | undefined,
  path: readonly string[] = [],
): void {
  if (from == null || to == null || from <= to) return;
  throw InvalidInputError.at(
    [...path, 'to'],
    `expected ${from.toISOString()}, which is from, or later, got ${to.toISOString()}`,
  );
}

/** @throws InvalidInputError for an argument outside of its bounds, which belong to it */
export function checkWithin(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new InvalidInputError(`${name}: expected ${least} to ${most}, got ${value}`, [name]);
}

/**
 * As checkRange, for fields whose work grows with the length of the range.
 * @throws InvalidInputError also when `to` is later by more than `maxDays`
 */
export function checkRangeWithin(maxDays: number, from: Date, to: Date): void {
  checkRange(from, to);
  if (to.getTime() - from.getTime() <= maxDays * DAY_MS) return;
  throw InvalidInputError.at(
    ['to'],
    `expected at most ${maxDays} days later than from, got ${to.toISOString()}`,
  );
}

/** Prisma's `contains` takes wildcards of LIKE for what they are: a text to be found as it stands has none. */
function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&');
}

/** A pattern of whole texts; null for any. @throws InvalidInputError for one that cannot be read */
export function readPattern(pattern: string | null | undefined, path: readonly string[]): string | null {
  if (pattern == null) return null;
  const flaw =
    pattern.length > MAX_PATTERN_LENGTH
      ? `expected at most ${MAX_PATTERN_LENGTH} characters, got ${pattern.length}`
      : findPatternFlaw(pattern);
  if (flaw === null) return pattern;
  throw InvalidInputError.at(path, flaw);
}
