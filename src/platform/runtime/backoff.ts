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
