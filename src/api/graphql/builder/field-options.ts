/** What many fields say in the same way: which failures they expect, inputs that name one thing, times, classes, and what is left out. */
import { type ExpectedError, InvalidInputError } from '../../../errors.ts';
import { classifyScore } from '../../../detector/likelihood.ts';
import { builder } from './builder.ts';
import { AnomalyClassRef } from './enums.ts';

/**
 * For `errors` of a field. What it is asked may always be refused: InvalidInputError need not be named.
 * @param others the further failures it can have
 * @param description of the union of its type with them
 */
export function resultUnion<const Others extends readonly (new (...args: never[]) => ExpectedError)[]>(
  others: Others,
  description: string,
): { types: [typeof InvalidInputError, ...Others]; union: { description: string } } {
  return { types: [InvalidInputError, ...others], union: { description } };
}

/** The input of a field that is given the id of one thing of the type, and nothing else. */
export function defineIdInput(name: string, type: string, description: string) {
  return builder.inputType(name, {
    description,
    fields: (t) => ({ id: t.id({ required: true, description: `As read from \`${type}.id\`.` }) }),
  });
}

/** GraphQL's null and absent mean the same to core, which knows only absent. */
export function withoutNulls<T extends object>(input: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const given = Object.entries(input).filter(([, value]) => value != null);
  // The entries are those of `input`, less its nulls.
  return Object.fromEntries(given) as { [Key in keyof T]?: NonNullable<T[Key]> };
}

/** A form sends an empty field as a blank text: nobody meant to write that. */
export function withoutBlank(text: string | null | undefined): string | null {
  return text == null || text.trim() === '' ? null : text;
}

/** A field for a time that is kept under `name`: as milliseconds since 1970, or as text. */
export function timeOf<Name extends string>(name: Name, description: string) {
  const resolve = (parent: Readonly<Record<Name, number | string>>) => new Date(parent[name]);
  return { type: 'DateTime', description, resolve } as const;
}

/** A field for the class of what has a `score`. */
export function classOfScore(description: string) {
  const resolve = ({ score }: { readonly score: number | null }) => classifyScore(score);
  return { type: AnomalyClassRef, description, resolve };
}

/** A list of numbers, some of which are not known. */
export function nullableFloats(description: string): {
  type: ['Float'];
  nullable: { list: false; items: true };
  description: string;
} {
  return { type: ['Float'], nullable: { list: false, items: true }, description };
}
