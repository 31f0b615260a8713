/** A client that takes one event of a member and goes on at the next member, with the cursor it has. */
import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { setTimeout as pause } from 'node:timers/promises';
import { Arrivals, type Follower, placeOf } from '../faults/follower.ts';

interface ScoreEvent {
  readonly prev: string;
  readonly cursor: string;
  readonly scores: readonly { readonly rowId: number; readonly metric: { readonly name: string } }[];
}

const FOLLOW = `subscription Follow($after: String) { anomalyScores(after: $after, lingerMs: 10, maxBatch: 500) {
  prev cursor scores { rowId metric { name } } } }`;
const RETRY_MS = 50;
/** A member that has nothing new for as long is left, too. */
const EVENT_LIMIT_MS = 2_000;

/** @param urls of the members' GraphQL @param from the cursor to begin at */
export function wander(urls: readonly string[], transport: 'ws' | 'sse', from: string): Follower {
  const record: string[] = [];
  let cursor = from;
  let brokenChains = 0;
  const arrivals = new Arrivals();
  const stopping = new AbortController();
  const wandering = (async () => {
    for (let turn = 0; !stopping.signal.aborted; turn++) {
      const event = await takeOne(urls[turn % urls.length] ?? '', transport, cursor).catch(() => null);
      if (event === null) {
        await pause(RETRY_MS);
        continue;
      }
      if (event.prev !== cursor) brokenChains += 1;
      cursor = event.cursor;
      for (const { rowId, metric } of event.scores) record.push(`${metric.name} ${rowId}`);
      arrivals.announce();
    }
  })();
  return {
    record,
    brokenChains: () => brokenChains,
    reach: (goal) => arrivals.until(() => placeOf(cursor) >= placeOf(goal)),
    stop: async () => {
      stopping.abort();
      await wandering;
    },
  };
}

async function takeOne(url: string, transport: 'ws' | 'sse', after: string): Promise<ScoreEvent | null> {
  const client =
    transport === 'ws'
      ? createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 })
      : createSseClient({ url, retryAttempts: 0 });
  const events = client.iterate<{ anomalyScores: ScoreEvent }>({ query: FOLLOW, variables: { after } });
  try {
    const next = await Promise.race([events.next(), pause(EVENT_LIMIT_MS, null)]);
    return next === null || next.done === true ? null : (next.value.data?.anomalyScores ?? null);
  } finally {
    await client.dispose();
  }
}
