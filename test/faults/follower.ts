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
  /** Resolves once its cursor has reached the given one, or when nothing has come for a while: its record shows that. */
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
/** A server that breaks its promises may never send what is waited for. */
const SILENCE_LIMIT_MS = 20_000;

/** Who waits for the events of a follower. */
export class Arrivals {
  #waiting: ((came: boolean) => void)[] = [];

  /** An event has come. */
  announce(): void {
    for (const wake of this.#waiting.splice(0)) wake(true);
  }

  /** Resolves once it is so, looked at after each event, or when none has come for SILENCE_LIMIT_MS. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const timer = new AbortController();
      const came = await Promise.race([
        new Promise<boolean>((resolve) => this.#waiting.push(resolve)),
        pause(SILENCE_LIMIT_MS, false, { signal: timer.signal }).catch(() => false),
      ]);
      timer.abort();
      if (!came) return;
    }
  }
}

/** Of the log; a cursor names it last. */
export function placeOf(cursor: string): number {
  return Number(cursor.split('.').at(-1));
}

/** @param from the cursor to begin at */
export function follow(url: string, transport: 'ws' | 'sse', from: string): Follower {
  const record: string[] = [];
  let cursor = from;
  let brokenChains = 0;
  const stopping = new AbortController();
  const isStopped = () => stopping.signal.aborted;
  const arrivals = new Arrivals();
  const onEvent = (event: ScoreEvent) => {
    if (event.prev !== cursor) brokenChains += 1;
    cursor = event.cursor;
    for (const { rowId, metric } of event.scores) record.push(`${metric.name} ${rowId}`);
    arrivals.announce();
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
    reach: (goal) => arrivals.until(() => placeOf(cursor) >= placeOf(goal)),
    stop: async () => {
      stopping.abort();
      await current?.dispose();
      await watching;
    },
  };
}
