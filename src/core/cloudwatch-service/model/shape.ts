/**
 * What a request or an answer looks like, apart from any protocol: three decoders end in these shapes and three
 * encoders start from them. Every member of a structure may be absent. An operation whose members are required or
 * bounded in AWS' own service model says so here (constraints.ts checks it); the others check by hand.
 */
export type Shape =
  | TextShape
  | IntegerShape
  | { readonly kind: 'double' | 'boolean' | 'timestamp' | 'blob' }
  | ListShape
  | { readonly kind: 'map'; readonly of: Shape }
  | StructureShape;

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}
/** `min` and `max` count characters. */
export interface TextShape extends Bounds {
  readonly kind: 'string';
  readonly oneOf?: readonly string[];
}
export interface IntegerShape extends Bounds {
  readonly kind: 'integer';
}
interface ListShape {
  readonly kind: 'list';
  readonly of: Shape;
  readonly max?: number;
}
export interface StructureShape {
  readonly kind: 'structure';
  readonly members: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

/** The TypeScript type of a shape: a timestamp is a Date, an integer and a double are numbers. */
export type Infer<S> = S extends { readonly kind: 'string' }
  ? string
  : S extends { readonly kind: 'double' | 'integer' }
    ? number
    : S extends { readonly kind: 'boolean' }
      ? boolean
      : S extends { readonly kind: 'timestamp' }
        ? Date
        : S extends { readonly kind: 'blob' }
          ? Uint8Array
          : S extends { readonly kind: 'list'; readonly of: infer Item }
            ? readonly Infer<Item>[]
            : S extends { readonly kind: 'map'; readonly of: infer Item }
              ? Readonly<Record<string, Infer<Item>>>
              : S extends { readonly kind: 'structure'; readonly members: infer Members }
                ? { readonly [Key in keyof Members]?: Infer<Members[Key]> | undefined }
                : never;

export const string = { kind: 'string' } as const;
export const double = { kind: 'double' } as const;
export const integer = { kind: 'integer' } as const;
export const boolean = { kind: 'boolean' } as const;
export const timestamp = { kind: 'timestamp' } as const;
export const blob = { kind: 'blob' } as const;

/** A text of `min` to `max` characters. */
export function text(min: number, max: number): { readonly kind: 'string' } & Bounds {
  return { kind: 'string', min, max };
}

/** One of these words. */
export function oneOf(...words: readonly string[]): TextShape {
  return { kind: 'string', oneOf: words };
}

/** A whole number within the bounds, which belong to them. */
export function wholeNumber(min: number, max?: number): IntegerShape {
  return { kind: 'integer', min, ...(max !== undefined && { max }) };
}

export function list<const Item extends Shape>(
  of: Item,
  max?: number,
): { readonly kind: 'list'; readonly of: Item; readonly max?: number } {
  return { kind: 'list', of, ...(max !== undefined && { max }) };
}

export function map<const Item extends Shape>(of: Item): { readonly kind: 'map'; readonly of: Item } {
  return { kind: 'map', of };
}

export function structure<const Members extends Readonly<Record<string, Shape>>>(
  members: Members,
  required: readonly (keyof Members & string)[] = [],
): { readonly kind: 'structure'; readonly members: Members; readonly required: readonly string[] } {
  return { kind: 'structure', members, required };
}
