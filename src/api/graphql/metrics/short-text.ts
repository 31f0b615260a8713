/** What a text about a metric may be: a unit, a friendly name. */
import { InvalidInputError } from '../../../errors.ts';
import { MAX_NAME_LENGTH, UNPRINTABLE } from '../../../model.ts';
import { showValue } from '../../../platform/bounded-input/show-value.ts';

/** @throws InvalidInputError naming the field of the input @returns the text as it is */
export function checkShortText<Text extends string | null>(text: Text, field: string): Text {
  if (text === null || (text.length <= MAX_NAME_LENGTH && !UNPRINTABLE.test(text))) return text;
  const problem = `expected at most ${MAX_NAME_LENGTH} characters, none of them a control character, got ${showValue(text)}`;
  throw InvalidInputError.at([field], problem, ['input']);
}
