/** What people may call something, or themselves: a line of text. */
import { MAX_NAME_LENGTH, UNPRINTABLE } from '../../model.ts';
import { showValue } from './show-value.ts';

/** @returns what is wrong with a name that has to be there; null when it can be kept */
export function findNameFlaw(name: string, maxLength = MAX_NAME_LENGTH): string | null {
  return name.trim() !== '' && isShortLine(name, maxLength) ? null : describe(name, 1, maxLength);
}

/** As `findNameFlaw`, of what may be empty: a unit, a friendly name. */
export function findLineFlaw(line: string, maxLength = MAX_NAME_LENGTH): string | null {
  return isShortLine(line, maxLength) ? null : describe(line, 0, maxLength);
}

function isShortLine(line: string, maxLength: number): boolean {
  return line.length <= maxLength && !UNPRINTABLE.test(line);
}

function describe(text: string, minLength: 0 | 1, maxLength: number): string {
  const range = minLength === 0 ? `at most ${maxLength}` : `1 to ${maxLength}`;
  const got = text.length > maxLength ? text.length : showValue(text);
  return `expected ${range} characters, none of them a control character, got ${got}`;
}
