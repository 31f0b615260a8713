import { expect, test } from 'vitest';
import { createRetryPause } from '../../../src/platform/runtime/backoff.ts';

test('pauses grow from half a second to half a minute, and begin anew after a try that went well', async () => {
  const slept: number[] = [];
  const pause = createRetryPause((ms) => Promise.resolve(void slept.push(ms)));
  for (let tries = 0; tries < 8; tries++) await pause.wait();
  expect(slept).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  pause.reset();
  expect(pause.ms).toBe(500);
  await pause.wait();
  expect(slept.at(-1)).toBe(500);
});
