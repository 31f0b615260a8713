/** A client that keeps its cursor and resumes by it, as the README tells, over WebSocket or an event stream. */
import { setTimeout as pause } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

export interface Follower {
  /** Every score in the order it came, as `name rowId`. */
  readonly record: readonly string[];
  /** Events whose `prev` was not the cursor kept. */
  readonly brokenChains: () => number;
  /** Resolves once its cursor has reached the given one. */
  readonly reach: (cursor: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

interface ScoreEvent {
  readonly prev: string;
  readonly cursor: string;
  readonly scores: readonly { readonly rowId: number; readonly metric: { readonly name: string } }[];
}

const FOLLOW = `subscription Follow($after: String) { anomalyScores(after: $after, lingerMs: 10) {
  prev cursor scores { rowId metric { name } } } }`;
const RECONNECT_MS = 50;

/** @param from the cursor to begin at */
export function follow(url: string, transport: 'ws' | 'sse', from: string): Follower {
  const record: string[] = [];
  let cursor = from;
  let brokenChains = 0;
  const stopping = new AbortController();
  const isStopped = () => stopping.signal.aborted;
  let arrived: (() => void)[] = [];
  const onEvent = (event: ScoreEvent) => {
    if (event.prev !== cursor) brokenChains += 1;
    cursor = event.cursor;
    for (const { rowId, metric } of event.scores) record.push(`${metric.name} ${rowId}`);
    for (const wake of arrived.splice(0)) wake();
  };
  const connect =
    transport === 'ws'
      ? () => createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 })
      : () => createSseClient({ url, retryAttempts: 0 });

  let current: ReturnType<typeof connect> | null = null;
  const watching = (async () => {
    while (!isStopped()) {
      current = connect();
      try {
        const events = current.iterate<{ anomalyScores: ScoreEvent }>({
          query: FOLLOW,
          variables: { after: cursor },
        });
        for await (const { data } of events) if (data) onEvent(data.anomalyScores);
      } catch {
        // The connection or the server went away: resume from the cursor, a moment later.
      }
      await current.dispose();
      if (!isStopped()) await pause(RECONNECT_MS);
    }
  })();
  return {
    record,
    brokenChains: () => brokenChains,
    reach: async (goal) => {
      while (cursor !== goal) await new Promise<void>((resolve) => arrived.push(resolve));
    },
    stop: async () => {
      stopping.abort();
      arrived = [];
      await current?.dispose();
      await watching;
    },
  };
}
