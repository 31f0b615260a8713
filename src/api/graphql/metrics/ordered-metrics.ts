/** Pages of metrics by name or time. One statement says which metrics; what is shown of them is found by their ids. */
import type { BarRange } from '../../../core/bars/bar-window.ts';
import {
  type OrderedPlace,
  type PlainOrder,
  readOrderedMetrics,
} from '../../../core/metric-lists/order-metrics.ts';
import { countMetrics } from '../../../core/metric-lists/select-metrics.ts';
import type { Metric } from '../../../generated/prisma/client.ts';
import type { Context } from '../builder/context.ts';
import { type MetricFilter, toSelection } from './metric-filter.ts';
import { parsePlace, writePlace } from './metric-order.ts';
import { type Page, type PageArgs, readPage, THING_PAGE } from '../builder/page.ts';

/** A metric, and where it stands in its list. */
export interface PlacedMetric<Place, T> {
  readonly place: Place;
  readonly metric: T;
}

/** Reads metrics by their ids, in any order, with what the document asks of them. */
export type FindMetrics<T> = (ids: readonly string[]) => Promise<readonly T[]>;

/** @throws InvalidInputError for a page that is too large, a bad cursor, a bad id */
export async function readOrderedPage<T extends Metric>(options: {
  readonly context: Context;
  readonly args: PageArgs;
  readonly filter: MetricFilter;
  /** What the filter's class looks at. */
  readonly range: BarRange;
  readonly order: PlainOrder;
  readonly findMany: FindMetrics<T>;
}): Promise<Page<T>> {
  const { context, args, range, order, findMany } = options;
  const selection = toSelection(options.filter, context.caller);
  const page = await readPage<PlacedMetric<OrderedPlace, T>, OrderedPlace>({
    args,
    size: THING_PAGE,
    parseCursor: (cursor) => parsePlace(order, cursor),
    writeCursor: ({ place }) => writePlace(order, place),
    read: async (request) =>
      findPlaced(await readOrderedMetrics(context.pool, { ...request, order, selection, range }), findMany),
    countAll: () => countMetrics(context.pool, selection, range),
  });
  return withoutPlaces(page);
}

/** One that was deleted between the two statements is left out. */
export async function findPlaced<Place extends { readonly id: string }, T extends Metric>(
  places: readonly Place[],
  findMany: FindMetrics<T>,
): Promise<readonly PlacedMetric<Place, T>[]> {
  const metrics = await findMany(places.map(({ id }) => id));
  const byId = new Map(metrics.map((metric) => [metric.id, metric]));
  return places.flatMap((place) => {
    const metric = byId.get(place.id);
    return metric === undefined ? [] : [{ place, metric }];
  });
}

export function withoutPlaces<Place, T>(page: Page<PlacedMetric<Place, T>>): Page<T> {
  return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: node.metric })) };
}
