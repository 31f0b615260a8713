/** Answers without an error. */

/** Lists, charts and links: null in an answer only beside an error that says why. */
type NullByError =
  | { readonly nodes: unknown }
  | { readonly totalCount: unknown }
  | { readonly rows: unknown }
  | { readonly timestamps: unknown }
  | { readonly url: unknown };

/** What an answer is when it came without an error. */
export type Whole<Data> = Data extends readonly (infer Item)[]
  ? Whole<Item>[]
  : Data extends object
    ? { [Name in keyof Data]: WholeField<Data[Name]> }
    : Data;

type WholeField<Value> = [NonNullable<Value>] extends [NullByError]
  ? Whole<NonNullable<Value>>
  : Whole<Value>;
