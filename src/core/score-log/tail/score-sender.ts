/** The log of scores as the leader sends it to its replicas: what is committed from now on, from memory. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ScoreFeed } from '../score-feed.ts';
import { encodeFrame } from './score-frame.ts';

type Live = Pick<ScoreFeed, 'readAfter' | 'bounds' | 'sleepUntilGrown'>;

interface ScoreSenderOptions {
  readonly live: Live;
  readonly frames: SharedFrames;
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

interface EncodedFrame {
  readonly upTo: number;
  readonly message: Uint8Array;
  /** There may be more already. */
  readonly isFull: boolean;
}

/** Replicas that have come as far as each other share what is encoded, and their rests, so that they stay together. */
export class SharedFrames {
  readonly #live: Live;
  #newest: { after: number; last: number; frame: Promise<EncodedFrame | null> } | null = null;
  #resting: Promise<void> | null = null;

  constructor(live: Live) {
    this.#live = live;
  }

  /** @returns null where memory holds no more what comes after this offset */
  readAfter(after: number): Promise<EncodedFrame | null> {
    const { last } = this.#live.bounds();
    if (this.#newest?.after !== after || this.#newest.last !== last) {
      const newest = { after, last, frame: this.#encode(after) };
      this.#newest = newest;
      void this.#forgetLater(newest);
    }
    return this.#newest.frame;
  }

  /** What could not be read is read again, and scores that are taken back meanwhile are not sent to who comes later. */
  async #forgetLater(newest: { readonly frame: Promise<unknown> }): Promise<void> {
    await newest.frame.catch(() => undefined);
    await this.rest();
    if (this.#newest === newest) this.#newest = null;
  }

  rest(): Promise<void> {
    return (this.#resting ??= pause(REST_MS).then(() => void (this.#resting = null)));
  }

  async #encode(after: number): Promise<EncodedFrame | null> {
    const { isStored, upTo, samples } = await this.#live.readAfter(after, MAX_ROWS);
    if (isStored) return null;
    return { upTo, message: encodeFrame({ after, upTo, samples }), isFull: samples.length === MAX_ROWS };
  }
}

/**
 * Returns when the signal says so. What memory holds no more is passed over: the replica sees by the offsets that something is
 * missing, and reads it from the database.
 * @param after the last offset the replica knows
 * @throws what `send` throws
 */
export async function sendScores(after: number, options: ScoreSenderOptions): Promise<void> {
  const { live, frames, send, signal } = options;
  let place = after;
  while (!signal.aborted) {
    const { last } = live.bounds();
    if (place >= last) {
      await sleep(live, signal);
      if (live.bounds().last <= last) await send(encodeFrame({ after: place, upTo: place, samples: [] }));
      continue;
    }
    const frame = await frames.readAfter(place);
    if (frame === null) {
      place = live.bounds().last;
      continue;
    }
    await send(frame.message);
    place = frame.upTo;
    if (!frame.isFull) await frames.rest();
  }
}

async function sleep(live: Live, signal: AbortSignal): Promise<void> {
  const grown = live.sleepUntilGrown(BEAT_MS);
  const wake = () => grown.cancel();
  signal.addEventListener('abort', wake);
  await grown.done;
  signal.removeEventListener('abort', wake);
}
