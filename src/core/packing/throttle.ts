/** Keeps packing out of the way of all else: after each piece of work it rests, longer while others are busy. */
import { setImmediate } from 'node:timers/promises';
import { createLoopLoad } from '../../platform/runtime/loop-load.ts';
import { Signal } from '../../platform/runtime/signal.ts';

/** As many times as long as a piece of work took nothing is packed; while others are busy, the second. */
const REST_FACTOR = 1;
const BUSY_REST_FACTOR = 19;
/** Packing alone takes less of the event loop, points that come as fast as they are taken nearly all. */
const BUSY_LOAD = 0.6;

/** A piece of work was not finished, since the packer was asked to stop: nothing is wrong. */
export class PackingStoppedError extends Error {
  override readonly name = 'PackingStoppedError';
}

/**
 * @param options.countWaiting how many points wait to be written
 * @param options.readLoad the share of the event loop taken since the last call, from 0 to 1; of this process when left out
 * @returns whether others need the event loop or the database now
 */
export function createBusyTest({
  countWaiting,
  readLoad = createLoopLoad(),
}: {
  readonly countWaiting: () => number;
  readonly readLoad?: () => number;
}): () => boolean {
  return () => {
    // Asked each time, whatever waits: the load is that since the last call.
    const load = readLoad();
    // Between two batches no points wait, however many come.
    return load > BUSY_LOAD || countWaiting() > 0;
  };
}

export class Throttle {
  readonly #isBusy: () => boolean;
  readonly #restFactor: number | undefined;
  readonly #stopping = new Signal();
  #isStopped = false;
  #beganMs = 0;

  /** @param restFactor rests are as many times as long as the work, busy or not; by `isBusy` when left out */
  constructor(isBusy: () => boolean, restFactor?: number) {
    this.#isBusy = isBusy;
    this.#restFactor = restFactor;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Ends rests and waits, now and later. */
  stop(): void {
    this.#isStopped = true;
    this.#stopping.wake();
  }

  /** Ends early when it is stopped. */
  async wait(ms: number): Promise<void> {
    if (!this.#isStopped) await this.#stopping.wait(ms).done;
  }

  /** A piece of work begins; another begins after each rest. */
  begin(): void {
    this.#beganMs = performance.now();
  }

  /** After a piece of work. @throws PackingStoppedError when there must not be another one */
  async rest(): Promise<void> {
    const restMs = this.chooseRestMs(performance.now() - this.#beganMs);
    // A wait of nothing takes a millisecond.
    if (restMs === 0) await setImmediate();
    else await this.wait(restMs);
    if (this.#isStopped) throw new PackingStoppedError('packing was asked to stop');
    this.begin();
  }

  chooseRestMs(workedMs: number): number {
    return workedMs * (this.#restFactor ?? (this.#isBusy() ? BUSY_REST_FACTOR : REST_FACTOR));
  }
}
