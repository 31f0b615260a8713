/** Refuses a field of the input by its name. */
import { InvalidInputError } from '../../errors.ts';

/** @throws InvalidInputError */
export function refuse(what: string, ...where: readonly string[]): never {
  throw new InvalidInputError(`${where.join('.')}: ${what}`, ['input', ...where]);
}

export function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
