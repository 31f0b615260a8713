/** Progress of a long run: a bar on a terminal, elsewhere a JSON line every ten seconds. */
import { SingleBar } from 'cli-progress';

export interface Progress {
  advance(name: string): void;
  finish(): void;
}

const LINE_EVERY_MS = 10_000;

export function createProgress(total: number): Progress {
  return process.stderr.isTTY ? createBar(total) : createLines(total);
}

function createBar(total: number): Progress {
  const bar = new SingleBar({ format: '{bar} {value}/{total} {name}', stream: process.stderr });
  bar.start(total, 0, { name: '' });
  return { advance: (name) => bar.increment(1, { name }), finish: () => bar.stop() };
}

function createLines(total: number): Progress {
  let done = 0;
  let printed = Date.now();
  return {
    advance(name) {
      done += 1;
      if (Date.now() - printed < LINE_EVERY_MS) return;
      printed = Date.now();
      process.stderr.write(`${JSON.stringify({ done, total, name })}\n`);
    },
    finish: () => undefined,
  };
}
