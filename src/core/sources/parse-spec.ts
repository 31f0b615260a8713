/** Checks what somebody said is to be monitored against the schema of its source. */
import { z } from 'zod';
import { InvalidInputError } from '../../errors.ts';
import { MAX_NAME_LENGTH, UNPRINTABLE } from '../../model.ts';
import { wordIssue } from '../../platform/runtime/word-issue.ts';

/** Of a value that is repeated in a message. */
const MAX_SHOWN = 60;

export const isPrintable = (given: string): boolean => !UNPRINTABLE.test(given);

/** A name that is shown as it is given. */
export const nameText = z
  .string()
  .trim()
  .min(1, 'expected a text, got an empty one')
  .max(MAX_NAME_LENGTH)
  .refine(isPrintable, 'expected a text without control characters');

/** An expression in another language, on as many lines as it likes. @param what such as "an expression" */
export function expressionText(what: string, maxLength: number) {
  return z
    .string()
    .trim()
    .min(1, `expected ${what}, got an empty text`)
    .max(maxLength)
    .refine((given) => isPrintable(given.replaceAll(/[\t\r\n]/g, ' ')), 'expected no control characters');
}

/**
 * @param whole what is said of a spec that is no object at all: its name, and what it should be
 * @throws InvalidInputError naming the field within the spec, and what it held
 */
export function parseSpec<T>(
  schema: z.ZodType<T>,
  spec: unknown,
  whole: { readonly name: string; readonly expected: string },
): T {
  const parsed = schema.safeParse(spec, { error: wordIssue });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map(String) ?? [];
  const where = path.join('.') || whole.name;
  const expected = issue?.message ?? `expected ${whole.expected}`;
  throw new InvalidInputError(`${where}: ${expected}${showValue(spec, path, expected)}`, path);
}

/** Nothing for what has no short form, or where the message says it. */
function showValue(spec: unknown, path: readonly string[], message: string): string {
  if (message.includes(', got ')) return '';
  const value = path.reduce(readMember, spec);
  if (typeof value === 'number') return `, got ${value}`;
  if (typeof value !== 'string') return '';
  return `, got ${JSON.stringify(value.slice(0, MAX_SHOWN))}${value.length > MAX_SHOWN ? '…' : ''}`;
}

function readMember(within: unknown, name: string): unknown {
  if (typeof within !== 'object' || within === null || !Object.hasOwn(within, name)) return undefined;
  const value: unknown = Reflect.get(within, name);
  return value;
}
