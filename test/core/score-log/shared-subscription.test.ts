import { describe, expect, it } from 'vitest';
import { ScoreGroup } from '../../../src/core/score-log/shared-subscription.ts';
import { createScoreMemory } from '../../../src/core/score-log/event-cache.ts';
import { streamScores } from '../../../src/core/score-log/subscription.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';

/** A log in memory and a group over it. */
function createLog() {
  let last = 0;
  const reads: number[] = [];
  const group = new ScoreGroup({
    chooseTest: () => () => true,
    maxBatch: 10,
    lingerMs: 0,
    readLogPage: (after) => {
      reads.push(after);
      const samples = Array.from({ length: last - after }, (_, index) => makeScoredSample(after + index + 1));
      return Promise.resolve({ samples, upTo: last });
    },
    last: () => last,
    cursorOf: String,
    commitsOf: () => [],
    memory: createScoreMemory(200),
  });
  const follow = (start = last) => {
    group.join();
    return streamScores({
      group,
      start,
      pace: () => Promise.resolve(),
      onEvent: () => undefined,
      onEnd: () => group.leave(),
    });
  };
  const grow = (count: number) => {
    last += count;
    group.wake();
  };
  return { group, reads, follow, grow };
}

describe('equal subscriptions', () => {
  it('are given the very same event, read from the log once', async () => {
    const { reads, follow, grow } = createLog();
    const streams = [follow(), follow(), follow()];
    const pending = streams.map(async (stream) => (await stream.next()).value as unknown);
    grow(4);
    const events = await Promise.all(pending);
    expect(new Set(events).size).toBe(1);
    expect(events[0]).toMatchObject({ prev: '0', cursor: '4' });
    expect(reads).toEqual([0]);
    for (const stream of streams) await stream.return?.();
  });

  it('share with one that comes a little later, and catch it up event by event', async () => {
    const { follow, grow } = createLog();
    const [early, late] = [follow(0), follow(0)];
    const seen: unknown[] = [];
    for (let event = 0; event < 5; event++) {
      grow(3);
      seen.push((await early.next()).value);
    }
    const caughtUp: unknown[] = [];
    for (let event = 0; event < 5; event++) caughtUp.push((await late.next()).value);
    for (const [index, event] of caughtUp.entries()) expect(event).toBe(seen[index]);
    expect(caughtUp.at(-1)).toMatchObject({ cursor: '15' });
    await early.return?.();
    await late.return?.();
  });

  it('leave nothing out and repeat nothing, however far behind one of them is', async () => {
    const { follow, grow } = createLog();
    const quick = follow(0);
    const slow = follow(0);
    for (let event = 0; event < 40; event++) {
      grow(1 + (event % 7));
      await quick.next();
    }
    const places: number[] = [];
    const total = Array.from({ length: 40 }, (_, event) => 1 + (event % 7)).reduce((a, b) => a + b);
    while (places.length < total) {
      const result = await slow.next();
      if (result.done === true) break;
      places.push(...result.value.scores.map(({ seq }) => seq));
    }
    expect(places).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    await quick.return?.();
    await slow.return?.();
  });

  it('go on when one of them leaves in the middle of waiting', async () => {
    const { follow, grow } = createLog();
    const [leaving, staying] = [follow(), follow()];
    const [left, stayed] = [leaving.next(), staying.next()];
    await leaving.return?.();
    expect(await left).toEqual({ done: true, value: undefined });
    grow(1);
    expect((await stayed).value).toMatchObject({ prev: '0', cursor: '1' });
    await staying.return?.();
  });

  it('read no more once all have left', async () => {
    const { group, follow, reads, grow } = createLog();
    const only = follow();
    const pending = only.next();
    const made = group.read(0);
    await only.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(await made).toBeNull();
    grow(5);
    expect(reads).toEqual([]);
  });

  it('are not given an event made before a metric in it was forgotten', async () => {
    const { group, follow, grow } = createLog();
    const [one, other] = [follow(0), follow(0)];
    grow(2);
    const first = (await one.next()).value as unknown;
    group.forget();
    expect((await other.next()).value).not.toBe(first);
    await one.return?.();
    await other.return?.();
  });
});
