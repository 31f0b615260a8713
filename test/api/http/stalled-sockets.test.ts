import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cutStalledSockets } from '../../../src/api/http/stalled-sockets.ts';
import { createLog } from '../../../src/log.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A socket that has been given `written` bytes, of which `waiting` have not left. */
function createSocket(written: number, waiting: number) {
  const state = {
    bytesWritten: written,
    writableLength: waiting,
    remoteAddress: '127.0.0.1',
    resetAndDestroy: vi.fn(),
  };
  // Only these four are looked at.
  return { state, socket: state as unknown as Socket };
}

const stats = createStats();

function watch(...sockets: readonly Socket[]) {
  const checked = sockets.map((socket) => ({ socket, limitMs: 10_000 }));
  return cutStalledSockets(() => checked, { log: createLog('silent'), stats });
}

test('a socket whose bytes do not leave for the limit is destroyed', () => {
  const { state, socket } = createSocket(1000, 1000);
  const watching = watch(socket);
  vi.advanceTimersByTime(10_500);
  expect(state.resetAndDestroy).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(state.resetAndDestroy).toHaveBeenCalledOnce();
  expect(stats.read('http_connections_stalled')).toBe(1);
  watching.stop();
});

test('one that is given more and more but sends none of it is destroyed all the same', () => {
  const { state, socket } = createSocket(1000, 1000);
  const watching = watch(socket);
  for (let second = 0; second < 12; second++) {
    state.bytesWritten += 500;
    state.writableLength += 500;
    vi.advanceTimersByTime(1_000);
  }
  expect(state.resetAndDestroy).toHaveBeenCalled();
  watching.stop();
});

test('one that is slow but reads is left alone', () => {
  const { state, socket } = createSocket(1_000_000, 1_000_000);
  const watching = watch(socket);
  for (let second = 0; second < 60; second += 9) {
    state.writableLength -= 1;
    vi.advanceTimersByTime(9_000);
  }
  expect(state.resetAndDestroy).not.toHaveBeenCalled();
  watching.stop();
});

test('one with nothing to send is left alone', () => {
  const { state, socket } = createSocket(1000, 0);
  const watching = watch(socket);
  vi.advanceTimersByTime(600_000);
  expect(state.resetAndDestroy).not.toHaveBeenCalled();
  watching.stop();
});

test('nothing is looked at after stop', () => {
  const { state, socket } = createSocket(1000, 1000);
  watch(socket).stop();
  vi.advanceTimersByTime(60_000);
  expect(state.resetAndDestroy).not.toHaveBeenCalled();
});
