/**
 * Conditions on labels. Regular expressions are RE2's, which takes time in proportion to the text, whatever the
 * expression: those of JavaScript can be made to take for ever.
 */
import { RE2JS } from 're2js';
import { PromqlError } from './promql-error.ts';

export const MATCH_OPERATORS = ['=', '!=', '=~', '!~'] as const;
export type MatchOperator = (typeof MATCH_OPERATORS)[number];

export interface LabelMatcher {
  readonly label: string;
  readonly operator: MatchOperator;
  readonly value: string;
  /** A label that is not there has the value ''. */
  readonly matches: (value: string) => boolean;
}

const MAX_PATTERN_LENGTH = 10_000;
/** Instructions: time is the product of these and the length of the text. */
const MAX_PROGRAM = 20_000;
/** Labels have few different values: each is looked at once. */
const MAX_REMEMBERED = 10_000;

/** @throws PromqlError for a regular expression that is none, or too large */
export function createMatcher(label: string, operator: MatchOperator, value: string): LabelMatcher {
  const test = operator === '=' || operator === '!=' ? (text: string) => text === value : compile(value);
  const isNegative = operator.startsWith('!');
  return { label, operator, value, matches: (text) => test(text) !== isNegative };
}

/** A dot is any character. @throws PromqlError */
export function compilePattern(pattern: string, maxProgram = MAX_PROGRAM): RE2JS {
  if (pattern.length > MAX_PATTERN_LENGTH) throw tooLarge(maxProgram);
  const program = compileProgram(pattern);
  if (program.programSize() > maxProgram) throw tooLarge(maxProgram);
  return program;
}

/** Of the whole text. */
function compile(pattern: string): (text: string) => boolean {
  const program = compilePattern(pattern);
  const known = new Map<string, boolean>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const matches = program.matches(text);
    if (known.size < MAX_REMEMBERED) known.set(text, matches);
    return matches;
  };
}

function compileProgram(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new PromqlError('bad_data', error.message);
  }
}

function tooLarge(maxProgram: number): PromqlError {
  const limits = `at most ${MAX_PATTERN_LENGTH} characters and ${maxProgram} instructions`;
  return new PromqlError('bad_data', `error parsing regexp: expression too large: expected ${limits}`);
}
