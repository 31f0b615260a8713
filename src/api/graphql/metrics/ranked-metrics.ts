/**
 * Pages of metrics by how anomalous they were. A cursor holds the window it is a place of, so that the pages of one
 * list are of one window however long the reader takes; the rank of a metric may still rise between two pages.
 */
import type { BarRange } from '../../../core/bars/bar-window.ts';
import { type RankedPlace, readRankedMetrics } from '../../../core/metric-lists/rank-metrics.ts';
import { countMetrics } from '../../../core/metric-lists/select-metrics.ts';
import type { Metric } from '../../../generated/prisma/client.ts';
import type { Context } from '../builder/context.ts';
import { type MetricFilter, toSelection } from './metric-filter.ts';
import { decodeCursor, encodeCursor, isTime, isUuid } from '../builder/cursor.ts';
import { type FindMany, findPlaced, type Placed, withoutPlaces } from '../builder/placed.ts';
import { type Page, type PageArgs, readPage, THING_PAGE } from '../builder/page.ts';

/** A page of metrics to read. */
export interface MetricList<T> {
  readonly context: Context;
  readonly args: PageArgs;
  readonly filter: MetricFilter;
  /** The window that ends now: what the rank, and the filter's class, look at. */
  readonly range: BarRange;
  readonly findMany: FindMany<T>;
  /** Whether the document selects how many there are. */
  readonly counted: boolean;
}

interface Place extends RankedPlace {
  readonly toMs: number;
}

/** @throws InvalidInputError for a page that is too large, a bad cursor, a bad id */
export async function readRankedPage<T extends Metric>(options: MetricList<T>): Promise<Page<T>> {
  const { context, args, findMany, counted } = options;
  const selection = toSelection(options.filter, context.caller);
  let { range } = options;
  let total: number | null = null;
  const page = await readPage<Placed<RankedPlace, T>, Place>({
    args,
    size: THING_PAGE,
    parseCursor: (cursor) => parseCursor(cursor, range),
    writeCursor: ({ place }) => writeCursor(place, range),
    read: async ({ after, before, limit, fromEnd }) => {
      range = moveTo(range, (after ?? before)?.toMs ?? range.toMs);
      const found = await readRankedMetrics(context.pool, {
        selection,
        range,
        after,
        before,
        limit,
        fromEnd,
        counted,
      });
      total = found.total;
      return findPlaced(found.places, findMany);
    },
    countAll: async () => total ?? countMetrics(context.pool, selection, range),
  });
  return withoutPlaces(page);
}

function moveTo(range: BarRange, toMs: number): BarRange {
  return { ...range, fromMs: range.fromMs + toMs - range.toMs, toMs };
}

function writeCursor({ rank, name, id }: RankedPlace, { minutes, toMs }: BarRange): string {
  return encodeCursor(['a', minutes, toMs, rank, name, id]);
}

function parseCursor(cursor: string, range: BarRange): Place | null {
  const [tag, minutes, toMs, rank, name, id] = decodeCursor(cursor);
  if (tag !== 'a' || minutes !== range.minutes) return null;
  if (!isTime(toMs) || !Number.isSafeInteger(toMs)) return null;
  if (typeof rank !== 'string' || !/^\d{1,18}$/.test(rank)) return null;
  if (typeof name !== 'string' || name.includes('\0') || !isUuid(id)) return null;
  return { toMs, rank, name, id };
}
