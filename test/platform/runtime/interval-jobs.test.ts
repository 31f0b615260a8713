import { expect, test, vi } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { createIntervalJobs } from '../../../src/platform/runtime/interval-jobs.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { createDeferred } from '../../helpers/deferred.ts';

test('a job that fails runs again: each failure is counted, the first of a row and its end are logged', async () => {
  const [log, stats] = [createLog('silent'), createStats()];
  const [error, info] = [vi.spyOn(log, 'error'), vi.spyOn(log, 'info')];
  const done = createDeferred<undefined>();
  let run = 0;
  const job = {
    name: 'sweep',
    everyMs: 1,
    run: () => {
      run += 1;
      if (run === 8) done.resolve(undefined);
      return [1, 2, 3, 6].includes(run) ? Promise.reject(new Error(`away ${run}`)) : Promise.resolve();
    },
  };
  const jobs = createIntervalJobs([job], { log, stats });
  jobs.start();
  await done.promise;
  await jobs.stop();
  expect(stats.read('job_failures')).toBe(4);
  expect(error.mock.calls.map(([facts]) => facts)).toMatchObject([
    { job: 'sweep', err: { message: 'away 1' } },
    { job: 'sweep', err: { message: 'away 6' } },
  ]);
  expect(info.mock.calls.map(([facts]) => facts)).toEqual([
    { job: 'sweep', failures: 3 },
    { job: 'sweep', failures: 1 },
  ]);
});

test('a job that fails keeps no other from running', async () => {
  const log = createLog('silent');
  const done = createDeferred<undefined>();
  const failing = { name: 'failing', everyMs: 1, run: () => Promise.reject(new Error('broken')) };
  const other = {
    name: 'other',
    everyMs: 2,
    run: () => {
      done.resolve(undefined);
      return Promise.resolve();
    },
  };
  const jobs = createIntervalJobs([failing, other], { log, stats: createStats() });
  jobs.start();
  await done.promise;
  await jobs.stop();
});

const HOUR_MS = 3_600_000;

test('a server that is restarted again and again purges too', async () => {
  const purge = vi.fn(() => Promise.resolve());
  const job = { name: 'purge', everyMs: HOUR_MS, needsSteadyClock: true, run: purge } as const;
  vi.useFakeTimers();
  try {
    for (let start = 1; start <= 3; start++) {
      const jobs = createIntervalJobs([job], {
        log: createLog('silent'),
        stats: createStats(),
        steadyMs: () => Date.now(),
      });
      jobs.start();
      await vi.advanceTimersByTimeAsync(10 * 60_000);
      await jobs.stop();
      expect(purge).toHaveBeenCalledTimes(start);
    }
  } finally {
    vi.useRealTimers();
  }
});

test.each([
  ['goes steadily', [HOUR_MS, HOUR_MS, HOUR_MS], [true, true, true]],
  ['is corrected by less than a minute', [HOUR_MS + 59_000, HOUR_MS - 59_000, HOUR_MS], [true, true, true]],
  ['jumps ahead and goes on from there', [400 * 24 * HOUR_MS, HOUR_MS, HOUR_MS], [false, true, true]],
  ['jumps ahead and is set right', [400 * 24 * HOUR_MS, -399 * 24 * HOUR_MS, HOUR_MS], [false, false, true]],
  ['was ahead at the start and is set right', [-24 * HOUR_MS, HOUR_MS, HOUR_MS], [false, true, true]],
  ['goes back an hour each hour', [0, 0, 0], [false, false, false]],
])('a job that deletes runs where the clock %s: %j gives %j', async (_, steps, expected) => {
  let [nowMs, steady] = [Date.parse('2026-11-30T12:00:00Z'), 0];
  const ran: boolean[] = [];
  const others: number[] = [];
  const jobs = createIntervalJobs(
    [
      {
        name: 'purge',
        everyMs: HOUR_MS,
        needsSteadyClock: true,
        run: () => Promise.resolve(ran.splice(-1, 1, true)),
      },
      { name: 'other', everyMs: HOUR_MS, run: () => Promise.resolve(others.push(nowMs)) },
    ],
    { log: createLog('silent'), stats: createStats(), now: () => new Date(nowMs), steadyMs: () => steady },
  );
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    jobs.start();
    for (const step of steps) {
      nowMs += step;
      steady += HOUR_MS;
      ran.push(false);
      await vi.advanceTimersByTimeAsync(HOUR_MS);
    }
  } finally {
    vi.useRealTimers();
  }
  await jobs.stop();
  expect(ran).toEqual(expected);
  expect(others).toHaveLength(steps.length);
});
