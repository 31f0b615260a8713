import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress, describeProgress } from '../../src/cli/progress-bar.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A stream that keeps what is written; as a terminal it has what the bar asks a terminal for. */
function openStream(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    columns: 120,
    cursorTo: () => true,
    clearLine: () => true,
    moveCursor: () => true,
  });
  return { stream, read: () => String(stream.read() ?? '') };
}

describe('progress', () => {
  it('is a JSON line every ten seconds and at the end where there is no terminal', () => {
    const { stream, read } = openStream(false);
    let clockMs = 0;
    const progress = createProgress({ total: 100, what: 'import', stream, clockMs: () => clockMs });
    clockMs = 10_000;
    progress.tick(20);
    progress.tick(5);
    expect(read()).toBe('');
    vi.advanceTimersByTime(10_000);
    expect(JSON.parse(read())).toEqual({
      progress: 'import',
      done: 25,
      total: 100,
      perSecond: 2.5,
      secondsLeft: 30,
    });
    clockMs = 20_000;
    progress.tick(75);
    progress.end();
    progress.end();
    vi.advanceTimersByTime(60_000);
    expect(JSON.parse(read())).toMatchObject({ done: 100, perSecond: 5, secondsLeft: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is a bar with rate and time left on a terminal', () => {
    const { stream, read } = openStream(true);
    let clockMs = 0;
    const progress = createProgress({ total: 1000, what: 'export', stream, clockMs: () => clockMs });
    clockMs = 2000;
    progress.tick(10);
    progress.end();
    const shown = read();
    expect(shown).toContain('export');
    expect(shown).toContain('1%');
    expect(shown).toContain('10/1000');
    expect(shown).toContain('5/s');
    expect(shown).toContain('3m18s left');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts without a bar when nobody knows how many there are', () => {
    const { stream, read } = openStream(true);
    const progress = createProgress({ total: null, what: 'export', stream });
    progress.tick(7);
    progress.end();
    expect(read()).toMatch(/export 7 · [\d.]+\/s/);
  });

  it('does not say how long it takes before anything is done', () => {
    const at = { what: 'import', total: 5, elapsedMs: 1000 };
    expect(describeProgress({ ...at, done: 0 }).secondsLeft).toBeNull();
    expect(describeProgress({ ...at, done: 1 }).secondsLeft).toBe(4);
    expect(describeProgress({ ...at, done: 9 }).secondsLeft).toBe(0);
    expect(describeProgress({ ...at, elapsedMs: 0, done: 1 }).perSecond).toBe(0);
  });
});
