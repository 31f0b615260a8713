/** What a follower of the log has read and not yet stored anything of. */
import type pg from 'pg';
import type { ScoredSample } from '../samples/stored-sample.ts';

export interface Gathered {
  /** In the order of their places. */
  readonly add: (scores: readonly ScoredSample[]) => void;
  /** The scores of the metric given so far were taken back. */
  readonly forget: (metricNumber: number) => void;
  readonly metricNumbers: () => ReadonlySet<number>;
  /** Too much to hold more of it. */
  readonly isFull: () => boolean;
  /**
   * Stores what is to be made of all of it, but of metrics that are not watched (any more) nothing. Whatever it writes
   * by `client` is committed with the follower's position, or not at all.
   */
  readonly write: (client: pg.PoolClient, watched: ReadonlySet<number>) => Promise<void>;
}

const MOST_ROWS = 8000;

/** Keeps the rows themselves. @param apply is given them in the order of their places; never none */
export function gatherRows(
  apply: (client: pg.PoolClient, scores: readonly ScoredSample[]) => Promise<void>,
  mostRows = MOST_ROWS,
): Gathered {
  let rows: ScoredSample[] = [];
  return {
    add: (scores) => {
      for (const score of scores) rows.push(score);
    },
    forget: (forgotten) => {
      rows = rows.filter(({ metricNumber }) => metricNumber !== forgotten);
    },
    metricNumbers: () => new Set(rows.map(({ metricNumber }) => metricNumber)),
    isFull: () => rows.length >= mostRows,
    write: async (client, watched) => {
      const kept = rows.filter(({ metricNumber }) => watched.has(metricNumber));
      if (kept.length > 0) await apply(client, kept);
    },
  };
}
