/** Lines of a log that a sender outside causes: how often it does so, or how many it does, is the sender's choice. */
import { describe, expect, it } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { LimitedLog } from '../../../src/platform/bounded-input/limited-log.ts';

const MINUTE_MS = 60_000;

function openLog() {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', (bytes) => {
    const { msg, kind, suppressed } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    lines.push({ msg, kind, suppressed });
    return bytes.length;
  });
  const clock = { ms: 0 };
  const limited = new LimitedLog(log, () => clock.ms);
  return { lines, clock, warn: (kind: string) => limited.warn(kind, { kind }, 'bad') };
}

describe('a limited log', () => {
  it('has the first of each kind at once, and the number of the others after ten minutes', () => {
    const { lines, clock, warn } = openLog();
    for (let count = 0; count < 1000; count++) {
      warn('a');
      clock.ms += 500;
    }
    warn('b');
    clock.ms = 10 * MINUTE_MS;
    warn('a');
    clock.ms = 20 * MINUTE_MS - 1;
    warn('a');
    clock.ms = 20 * MINUTE_MS;
    warn('a');
    warn('b');
    expect(lines).toEqual([
      { msg: 'bad', kind: 'a' },
      { msg: 'bad', kind: 'b' },
      { msg: 'bad', kind: 'a', suppressed: 999 },
      { msg: 'bad', kind: 'a', suppressed: 1 },
      { msg: 'bad', kind: 'b' },
    ]);
  });

  it('remembers a thousand kinds, and forgets the one that was logged longest ago', () => {
    const { lines, warn } = openLog();
    for (let kind = 0; kind <= 1000; kind++) warn(`${kind}`);
    expect(lines).toHaveLength(1001);
    warn('1');
    warn('1000');
    expect(lines).toHaveLength(1001);
    warn('0');
    expect(lines).toHaveLength(1002);
  });
});
