import { describe, expect, it, test } from 'vitest';
import { createRetryPause, retryWhileBusy } from '../../../src/platform/runtime/backoff.ts';

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

describe('what was refused because of the moment', () => {
  class Busy extends Error {}
  const isBusy = (error: unknown) => error instanceof Busy;

  it('is tried again until it goes well', async () => {
    const outcomes = [() => Promise.reject(new Busy()), () => Promise.resolve('done')];
    const attempt = () => (outcomes.shift() ?? expect.fail('tried again'))();
    expect(await retryWhileBusy<string>(attempt, isBusy)).toBe('done');
    expect(outcomes).toEqual([]);
  });

  it.each([
    ['at once', 0],
    ['after a busy one', 1],
  ])('is not tried again when something else is wrong %s', async (_when, busy) => {
    let tries = 0;
    const attempt = () => Promise.reject(tries++ < busy ? new Busy() : new Error('wrong'));
    await expect(retryWhileBusy(attempt, isBusy)).rejects.toThrow('wrong');
    expect(tries).toBe(busy + 1);
  });
});
