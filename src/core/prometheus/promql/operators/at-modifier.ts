/** `@`: https://prometheus.io/docs/prometheus/latest/querying/basics/#modifier */
import type { Selector, Subquery } from '../expression.ts';
import { type Grid, timeOf } from '../value.ts';

/**
 * @param query the steps of the whole query, whose first and last are `start()` and `end()`
 * @returns what gives the same at the first step of the grid, by its offset
 */
export function applyAtModifier<Of extends Selector | Subquery>(of: Of, grid: Grid, query: Grid): Of {
  const { at } = of;
  if (at === null) return of;
  const ends = { start: query.startMs, end: timeOf(query, query.count - 1) };
  const atMs = typeof at === 'number' ? at : ends[at];
  return { ...of, at: null, offsetMs: grid.startMs - atMs + of.offsetMs };
}
