/**
 * What a request or an answer looks like, apart from any protocol: three decoders end in these shapes and three
 * encoders start from them. Every member of a structure may be absent; who needs it says so with MissingParameter.
 */
export type Shape =
  | { readonly kind: 'string' | 'double' | 'integer' | 'boolean' | 'timestamp' }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'map'; readonly of: Shape }
  | StructureShape;

export interface StructureShape {
  readonly kind: 'structure';
  readonly members: Readonly<Record<string, Shape>>;
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

export function list<const Item extends Shape>(of: Item): { readonly kind: 'list'; readonly of: Item } {
  return { kind: 'list', of };
}

export function map<const Item extends Shape>(of: Item): { readonly kind: 'map'; readonly of: Item } {
  return { kind: 'map', of };
}

export function structure<const Members extends Readonly<Record<string, Shape>>>(
  members: Members,
): { readonly kind: 'structure'; readonly members: Members } {
  return { kind: 'structure', members };
}
