import { expect, it } from 'vitest';
import { decodeFrame } from '../../../../src/core/score-log/tail/score-frame.ts';
import { SharedFrames } from '../../../../src/core/score-log/tail/score-sender.ts';
import { makeScoredSample } from '../../../helpers/scored-sample.ts';

function createFrames(read: () => Promise<ReturnType<typeof makeScoredSample>[]>) {
  return new SharedFrames({
    bounds: () => ({ epoch: 'e', floor: 0, last: 1 }),
    readAfter: async () => ({ samples: await read(), upTo: 1, isStored: false }),
    sleepUntilGrown: () => ({ done: Promise.resolve(), cancel: () => undefined }),
  });
}

it('replicas at one offset share a frame, and who comes later gets what is there then', async () => {
  let samples = [makeScoredSample(1)];
  const frames = createFrames(() => Promise.resolve(samples));
  const [one, other] = await Promise.all([frames.readAfter(0, 'scores'), frames.readAfter(0, 'scores')]);
  expect(one?.message).toBe(other?.message);
  expect(decodeFrame((await frames.readAfter(0, 'progress'))?.message ?? Buffer.alloc(0)).detail).toBe(
    'progress',
  );
  // Its metric is deleted meanwhile.
  samples = [];
  await expect
    .poll(async () => decodeFrame((await frames.readAfter(0, 'scores'))?.message ?? Buffer.alloc(0)).rows)
    .toBe(0);
});

it('what could not be read is read again', async () => {
  let isAway = true;
  const frames = createFrames(() => (isAway ? Promise.reject(new Error('away')) : Promise.resolve([])));
  await expect(frames.readAfter(0, 'scores')).rejects.toThrow('away');
  isAway = false;
  await expect.poll(() => frames.readAfter(0, 'scores').catch(() => null)).toMatchObject({ upTo: 1 });
});
