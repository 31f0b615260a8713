import { expect, it } from 'vitest';
import { createLogPageCache } from '../../../src/core/score-log/log-page-cache.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';

/** A log whose every third place is empty, read ten places at a time. */
function createLog() {
  const reads: number[] = [];
  const failure: { error: Error | null } = { error: null };
  const memory = createLogPageCache((after) => {
    reads.push(after);
    if (failure.error !== null) return Promise.reject(failure.error);
    const places = Array.from({ length: 10 }, (_, index) => after + index + 1);
    return Promise.resolve({
      samples: places.filter((seq) => seq % 3 !== 0).map(makeScoredSample),
      upTo: after + 10,
    });
  }, 2);
  const readPlaces = async (after: number) => (await memory.read(after)).samples.map(({ seq }) => seq);
  return { memory, reads, failure, readPlaces };
}

it('gives what follows any place of a stretch that was read, and its end', async () => {
  const { memory, reads, readPlaces } = createLog();
  expect(await readPlaces(0)).toEqual([1, 2, 4, 5, 7, 8, 10]);
  expect(await readPlaces(3)).toEqual([4, 5, 7, 8, 10]);
  expect(await readPlaces(4)).toEqual([5, 7, 8, 10]);
  expect((await memory.read(9)).upTo).toBe(10);
  expect(reads).toEqual([0]);
  await memory.read(10);
  expect(reads).toEqual([0, 10]);
});

it('is read once for all who ask for the same place at once', async () => {
  const { memory, reads } = createLog();
  await Promise.all([memory.read(5), memory.read(5), memory.read(5)]);
  expect(reads).toEqual([5]);
});

it('keeps the newest stretches only, and none once told to forget', async () => {
  const { memory, reads } = createLog();
  for (const after of [0, 100, 200, 100, 0]) await memory.read(after);
  expect(reads).toEqual([0, 100, 200, 0]);
  memory.forget();
  await memory.read(0);
  expect(reads).toEqual([0, 100, 200, 0, 0]);
});

it('tries anew after a failure', async () => {
  const { memory, failure, readPlaces } = createLog();
  failure.error = new Error('database away');
  await expect(memory.read(0)).rejects.toThrow('database away');
  failure.error = null;
  expect(await readPlaces(0)).toContain(1);
});
