/** How many requests that hold many points are under way at once. */
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { findOperation } from '../../../src/core/cloudwatch-service/operations.ts';
import { AWS_LIMITS } from '../../../src/core/cloudwatch-service/model/limits.ts';
import type { OperationContext } from '../../../src/core/cloudwatch-service/model/operation.ts';
import { fitAtOnce } from '../../../src/platform/runtime/heap-share.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const INPUT = {
  StartTime: new Date(NOW.getTime() - 600_000),
  EndTime: NOW,
  MetricDataQueries: [
    { Id: 'm', MetricStat: { Metric: { Namespace: 'A', MetricName: 'b' }, Period: 60, Stat: 'Sum' } },
  ],
};

it('GetMetricData reads for as many requests at once as the heap has room for; the others follow', async () => {
  const began = new Set<number>();
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const ask = (index: number) => {
    const context: Partial<Record<keyof OperationContext, unknown>> = {
      accountId: 1,
      limits: AWS_LIMITS,
      now: () => {
        began.add(index);
        return NOW;
      },
      pool: {
        query: () => released.then(() => Promise.reject(new Error('enough'))),
      },
    };
    return findOperation('GetMetricData').run(INPUT, context as unknown as OperationContext);
  };
  const asked = Array.from({ length: 30 }, (_, index) => ask(index));
  const outcomes = Promise.allSettled(asked);
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  expect(began.size).toBe(fitAtOnce(8, 128 * 1_048_576));
  release();
  const reasons = (await outcomes).map((outcome) => outcome.status === 'rejected' && String(outcome.reason));
  expect(new Set(reasons)).toEqual(new Set(['Error: enough']));
  expect(began.size).toBe(30);
});
