/** What a schema found wrong, in our words: for all a schema says nothing of itself. */
import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  bigint: 'a whole number',
  boolean: 'true or false',
  date: 'a time',
  int: 'a whole number',
  nan: 'a number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
  tuple: 'a list',
  undefined: 'nothing',
};

/** To be given to `parse` as its `error`. */
export function wordIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${nameType(issue.expected)}, got ${describeValue(issue.input)}`;
    case 'unrecognized_keys':
      return `nothing is known by the name ${issue.keys.map((key) => JSON.stringify(key.slice(0, 60))).join(', ')}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}, got ${describeValue(issue.input)}`;
    case 'too_small':
      return `expected ${String(issue.minimum)} or more${countOf(issue.origin)}`;
    case 'too_big':
      return `expected at most ${String(issue.maximum)}${countOf(issue.origin)}`;
    default:
      return `expected another value, got ${describeValue(issue.input)}`;
  }
}

function nameType(type: string): string {
  return Object.hasOwn(TYPES, type) ? (TYPES[type] ?? type) : type;
}

/** What it is, and of a short one what it holds. */
function describeValue(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (typeof value === 'string' && value.length <= 60) return JSON.stringify(value);
  if (value === null) return 'null';
  return nameType(Array.isArray(value) ? 'array' : typeof value);
}

function countOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' || origin === 'set' ? ' items' : '';
}
