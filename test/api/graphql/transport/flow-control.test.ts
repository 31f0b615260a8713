import { expect, it } from 'vitest';
import { createSocketWindow } from '../../../../src/api/graphql/transport/flow-control.ts';

/** A peer that answers only when told to, and its clock. */
function createPeer() {
  const state = { nowMs: 0, cut: 0, pings: [] as string[] };
  const window = createSocketWindow(
    { ping: (mark) => state.pings.push(mark), cutOff: () => (state.cut += 1) },
    () => state.nowMs,
  );
  const pass = (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      state.nowMs += 1000;
      window.check();
    }
  };
  return { state, window, pass };
}

const KB = 1024;

/** Whether it is open now: a closed one opens by an event only. */
async function isOpen(window: ReturnType<typeof createSocketWindow>): Promise<boolean> {
  return Promise.race([window.whenOpen().then(() => true), Promise.resolve().then(() => false)]);
}

it('holds back a peer that has not read 256 KB, until it has read some', async () => {
  const { state, window } = createPeer();
  for (let sent = 0; sent < 255; sent += 15) window.count(15 * KB);
  expect(await isOpen(window)).toBe(true);
  window.count(KB);
  expect(await isOpen(window)).toBe(false);
  const waiting = window.whenOpen();
  window.acknowledge(state.pings[0] ?? 'none was sent');
  await waiting;
  expect(await isOpen(window)).toBe(true);
});

it('cuts off a peer that answers no ping for twelve seconds, and not before', () => {
  const { state, window, pass } = createPeer();
  window.count(40 * KB);
  pass(11);
  expect(state.cut).toBe(0);
  pass(1);
  expect(state.cut).toBe(1);
});

it('leaves a slow peer alone that reads 32 KB every eleven seconds', () => {
  const { state, window, pass } = createPeer();
  for (let part = 0; part < 8; part++) window.count(32 * KB);
  expect(state.pings).toHaveLength(8);
  for (const mark of [...state.pings]) {
    pass(11);
    window.acknowledge(mark);
    window.count(32 * KB);
  }
  expect(state.cut).toBe(0);
});

it('asks a peer that is sent nothing every twelve seconds, and cuts it off when it is gone', () => {
  const { state, window, pass } = createPeer();
  pass(12);
  expect(state.pings).toEqual(['1']);
  window.acknowledge('1');
  pass(12);
  expect(state.pings).toEqual(['1', '2']);
  pass(12);
  expect(state.cut).toBe(1);
});

it('takes the answer to the newest ping for one to all before it', async () => {
  const { state, window, pass } = createPeer();
  for (let part = 0; part < 8; part++) window.count(32 * KB);
  expect(await isOpen(window)).toBe(false);
  window.acknowledge('8');
  expect(await isOpen(window)).toBe(true);
  pass(11);
  expect(state.cut).toBe(0);
});

it('takes an answer that repeats no ping for one to the oldest', async () => {
  const { state, window } = createPeer();
  for (let part = 0; part < 8; part++) window.count(32 * KB);
  window.acknowledge('');
  expect(await isOpen(window)).toBe(true);
  expect(state.cut).toBe(0);
});

it('lets go of whoever waits once it is closed, and asks nothing any more', async () => {
  const { state, window, pass } = createPeer();
  for (let part = 0; part < 8; part++) window.count(32 * KB);
  const waiting = window.whenOpen();
  window.close();
  await waiting;
  pass(100);
  expect(state).toMatchObject({ cut: 0, pings: { length: 8 } });
});
