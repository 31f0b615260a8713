/**
 * Every score, live. The feed keeps the cursor of what it has passed on: after a break it goes on from there, so
 * nothing is missed and nothing comes twice.
 */
import type { Client } from 'graphql-ws';
import { type AnomalyScoresSubscription, AnomalyScoresDocument } from '../generated/graphql.ts';
import { keepSubscribed } from './keep-subscribed.ts';

export type LiveScore = AnomalyScoresSubscription['anomalyScores']['scores'][number];

export interface ScoreFeed {
  /** Ends it. */
  readonly stop: () => void;
}

/**
 * @param options.after cursor to go on from; null for what comes from now on
 * @param options.metricIds only these metrics; all when left out
 * @param options.onScores scores in the order they were made
 * @param options.onLost the place is gone (expired, or the database is another one), or the server refused for a moment: ask for
 *   everything anew; the feed goes on from now
 */
export function followScores(
  client: Client,
  options: {
    readonly after: string | null;
    readonly metricIds?: readonly string[];
    readonly lingerMs?: number;
    readonly onScores: (scores: readonly LiveScore[]) => void;
    readonly onLost: () => void;
  },
): ScoreFeed {
  let cursor = options.after;
  const variables = {
    // Read whenever the operation is sent, after each break too.
    get after() {
      return cursor;
    },
    filter: options.metricIds === undefined ? null : { metricIds: [...options.metricIds] },
    lingerMs: options.lingerMs ?? 250,
  };
  let isStopped = false;
  const lose = () => {
    if (!isStopped) options.onLost();
  };
  const end = keepSubscribed(client, { document: AnomalyScoresDocument, variables }, (data) => {
    if (data === null) {
      // What is asked for next goes on from now: it is sent after this.
      cursor = null;
      lose();
      return;
    }
    const { prev, cursor: next, scores } = data.anomalyScores;
    if (cursor !== null && prev !== cursor) {
      lose();
      return;
    }
    cursor = next;
    if (scores.length > 0) options.onScores(scores);
  });
  return {
    stop: () => {
      isStopped = true;
      end();
    },
  };
}
