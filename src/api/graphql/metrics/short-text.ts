/** What a text about a metric may be: a unit, a friendly name. */
import { InvalidInputError } from '../../../errors.ts';
import { findLineFlaw } from '../../../platform/bounded-input/name-flaw.ts';

/** @throws InvalidInputError naming the field of the input @returns the text as it is */
export function checkShortText<Text extends string | null>(text: Text, field: string): Text {
  const flaw = text === null ? null : findLineFlaw(text);
  if (flaw === null) return text;
  throw InvalidInputError.at([field], flaw, ['input']);
}
