/** Keeps a server process running: starts it again when it ends, with pauses that grow while it keeps ending. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../log.ts';

export interface SupervisedProcess {
  /** Settles when the process has ended, with the reason. Never rejects. */
  readonly exited: Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface Supervision {
  /** Ends the process for good. */
  readonly stop: () => Promise<void>;
}

const FIRST_PAUSE_MS = 100;
/** Short enough that the server is back within seconds of the cause being cured. */
const MAX_PAUSE_MS = 3_000;
/** A process that stayed up this long is well again: the next pause is the first. */
const STABLE_MS = 60_000;

/**
 * Starts the process, and again whenever it ends. The first start is not repeated.
 * @param options.onDown called with the reason each time it has ended by itself
 * @param options.onUp called each time it is up again
 * @throws whatever the first launch throws
 */
export async function supervise(options: {
  readonly launch: () => Promise<SupervisedProcess>;
  readonly log: Log;
  readonly onDown: (reason: string) => void;
  readonly onUp: () => void;
}): Promise<Supervision> {
  const stopping = new AbortController();
  const isStopping = () => stopping.signal.aborted;
  let current = await options.launch();
  const watching = (async () => {
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const startedAt = performance.now();
      const reason = await current.exited;
      if (isStopping()) return;
      options.onDown(reason);
      if (performance.now() - startedAt > STABLE_MS) pauseMs = FIRST_PAUSE_MS;
      const next = await relaunch(options, pauseMs, stopping.signal);
      if (next === null) return;
      current = next.process;
      if (isStopping()) return current.stop();
      pauseMs = Math.min(next.pauseMs * 2, MAX_PAUSE_MS);
      options.onUp();
    }
  })();
  const stop = async () => {
    stopping.abort();
    await current.stop();
    await watching;
  };
  return { stop };
}

/** Tries until it works. @returns null when it was stopped */
async function relaunch(
  { launch, log }: { launch: () => Promise<SupervisedProcess>; log: Log },
  firstPauseMs: number,
  stopping: AbortSignal,
): Promise<{ process: SupervisedProcess; pauseMs: number } | null> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    const pause = sleep(pauseMs, 'over', { signal: stopping });
    if ((await pause.catch(() => 'stopped')) === 'stopped') return null;
    try {
      return { process: await launch(), pauseMs };
    } catch (error) {
      log.error({ err: error }, 'the database could not be started again');
    }
  }
}
