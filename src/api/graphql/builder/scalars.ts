/** The two scalars GraphQL lacks. */
import { type ASTNode, GraphQLError, Kind, valueFromASTUntyped } from 'graphql';
import { showValue } from '../../../platform/bounded-input/show-value.ts';
import { isInYears, parseUtcTime } from '../../../platform/runtime/utc-time.ts';
import { builder } from './builder.ts';

/** RFC 3339 with at most nine digits of a second and a zone. */
const RFC_3339 =
  /^\d{4}-\d{2}-\d{2}[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Its relatives that mean the same everywhere: Java leaves out seconds of 0, Python has a blank, Jackson and PHP have no colon. */
const ISO_8601 =
  /^\d{4}-\d{2}-\d{2}[Tt ]([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]([01]\d|2[0-3])(?::?[0-5]\d)?)$/;

/**
 * Reads a time. What is finer than a millisecond is cut off.
 * @throws GraphQLError naming the value
 */
export function parseDateTime(value: unknown, node?: ASTNode): Date {
  if (typeof value === 'string' && RFC_3339.test(value)) {
    const time = new Date(value);
    if (isInYears(time) && isRealDay(value)) return time;
  } else if (typeof value === 'string' && ISO_8601.test(value)) {
    const time = new Date(parseUtcTime(value));
    if (isInYears(time)) return time;
  }
  throw new GraphQLError(
    `expected a time such as "2026-11-23T09:30:00.000Z" (RFC 3339, with a zone), got ${showValue(value)}`,
    { nodes: node ?? null, extensions: { code: 'INVALID_INPUT' } },
  );
}

/** Date refuses the 32nd, but turns the 30th of February into the 2nd of March. */
function isRealDay(text: string): boolean {
  const day = Number(text.slice(8, 10));
  if (day <= 28) return true;
  const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  return day <= lastDay;
}

builder.scalarType('DateTime', {
  description: 'A time as in RFC 3339, in UTC with milliseconds: 2026-11-23T09:30:00.000Z. Any zone is read.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: (value) => value.toISOString(),
  parseValue: (value) => parseDateTime(value),
  parseLiteral: (node) =>
    parseDateTime(node.kind === Kind.STRING ? node.value : valueFromASTUntyped(node), node),
});

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});
