/** Stored scores by pages and by number, for lists. The live log is in score-feed.ts. */
import type pg from 'pg';
import type { Registry } from '../metrics/registry.ts';
import type { ScoredSample } from '../samples/stored-sample.ts';
import {
  countLog,
  type LogSelection,
  type ScoredPlace,
  searchLog,
  searchMostAnomalous,
} from './search-log.ts';
import { leastScore, narrowsMetrics, type ScoreFilter } from './score-filter.ts';
import { findMetrics } from './find-metrics.ts';

export interface PageFilter extends ScoreFilter {
  /** Of the samples within their metrics. */
  readonly rowIds?: readonly number[];
  /** Both ends belong to the page. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

export interface PageOptions {
  readonly filter: PageFilter;
  /** Cursor of the last row seen; null from the first row on. */
  readonly after: string | null;
  readonly first: number;
}

export interface ScorePage {
  readonly rows: readonly ScoredSample[];
  readonly hasMore: boolean;
}

interface Parts {
  readonly pool: pg.Pool;
  readonly registry: Pick<Registry, 'all'>;
}

/** Oldest first. @param after the last offset seen */
export async function readOldest(
  parts: Parts,
  { filter, after, first }: Omit<PageOptions, 'after'> & { readonly after: number },
): Promise<ScorePage> {
  const selection = await selectScores(filter, parts);
  return cutPage(await searchLog(parts.pool, after, selection, first + 1), first);
}

/** The highest scores first. @param after the last place seen; null from the first on */
export async function readMostAnomalous(
  parts: Parts,
  { filter, after, first }: Omit<PageOptions, 'after'> & { readonly after: ScoredPlace | null },
): Promise<ScorePage> {
  const selection = await selectScores(filter, parts);
  return cutPage(await searchMostAnomalous(parts.pool, after, selection, first + 1), first);
}

/** How many scores there are on all pages of a filter. */
export async function countScores(parts: Parts, filter: PageFilter): Promise<number> {
  return countLog(parts.pool, await selectScores(filter, parts));
}

/** What a filter means to the log: the metrics it is about are known in memory, but for their tags. */
async function selectScores(filter: PageFilter, parts: Parts): Promise<LogSelection> {
  const metricNumbers = narrowsMetrics(filter)
    ? (await findMetrics(filter, parts)).map(({ number }) => number)
    : null;
  const { rowIds = null, fromMs = null, toMs = null } = filter;
  return { metricNumbers, rowIds, leastScore: leastScore(filter), fromMs, toMs };
}

/** @param rows one more than the page holds: whether it is there says whether there is more */
function cutPage(rows: readonly ScoredSample[], first: number): ScorePage {
  return { rows: rows.slice(0, first), hasMore: rows.length > first };
}
