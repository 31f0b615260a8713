/** How far long work has come: a bar with rate and time left on a terminal, a JSON line now and then elsewhere. */
import type { WriteStream } from 'node:tty';
import { SingleBar } from 'cli-progress';

export interface Progress {
  /** So many more are done; 1 when left out. */
  tick(count?: number): void;
  /** The work is over, complete or not: the last state is shown and the terminal given back. */
  end(): void;
}

/** What is shown at one moment. */
export interface ProgressState {
  /** What is being done, in a word or two: "import". */
  readonly what: string;
  readonly done: number;
  /** Null where nobody knows. */
  readonly total: number | null;
  /** Done per second since the beginning. */
  readonly perSecond: number;
  /** Null before the first is done and where the total is unknown. */
  readonly secondsLeft: number | null;
}

type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>;

const JSON_LINE_EVERY_MS = 10_000;

/**
 * @param options.total how many there are in all; null where nobody knows
 * @param options.stream standard error when left out: standard output may be the work's result
 */
export function createProgress(options: {
  readonly total: number | null;
  readonly what: string;
  readonly stream?: Output;
  /** Milliseconds of a clock that never goes back. */
  readonly clockMs?: () => number;
}): Progress {
  const { total, what, stream = process.stderr, clockMs = () => performance.now() } = options;
  const startedMs = clockMs();
  let done = 0;
  const describe = () => describeProgress({ what, done, total, elapsedMs: clockMs() - startedMs });
  const display = stream.isTTY === true ? showBar(stream, describe) : writeLines(stream, describe);
  let isOver = false;
  return {
    tick(count = 1) {
      done += count;
      display.update();
    },
    end() {
      if (isOver) return;
      isOver = true;
      display.end();
    },
  };
}

export function describeProgress(at: {
  readonly what: string;
  readonly done: number;
  readonly total: number | null;
  readonly elapsedMs: number;
}): ProgressState {
  const { what, done, total, elapsedMs } = at;
  const perSecond = elapsedMs > 0 ? (done * 1000) / elapsedMs : 0;
  const secondsLeft = total === null || perSecond === 0 ? null : Math.max(0, total - done) / perSecond;
  return {
    what,
    done,
    total,
    perSecond: Math.round(perSecond * 10) / 10,
    secondsLeft: secondsLeft === null ? null : Math.ceil(secondsLeft),
  };
}

interface Display {
  update(): void;
  end(): void;
}

function showBar(stream: Output, describe: () => ProgressState): Display {
  const { what, total } = describe();
  const format =
    total === null
      ? `${what} {value} · {perSecond}/s`
      : `${what} {bar} {percentage}% · {value}/{total} · {perSecond}/s · {timeLeft} left`;
  const bar = new SingleBar({ format, stream, hideCursor: true, fps: 5, gracefulExit: false });
  const show = () => {
    const state = describe();
    bar.update(state.done, { perSecond: state.perSecond, timeLeft: showSeconds(state.secondsLeft) });
  };
  bar.start(total ?? 0, 0, { perSecond: 0, timeLeft: showSeconds(null) });
  return {
    update: show,
    end: () => {
      show();
      bar.stop();
    },
  };
}

function writeLines(stream: Output, describe: () => ProgressState): Display {
  const write = () => {
    const { what, ...state } = describe();
    stream.write(`${JSON.stringify({ progress: what, ...state })}\n`);
  };
  // Telling how far it is must not keep a process up whose work is over.
  const timer = setInterval(write, JSON_LINE_EVERY_MS).unref();
  return {
    update: () => undefined,
    end: () => {
      clearInterval(timer);
      write();
    },
  };
}

function showSeconds(seconds: number | null): string {
  if (seconds === null) return '?';
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours}h${minutes}m`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
