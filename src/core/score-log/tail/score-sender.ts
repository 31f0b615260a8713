/** The log of scores as the leader sends it to its replicas: what is committed from now on, from memory. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ScoreFeed } from '../score-feed.ts';
import { encodeFrame, type FrameDetail } from './score-frame.ts';

type Live = Pick<ScoreFeed, 'readAfter' | 'bounds' | 'sleepUntilGrown'>;

interface ScoreSenderOptions {
  readonly live: Live;
  readonly frames: SharedFrames;
  /** What the replica asks for now. */
  readonly detail: () => FrameDetail;
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

interface NewestFrame {
  readonly after: number;
  /** The end of the log when it was read. */
  readonly last: number;
  readonly frame: Promise<EncodedFrame | null>;
}

/** Replicas that have come as far as each other share what is encoded, and their rests, so that they stay together. */
export class SharedFrames {
  readonly #live: Live;
  readonly #newest = new Map<FrameDetail, NewestFrame>();
  #resting: Promise<void> | null = null;

  constructor(live: Live) {
    this.#live = live;
  }

  /** @returns null where memory holds no more what comes after this offset */
  readAfter(after: number, detail: FrameDetail): Promise<EncodedFrame | null> {
    const { last } = this.#live.bounds();
    const newest = this.#newest.get(detail);
    if (newest?.after === after && newest.last === last) return newest.frame;
    const next = { after, last, frame: this.#encode(after, detail) };
    this.#newest.set(detail, next);
    void this.#forgetLater(detail, next);
    return next.frame;
  }

  /** What could not be read is read again, and scores that are taken back meanwhile are not sent to who comes later. */
  async #forgetLater(detail: FrameDetail, newest: NewestFrame): Promise<void> {
    await newest.frame.catch(() => undefined);
    await this.rest();
    if (this.#newest.get(detail) === newest) this.#newest.delete(detail);
  }

  rest(): Promise<void> {
    return (this.#resting ??= pause(REST_MS).then(() => void (this.#resting = null)));
  }

  async #encode(after: number, detail: FrameDetail): Promise<EncodedFrame | null> {
    const { isStored, upTo, samples } = await this.#live.readAfter(after, MAX_ROWS);
    if (isStored) return null;
    const message = encodeFrame({ after, upTo, samples }, detail);
    return { upTo, message, isFull: samples.length === MAX_ROWS };
  }
}

/**
 * Returns when the signal says so. What memory holds no more is passed over: the replica sees by the offsets that something is
 * missing, and reads it from the database.
 * @param after the last offset the replica knows
 * @throws what `send` throws
 */
export async function sendScores(after: number, options: ScoreSenderOptions): Promise<void> {
  const { live, frames, detail, send, signal } = options;
  let place = after;
  while (!signal.aborted) {
    const { last } = live.bounds();
    if (place >= last) {
      await sleep(live, signal);
      const isBeat = live.bounds().last <= last;
      if (isBeat) await send(encodeFrame({ after: place, upTo: place, samples: [] }, detail()));
      continue;
    }
    const frame = await frames.readAfter(place, detail());
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
