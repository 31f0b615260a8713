/** What a follower of the log has read and not yet stored anything of. */
import type pg from 'pg';
import type { ScoredSample } from '../samples/stored-sample.ts';

export interface Gathered {
  /** In the order of the log. */
  readonly add: (scores: readonly ScoredSample[]) => void;
  /** The scores of the metric given so far were taken back. */
  readonly forget: (metricNumber: number) => void;
  readonly metricNumbers: () => ReadonlySet<number>;
  /** Too much to hold more of it. */
  readonly isFull: () => boolean;
  /**
   * Stores what is to be made of all of it, but of metrics that are not monitored (any more) nothing. What it writes by
   * `client` is committed with the follower's offset, or not at all.
   */
  readonly write: (client: pg.PoolClient, monitored: ReadonlySet<number>) => Promise<void>;
}

const MAX_ROWS = 8000;

/** Keeps the rows themselves. @param apply is given them in the order of the log; never none */
export function gatherRows(
  apply: (client: pg.PoolClient, scores: readonly ScoredSample[]) => Promise<void>,
  maxRows = MAX_ROWS,
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
    isFull: () => rows.length >= maxRows,
    write: async (client, monitored) => {
      const kept = rows.filter(({ metricNumber }) => monitored.has(metricNumber));
      if (kept.length > 0) await apply(client, kept);
    },
  };
}
