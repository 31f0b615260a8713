/** Pages of metrics by name or time. One statement says which metrics; what is shown of them is found by their ids. */
import {
  type OrderedPlace,
  type PlainOrder,
  readOrderedMetrics,
} from '../../../core/metric-lists/order-metrics.ts';
import { countMetrics } from '../../../core/metric-lists/select-metrics.ts';
import type { Metric } from '../../../generated/prisma/client.ts';
import { toSelection } from './metric-filter.ts';
import { type Page, readPage, THING_PAGE } from '../builder/page.ts';
import { findPlaced, type Placed, withoutPlaces } from '../builder/placed.ts';
import type { MetricList } from './ranked-metrics.ts';
import { decodeCursor, encodeCursor, isTime, isUuid } from '../builder/cursor.ts';

/** @throws InvalidInputError for a page that is too large, a bad cursor, a bad id */
export async function readOrderedPage<T extends Metric>(
  options: MetricList<T> & { readonly order: PlainOrder },
): Promise<Page<T>> {
  const { context, args, range, order, findMany, counted } = options;
  const selection = toSelection(options.filter, context.caller);
  let total: number | null = null;
  const page = await readPage<Placed<OrderedPlace, T>, OrderedPlace>({
    args,
    size: THING_PAGE,
    parseCursor: (cursor) => parsePlace(order, cursor),
    writeCursor: ({ place }) => writePlace(order, place),
    read: async (request) => {
      const question = { ...request, order, selection, range, counted };
      const found = await readOrderedMetrics(context.pool, question);
      total = found.total;
      return findPlaced(found.places, findMany);
    },
    countAll: async () => total ?? countMetrics(context.pool, selection, range),
  });
  return withoutPlaces(page);
}

const TAGS: Readonly<Record<PlainOrder, string>> = { NAME: 'n', CREATED: 'c', LAST_TIMESTAMP: 't' };

function writePlace(order: PlainOrder, { value, id }: OrderedPlace): string {
  return encodeCursor([TAGS[order], value, id]);
}

/** Null for a cursor that is not of this order. */
function parsePlace(order: PlainOrder, cursor: string): OrderedPlace | null {
  const [tag, value, id] = decodeCursor(cursor);
  return tag === TAGS[order] && isValueOf(order, value) && isUuid(id) ? { value, id } : null;
}

function isValueOf(order: PlainOrder, value: unknown): value is OrderedPlace['value'] {
  if (order === 'NAME') return typeof value === 'string' && !value.includes('\0');
  return isTime(value) || (value === null && order === 'LAST_TIMESTAMP');
}
