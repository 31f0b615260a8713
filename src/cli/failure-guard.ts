/**
 * Failures nothing was there to catch: a promise that was rejected unheard, a listener that threw. Each has cost its own
 * unit of work, so the server goes on; what is acknowledged is committed by then. Many of them at once are no accident
 * any more: the server stops then, and whatever runs it starts it again.
 */
import type { Log } from '../log.ts';

export interface FailureGuard {
  /** Resolves with the last one when there were too many. */
  readonly tooMany: Promise<Error>;
  /** To be called with each one from now on; those that came before are reported at once. */
  readonly onFailure: (report: () => void) => void;
  /** From then on a failure ends the process, as it does by itself. */
  readonly stop: () => void;
}

/** A job that runs every few seconds, and fails every time, stays below it. */
const MAX_FAILURES = 100;
const WINDOW_MS = 60_000;

/** @param clockMs milliseconds of a clock that never goes back */
export function guardProcess(log: Log, clockMs: () => number = () => performance.now()): FailureGuard {
  let times: readonly number[] = [];
  let unreported = 0;
  let report: () => void = () => (unreported += 1);
  let end: (error: Error) => void = () => undefined;
  const tooMany = new Promise<Error>((resolve) => (end = resolve));
  const note = (failure: unknown) => {
    const error = failure instanceof Error ? failure : new Error(String(failure));
    log.error({ err: error }, 'unexpected failure; it cost what it happened in, and the server goes on');
    report();
    const nowMs = clockMs();
    times = [...times.filter((timeMs) => nowMs - timeMs < WINDOW_MS), nowMs];
    if (times.length < MAX_FAILURES) return;
    log.fatal(
      { failures: times.length, seconds: WINDOW_MS / 1000 },
      'too many unexpected failures; stopping',
    );
    end(error);
  };
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  return {
    tooMany,
    onFailure: (reportTo) => {
      for (; unreported > 0; unreported -= 1) reportTo();
      report = reportTo;
    },
    stop: () => {
      process.off('uncaughtException', note);
      process.off('unhandledRejection', note);
    },
  };
}
