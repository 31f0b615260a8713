/** Cursors of the lists of metrics: a place in an order, which no page then repeats or skips. */
import type { OrderedPlace, PlainOrder } from '../../../core/metric-lists/order-metrics.ts';
import { decodeCursor, encodeCursor, isTime, isUuid } from '../builder/cursor.ts';

const TAGS: Readonly<Record<PlainOrder, string>> = { NAME: 'n', CREATED: 'c', LAST_TIMESTAMP: 't' };

export function writePlace(order: PlainOrder, { value, id }: OrderedPlace): string {
  return encodeCursor([TAGS[order], value, id]);
}

/** Null for a cursor that is not of this order. */
export function parsePlace(order: PlainOrder, cursor: string): OrderedPlace | null {
  const [tag, value, id] = decodeCursor(cursor);
  return tag === TAGS[order] && isValueOf(order, value) && isUuid(id) ? { value, id } : null;
}

function isValueOf(order: PlainOrder, value: unknown): value is OrderedPlace['value'] {
  if (order === 'NAME') return typeof value === 'string' && !value.includes('\0');
  return isTime(value) || (value === null && order === 'LAST_TIMESTAMP');
}
