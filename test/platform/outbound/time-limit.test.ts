import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runWithin } from '../../../src/platform/outbound/time-limit.ts';
import { collectGarbage } from '../../helpers/collect-garbage.ts';

/** Takes connections and never answers, as a frozen server does. */
const silent = createServer(() => undefined);
let url = '';
beforeAll(async () => {
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
});
afterAll(() => void silent.close());

test('what a silent server leaves open ends in time, however often garbage is collected meanwhile', async () => {
  const never = new AbortController().signal;
  const waiting = Array.from({ length: 50 }, () =>
    runWithin({ limitMs: 300, stopped: never }, (signal) => fetch(url, { signal })).catch((error: unknown) =>
      error instanceof Error ? error.name : error,
    ),
  );
  const collecting = setInterval(() => void collectGarbage(), 20);
  const ends = await Promise.all(waiting);
  clearInterval(collecting);
  expect(new Set(ends)).toEqual(new Set(['TimeoutError']));
});

test('it ends sooner where it is stopped, before or meanwhile, with the reason it was stopped for', async () => {
  const reason = new Error('the server stops');
  const stopping = new AbortController();
  const wait = () =>
    runWithin({ limitMs: 60_000, stopped: stopping.signal }, (signal) => fetch(url, { signal }));
  const waiting = wait();
  stopping.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(wait()).rejects.toBe(reason);
});

test('work that is done gives what it gives, and keeps no timer', async () => {
  vi.useFakeTimers();
  const stopped = new AbortController().signal;
  expect(await runWithin({ limitMs: 1000, stopped }, () => Promise.resolve('done'))).toBe('done');
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
