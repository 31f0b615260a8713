/** Metrics that wait for a time to pass, gathered in waves so that thousands of them cost a few timers. */

/** Metric numbers with the newest time each had when it last joined, in milliseconds since 1970. */
export type Wave = ReadonlyMap<number, number>;

export interface DueWaves {
  /** @param newestMs never less than it was the time before */
  readonly add: (metricNumber: number, newestMs: number) => void;
  /** Milliseconds until the next wave is due, 0 when one is; null when none waits. */
  readonly waitMs: () => number | null;
  /** Takes the first wave, if it is due. */
  readonly take: () => Wave | null;
  /** Metrics waiting, one that is in two waves twice. */
  readonly size: number;
}

/** A wave takes what comes during a tenth of the window: nobody waits longer than that beyond it. */
const WAVES_PER_WINDOW = 10;
/** When taking them falls behind, the last one takes everybody. */
const MAX_WAVES = 2 * WAVES_PER_WINDOW;

interface OpenWave {
  readonly newest: Map<number, number>;
  readonly openedMs: number;
  dueMs: number;
}

/** @param now any clock that never goes back, in milliseconds */
export function createDueWaves(windowMs: number, now: () => number): DueWaves {
  const waves: OpenWave[] = [];

  const findOpen = (): OpenWave => {
    const last = waves.at(-1);
    const isOpen = last !== undefined && now() - last.openedMs < windowMs / WAVES_PER_WINDOW;
    if (last !== undefined && (isOpen || waves.length >= MAX_WAVES)) return last;
    const opened = { newest: new Map<number, number>(), openedMs: now(), dueMs: 0 };
    waves.push(opened);
    return opened;
  };

  return {
    add: (metricNumber, newestMs) => {
      const wave = findOpen();
      wave.newest.set(metricNumber, newestMs);
      // Of the last to join: each waits for the whole window at least.
      wave.dueMs = now() + windowMs;
    },
    waitMs: () => {
      const [first] = waves;
      return first === undefined ? null : Math.max(0, first.dueMs - now());
    },
    take: () => {
      const [first] = waves;
      if (first === undefined || first.dueMs > now()) return null;
      waves.shift();
      return first.newest;
    },
    get size() {
      return waves.reduce((sum, { newest }) => sum + newest.size, 0);
    },
  };
}
