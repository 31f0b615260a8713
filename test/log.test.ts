import { expect, test } from 'vitest';
import { createLog } from '../src/log.ts';

test('what cannot be written costs nothing but its line, and is counted in the log itself', () => {
  let text = '';
  let isFull = false;
  const log = createLog('info', (bytes, from) => {
    if (isFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    // As a pipe takes it: in parts.
    const part = bytes.subarray(from, from + 10);
    text += part.toString('latin1');
    return part.length;
  });
  log.info('one');
  isFull = true;
  for (let line = 0; line < 1000; line += 1) log.info('lost');
  isFull = false;
  log.info('two');
  const lines = text.split('\n').filter((line) => line !== '');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { msg: 'one' },
    { lines: 1000, msg: 'log lines could not be written and were lost' },
    { msg: 'two' },
  ]);
});
