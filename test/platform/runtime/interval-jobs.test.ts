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
