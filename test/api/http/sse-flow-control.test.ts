import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createReadWatch } from '../../../src/api/http/sse-flow-control.ts';
import { nameOtherSide } from '../../../src/api/http/tcp-unread-bytes.ts';
import { createLog } from '../../../src/log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SIDE = nameOtherSide('10.0.0.1', 5000);
const KB = 1024;

/** A socket that was sent much, and a system that says how much of it is unread. */
function createReader(sentBytes: number, unreadBytes: number) {
  const state = {
    bytesWritten: sentBytes,
    writableLength: 0,
    remoteAddress: '10.0.0.1',
    remotePort: 5000,
    destroyed: false,
    resetAndDestroy: vi.fn(),
  };
  const system = { unreadBytes, fails: false };
  const watch = createReadWatch({
    log: createLog('silent'),
    readUnread: () =>
      system.fails
        ? Promise.reject(new Error('no such file'))
        : Promise.resolve(new Map([[SIDE, system.unreadBytes]])),
  });
  // Only these are looked at.
  const socket = state as unknown as Socket;
  let open = false;
  const wait = () => {
    open = false;
    void watch.whenRead(socket).then(() => (open = true));
    return vi.advanceTimersByTimeAsync(0);
  };
  return { state, system, watch, wait, isOpen: () => open };
}

it('goes on at once with one that was sent little', async () => {
  const { wait, isOpen } = createReader(200 * KB, 200 * KB);
  await wait();
  expect(isOpen()).toBe(true);
});

it('holds back one that has not taken 256 KB, until it has', async () => {
  const { system, wait, isOpen } = createReader(1000 * KB, 300 * KB);
  await wait();
  await vi.advanceTimersByTimeAsync(5000);
  expect(isOpen()).toBe(false);
  system.unreadBytes = 200 * KB;
  await vi.advanceTimersByTimeAsync(1000);
  expect(isOpen()).toBe(true);
});

it('cuts off one that takes nothing for ten seconds, and not before', async () => {
  const { state, wait, isOpen } = createReader(1000 * KB, 900 * KB);
  await wait();
  await vi.advanceTimersByTimeAsync(9_000);
  expect(state.resetAndDestroy).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(state.resetAndDestroy).toHaveBeenCalledOnce();
  expect(isOpen()).toBe(true);
});

it('leaves a slow one alone', async () => {
  const { state, system, wait } = createReader(1000 * KB, 900 * KB);
  await wait();
  for (let part = 0; part < 20; part++) {
    await vi.advanceTimersByTimeAsync(9_000);
    system.unreadBytes -= 1;
  }
  expect(state.resetAndDestroy).not.toHaveBeenCalled();
});

it('holds nobody back where the system does not say', async () => {
  const { system, wait, isOpen } = createReader(1000 * KB, 900 * KB);
  system.fails = true;
  await wait();
  await vi.advanceTimersByTimeAsync(1000);
  expect(isOpen()).toBe(true);
  await wait();
  expect(isOpen()).toBe(true);
});

it('lets go of one that went away, and of all when it stops', async () => {
  const gone = createReader(1000 * KB, 900 * KB);
  await gone.wait();
  gone.state.destroyed = true;
  await vi.advanceTimersByTimeAsync(1000);
  expect(gone.isOpen()).toBe(true);
  const held = createReader(1000 * KB, 900 * KB);
  await held.wait();
  held.watch.stop();
  await vi.advanceTimersByTimeAsync(0);
  expect(held.isOpen()).toBe(true);
});
