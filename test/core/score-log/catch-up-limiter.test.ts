import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createReplayPace } from '../../../src/core/score-log/catch-up-limiter.ts';

it('lets 64 go on in each turn of the event loop, in the order they came', async () => {
  const pace = createReplayPace();
  const gone: number[] = [];
  for (let reader = 0; reader < 150; reader++) void pace().then(() => gone.push(reader));
  const counts: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    // What may go on at once has done so before the next turn begins.
    await Promise.resolve();
    counts.push(gone.length);
    await nextTurn();
  }
  expect(counts).toEqual([64, 128, 150]);
  expect(gone).toEqual(Array.from({ length: 150 }, (_, reader) => reader));
});

it('gives everything else a turn beside one that never ends', async () => {
  const pace = createReplayPace();
  const state = { isOver: false, events: 0 };
  const reading = (async () => {
    while (!state.isOver) {
      await pace();
      state.events += 1;
    }
  })();
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  state.isOver = true;
  await reading;
  expect(state.events).toBeLessThanOrEqual(64 * 22);
});
