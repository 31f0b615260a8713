import { setTimeout as sleep } from 'node:timers/promises';

/** Pauses between tries of work in the background, each twice as long as the one before until a try goes well. */
export interface RetryPause {
  /** How long the next one is, in milliseconds. */
  readonly ms: number;
  readonly wait: () => Promise<void>;
  /** To be called when a try went well. */
  readonly reset: () => void;
}

const FIRST_MS = 500;
const MAX_MS = 30_000;

/** @param sleep may end early, when there is nothing left to try for */
export function createRetryPause(sleep: (ms: number) => Promise<void>): RetryPause {
  let ms = FIRST_MS;
  return {
    get ms() {
      return ms;
    },
    wait: async () => {
      const pauseMs = ms;
      ms = Math.min(2 * ms, MAX_MS);
      await sleep(pauseMs);
    },
    reset: () => {
      ms = FIRST_MS;
    },
  };
}

/** A minute and a half in all. */
const MAX_TRIES = 8;

/**
 * Tries again what was refused because of the moment. The pauses are of unequal length: those who were refused together do
 * not come back together.
 * @throws what the last try threw, or the first that is not of the moment
 */
export async function retryWhileBusy<T>(
  attempt: () => Promise<T>,
  isBusy: (error: unknown) => boolean,
): Promise<T> {
  const pause = createRetryPause((ms) => sleep(ms * (0.5 + Math.random())));
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === MAX_TRIES || !isBusy(error)) throw error;
    }
    await pause.wait();
  }
}
