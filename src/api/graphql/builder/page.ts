/** Pages by keyset: `first`/`after` from the front, `last`/`before` from the end. */
import { InvalidInputError } from '../../../errors.ts';

export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** What to read: `limit` rows between two cursors, from the end when `fromEnd`. */
export interface PageRequest<Key> {
  readonly after: Key | null;
  readonly before: Key | null;
  /** One more than the page holds: whether it is there says whether there is more. */
  readonly limit: number;
  readonly fromEnd: boolean;
}

/** A thing of a page. Its cursor is written when it is asked for: most documents select none. */
export class Edge<T> {
  readonly node: T;
  readonly #writeCursor: () => string;

  constructor(node: T, writeCursor: () => string) {
    this.node = node;
    this.#writeCursor = writeCursor;
  }

  get cursor(): string {
    return this.#writeCursor();
  }
}

export interface Page<T> {
  /** How many there are on all pages. One statement, or a part of one for a list of lists. */
  readonly countAll: () => Promise<number>;
  readonly edges: Edge<T>[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** Pages of things; of samples there are more, and they are smaller. */
export const THING_PAGE = { fallback: 100, most: 100 } as const;
export const SAMPLE_PAGE = { fallback: 100, most: 1000 } as const;

/**
 * Checks the arguments, reads, and makes a page of it.
 * @param options.parseCursor null for a cursor that is not of this list
 * @param options.read rows in the list's order, or in reverse when `fromEnd`
 * @throws InvalidInputError for a size below 0 or above `size.most`, for both sizes at once, for a bad cursor
 */
export async function readPage<T, Key>(options: {
  readonly args: PageArgs;
  readonly size: { readonly fallback: number; readonly most: number };
  readonly parseCursor: (cursor: string) => Key | null;
  readonly writeCursor: (row: T) => string;
  readonly read: (request: PageRequest<Key>) => Promise<readonly T[]>;
  readonly countAll: () => Promise<number>;
}): Promise<Page<T>> {
  const { args, size } = options;
  const length = checkPageLength(args, size);
  const fromEnd = args.last != null;
  const cursor = (name: 'after' | 'before') => parseCursorArg(name, args[name], options.parseCursor);
  const [after, before] = [cursor('after'), cursor('before')];
  const rows = await options.read({ after, before, limit: length + 1, fromEnd });
  const kept = rows.slice(0, length);
  if (fromEnd) kept.reverse();
  const more = rows.length > length;
  const hasMore = {
    hasNextPage: fromEnd ? before !== null : more,
    hasPreviousPage: fromEnd ? more : after !== null,
  };
  return makePage(kept, { writeCursor: options.writeCursor, hasMore, countAll: options.countAll });
}

export function makePage<T>(
  rows: readonly T[],
  options: {
    readonly writeCursor: (row: T) => string;
    readonly hasMore: Pick<Page<T>['pageInfo'], 'hasNextPage' | 'hasPreviousPage'>;
    readonly countAll: () => Promise<number>;
  },
): Page<T> {
  const edges = rows.map((node) => new Edge(node, () => options.writeCursor(node)));
  const pageInfo = {
    ...options.hasMore,
    get startCursor() {
      return edges[0]?.cursor ?? null;
    },
    get endCursor() {
      return edges.at(-1)?.cursor ?? null;
    },
  };
  return { edges, pageInfo, countAll: options.countAll };
}

/** How many rows the page holds. @throws InvalidInputError */
export function checkPageLength(args: PageArgs, size: { fallback: number; most: number }): number {
  const { first, last } = args;
  if (first != null && last != null) {
    throw new InvalidInputError('first, last: give one of them, not both', ['last']);
  }
  const [name, length] =
    last == null ? (['first', first ?? size.fallback] as const) : (['last', last] as const);
  if (length < 0 || length > size.most) {
    throw new InvalidInputError(`${name}: expected 0 to ${size.most}, got ${length}`, [name]);
  }
  return length;
}

/** An empty cursor is none: clients have it for an end that is not known, and those without null for what they leave out. */
export function asCursor(text: string | null | undefined): string | null {
  return text == null || text === '' ? null : text;
}

/** @throws InvalidInputError for a text that is no cursor of the list */
export function parseCursorArg<Key>(
  name: string,
  given: string | null | undefined,
  parse: (cursor: string) => Key | null,
): Key | null {
  const text = asCursor(given);
  if (text === null) return null;
  const key = parse(text);
  if (key !== null) return key;
  throw InvalidInputError.at([name], `${JSON.stringify(text.slice(0, 200))} is not a cursor of this list`);
}
