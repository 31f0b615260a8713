/** Rows of a page that one statement chose and another read, in the order of the first. */
import { Edge, type Page } from './page.ts';

/** A thing, and where it stands in its list. */
export interface Placed<Place, T> {
  readonly place: Place;
  readonly thing: T;
}

/** Reads things by their ids, in any order, with what the document asks of them. */
export type FindMany<T> = (ids: readonly string[]) => Promise<readonly T[]>;

/** One that was deleted between the two statements is left out. */
export async function findPlaced<Place extends { readonly id: string }, T extends { readonly id: string }>(
  places: readonly Place[],
  findMany: FindMany<T>,
): Promise<readonly Placed<Place, T>[]> {
  const things = await findMany(places.map(({ id }) => id));
  const byId = new Map(things.map((thing) => [thing.id, thing]));
  return places.flatMap((place) => {
    const thing = byId.get(place.id);
    return thing === undefined ? [] : [{ place, thing }];
  });
}

export function withoutPlaces<Place, T>(page: Page<Placed<Place, T>>): Page<T> {
  return { ...page, edges: page.edges.map((edge) => new Edge(edge.node.thing, () => edge.cursor)) };
}
