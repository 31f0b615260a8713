/** Pages in an order of texts. One statement says which things and where each stands, another reads what is shown. */
import type { KeysetPage, KeysetRow } from '../../../core/inventory/keyset.ts';
import { decodeCursor, encodeCursor } from '../builder/cursor.ts';
import { type Page, type PageArgs, readPage, THING_PAGE } from '../builder/page.ts';
import { type FindMany, findPlaced, type Placed, withoutPlaces } from '../builder/placed.ts';

type Place = readonly string[];

/**
 * @param options.parts how many texts a place of the order has
 * @throws InvalidInputError for a page that is too large, and for a cursor of another order
 */
export async function readKeysetPage<T extends { readonly id: string }>(options: {
  readonly args: PageArgs;
  readonly order: string;
  readonly parts: number;
  readonly readPlaces: (page: KeysetPage) => Promise<readonly KeysetRow[]>;
  readonly findMany: FindMany<T>;
  readonly countAll: () => Promise<number>;
}): Promise<Page<T>> {
  const { args, order, parts, readPlaces, findMany, countAll } = options;
  const page = await readPage<Placed<KeysetRow, T>, Place>({
    args,
    size: THING_PAGE,
    parseCursor: (cursor) => parsePlace(order, parts, cursor),
    writeCursor: ({ place }) => encodeCursor([order, ...place.place]),
    read: async (request) => findPlaced(await readPlaces(request), findMany),
    countAll,
  });
  return withoutPlaces(page);
}

/** Null for a cursor of another order. */
function parsePlace(order: string, parts: number, cursor: string): Place | null {
  const [given, ...place] = decodeCursor(cursor);
  const isText = (part: unknown): part is string => typeof part === 'string' && !part.includes('\0');
  return given === order && place.length === parts && place.every(isText) ? place : null;
}
