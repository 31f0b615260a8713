/** The metrics a filter of scores is about. */
import type pg from 'pg';
import { readTagged } from '../metrics/read-tagged.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import { compileMetricTest, type ScoreFilter } from './score-filter.ts';

/** At most one statement, and none where the filter asks for no tags. */
export async function findMetrics(
  filter: ScoreFilter,
  { pool, registry }: { readonly pool: Pick<pg.Pool, 'query'>; readonly registry: Pick<Registry, 'all'> },
): Promise<readonly MetricEntry[]> {
  const found = [...registry.all()].filter(compileMetricTest(filter));
  if (filter.tags === undefined) return found;
  const tagged = new Set(
    await readTagged(
      pool,
      filter.tags,
      found.map(({ number }) => number),
    ),
  );
  return found.filter(({ number }) => tagged.has(number));
}
