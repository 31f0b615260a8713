/** The windows alarms look at, read alone and many at once, held against plain arrays. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRule } from '../../../../src/core/cloudwatch-service/alarms/check-alarm.ts';
import { readMetricWindows, readWindow } from '../../../../src/core/cloudwatch-service/alarms/read-window.ts';
import {
  expectSame,
  HOSTS,
  metricOf,
  ofHost,
  pushSamples,
  STATISTICS,
  summarize,
} from '../pushed-samples.ts';
import { at, NOON, openService, type Service } from '../service.ts';

let service: Service;
beforeAll(async () => {
  service = await openService();
  await pushSamples(service);
});
afterAll(() => service[Symbol.asyncDispose]());

describe('The window of an alarm', () => {
  it('has each of its periods, alone and among others', async () => {
    const { pool } = service.database;
    const { limits } = service.cloudwatch;
    const context = { pool, limits, now: () => NOON };
    const windows = HOSTS.flatMap((host) =>
      Object.keys(STATISTICS).map((stat, i) => {
        const spec = {
          ...metricOf(host),
          ...(/^[A-Z]/.test(stat) ? { Statistic: stat } : { ExtendedStatistic: stat }),
          Period: [60, 300][i % 2],
          Unit: 'Percent',
          EvaluationPeriods: 5,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanThreshold',
        };
        const rule = readRule(spec, { limits, accountId: service.accountId });
        return { host, stat, window: { rule, accountId: service.accountId, endMs: at(-5).getTime() } };
      }),
    );
    const together = await readMetricWindows(
      windows.map(({ window }) => window),
      context,
    );
    for (const { host, stat, window } of windows) {
      const points = together.get(window) ?? [];
      expect(await readWindow(window, context)).toEqual(points);
      const periodSeconds = window.rule.periodSeconds;
      const startMs = window.endMs - points.length * periodSeconds * 1000;
      const known = points.flatMap(({ timeMs, value }) => (value === null ? [] : [[timeMs, value] as const]));
      expectSame(
        known,
        summarize(ofHost(host, 'Percent'), { startMs, endMs: window.endMs, periodSeconds, stat }),
      );
      expect(points.map(({ timeMs }) => timeMs)).toEqual(
        points.map((_, i) => startMs + i * periodSeconds * 1000),
      );
    }
  });
});
