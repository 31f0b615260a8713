/** The log of scores as the leader sends it to one replica: what is committed from now on, from memory. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ScoreFeed } from '../score-feed.ts';
import { encodeFrame } from './score-frame.ts';

interface ScoreSenderOptions {
  readonly live: Pick<ScoreFeed, 'readAfter' | 'bounds' | 'sleepUntilGrown'>;
  /** Resolves once it can take more. @throws where it cannot any more */
  readonly send: (message: Uint8Array) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Rows of one message. */
const MAX_ROWS = 2_000;
/** So often something is sent at least: what hears nothing for longer knows that the way is cut. */
const BEAT_MS = 1_000;
/** Commits of a busy leader that come within this share a message. */
const REST_MS = 10;

/**
 * Returns when the signal says so. What memory holds no more is passed over: the replica sees by the offsets that something is
 * missing, and reads it from the database.
 * @param after the last offset the replica knows
 * @throws what `send` throws
 */
export async function sendScores(after: number, { live, send, signal }: ScoreSenderOptions): Promise<void> {
  let place = after;
  while (!signal.aborted) {
    const { last } = live.bounds();
    if (place >= last) {
      await sleep(live, signal);
      if (live.bounds().last <= last) await send(encodeFrame({ after: place, upTo: place, samples: [] }));
      continue;
    }
    const page = await live.readAfter(place, MAX_ROWS);
    if (page.isStored) {
      place = live.bounds().last;
      continue;
    }
    await send(encodeFrame({ after: place, upTo: page.upTo, samples: page.samples }));
    place = page.upTo;
    if (page.samples.length < MAX_ROWS) await pause(REST_MS);
  }
}

async function sleep(live: ScoreSenderOptions['live'], signal: AbortSignal): Promise<void> {
  const grown = live.sleepUntilGrown(BEAT_MS);
  const wake = () => grown.cancel();
  signal.addEventListener('abort', wake);
  await grown.done;
  signal.removeEventListener('abort', wake);
}
