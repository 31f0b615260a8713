/** Whatever is rolled up, and however often: no datum is lost or counted twice, and units stay apart. */
import { expect, it } from 'vitest';
import { openService } from './service.ts';
import { fc } from '../../helpers/property.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse('2026-11-20T12:34:56Z');
const RANGE_DAYS = 200;
const UNITS = ['None', 'Count', 'Seconds'];

interface Datum {
  /** Before NOW. */
  readonly ageSeconds: number;
  readonly value: number;
  readonly unit: number;
  readonly resolution: 1 | 60;
}

const datum = fc.record<Datum>({
  ageSeconds: fc.oneof(
    fc.integer({ min: 0, max: 6 * 3_600 }),
    fc.integer({ min: 0, max: 80 * 86_400 }),
    // Around where the bins of five minutes and of hours begin.
    fc
      .tuple(fc.constantFrom(3 / 24, 14, 15, 63), fc.integer({ min: -3_700, max: 3_700 }))
      .map(([days, seconds]) => Math.max(0, Math.round(days * 86_400) + seconds)),
  ),
  value: fc.integer({ min: -1_000, max: 1_000 }),
  unit: fc.nat({ max: UNITS.length - 1 }),
  resolution: fc.constantFrom(1, 60),
});

interface Sums {
  readonly Unit: string;
  readonly Sum: number;
  readonly SampleCount: number;
  readonly Minimum: number;
  readonly Maximum: number;
}

function addUp(data: readonly Datum[]): readonly Sums[] {
  return UNITS.flatMap((Unit, i) => {
    const values = data.filter(({ unit }) => unit === i).map(({ value }) => value);
    if (values.length === 0) return [];
    const Sum = values.reduce((total, value) => total + value, 0);
    return [
      { Unit, Sum, SampleCount: values.length, Minimum: Math.min(...values), Maximum: Math.max(...values) },
    ];
  });
}

it('sums, counts and extremes are the same before and after each purge', async () => {
  await using service = await openService({ retentionDays: 15, rollupDays: RANGE_DAYS });
  let series = 0;
  const samples = fc.sample(fc.array(datum, { minLength: 1, maxLength: 40 }), { numRuns: 25 });
  for (const data of samples) {
    const MetricName = `m${(series += 1)}`;
    for (const { ageSeconds, value, unit, resolution } of data) {
      const time = new Date(NOW_MS - ageSeconds * 1_000);
      service.setNow(time);
      await service.ask('PutMetricData', {
        Namespace: 'Purged',
        MetricData: [
          { MetricName, Value: value, Unit: UNITS[unit], Timestamp: time, StorageResolution: resolution },
        ],
      });
    }
  }
  const check = async (nowMs: number) => {
    for (const [i, data] of samples.entries()) {
      const { Datapoints: points } = await service.ask('GetMetricStatistics', {
        Namespace: 'Purged',
        MetricName: `m${i + 1}`,
        StartTime: new Date(nowMs - RANGE_DAYS * DAY_MS),
        EndTime: new Date(nowMs),
        Period: RANGE_DAYS * 86_400,
        Statistics: ['Sum', 'SampleCount', 'Minimum', 'Maximum'],
      });
      const expected = addUp(data);
      expect(points).toHaveLength(expected.length);
      for (const sums of expected) expect(points).toContainEqual(expect.objectContaining({ ...sums }));
    }
  };
  // A purge each hour would move the same data little by little; some of them are missed here.
  let rolledUp = 0;
  for (const hours of [1, 2, 3, 4, 30, 31, 24 * 7, 24 * 30, 24 * 31, 24 * 70]) {
    const nowMs = NOW_MS + hours * 3_600_000;
    service.setNow(new Date(nowMs));
    rolledUp += (await service.cloudwatch.purge()).rolledUp;
    await check(nowMs);
  }
  expect(rolledUp).toBeGreaterThan(100);
});
