/** What was pushed, asked for in every way there is: statistics, periods, pages, units, groups; held against plain arrays. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fc } from '../../../helpers/property.ts';
import {
  expectSame,
  HOSTS,
  metricOf,
  MINUTES,
  ofHost,
  PUSHED,
  pushSamples,
  STATISTICS,
  summarize,
  zoneOf,
} from '../pushed-samples.ts';
import { at, NOON, openService, type Service } from '../service.ts';

let service: Service;
beforeAll(async () => {
  service = await openService();
  await pushSamples(service);
});
afterAll(() => service[Symbol.asyncDispose]());

const ASKED = fc.record({
  host: fc.constantFrom(...HOSTS),
  stat: fc.constantFrom(...Object.keys(STATISTICS)),
  periodSeconds: fc.constantFrom(60, 120, 300, 600, 1_200, 3_600),
  startAgo: fc.integer({ min: 2, max: MINUTES + 5 }),
  length: fc.integer({ min: 1, max: MINUTES }),
});
type Asked = typeof ASKED extends fc.Arbitrary<infer T> ? T : never;
const rangeOf = ({ startAgo, length }: Asked) => ({
  startMs: at(-startAgo).getTime(),
  endMs: at(Math.min(0, length - startAgo)).getTime(),
});
interface Result {
  readonly Id: string;
  readonly Label: string;
  readonly Timestamps: readonly Date[];
  readonly Values: readonly number[];
}
/** Every page. */
async function getData(
  queries: readonly object[],
  range: { startMs: number; endMs: number },
  more: object = {},
) {
  const found = new Map<string, [number, number][]>();
  let NextToken: unknown;
  do {
    const input = {
      MetricDataQueries: queries,
      StartTime: new Date(range.startMs),
      EndTime: new Date(range.endMs),
      ScanBy: 'TimestampAscending',
      ...more,
      NextToken,
    };
    const page = await service.ask('GetMetricData', input);
    for (const { Id, Label, Timestamps, Values } of page.MetricDataResults as Result[]) {
      const key = `${Id} ${Label}`;
      const points = found.get(key) ?? [];
      found.set(key, points);
      for (const [i, time] of Timestamps.entries()) points.push([time.getTime(), Values[i] ?? NaN]);
    }
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  return found;
}

describe('GetMetricData', () => {
  it('gives each statistic of each period that has samples, by whatever pages', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(ASKED, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        async (asked, MaxDatapoints, isDescending) => {
          const [first] = asked;
          if (first === undefined) return;
          const range = rangeOf(first);
          const queries = asked.map(({ host, stat, periodSeconds }, i) => ({
            Id: `q${i}`,
            Label: 'l',
            MetricStat: { Metric: metricOf(host), Period: periodSeconds, Stat: stat, Unit: 'Percent' },
          }));
          const ScanBy = isDescending ? 'TimestampDescending' : 'TimestampAscending';
          const found = await getData(queries, range, { MaxDatapoints, ScanBy });
          for (const [i, one] of asked.entries()) {
            const points = found.get(`q${i} l`) ?? [];
            const expected = summarize(ofHost(one.host, 'Percent'), { ...one, ...range });
            count += expected.length;
            expectSame(isDescending ? points.toReversed() : points, expected);
          }
        },
      ),
      { numRuns: 40 },
    );
    expect(count).toBeGreaterThan(200);
  });
});

describe('GetMetricStatistics', () => {
  it('gives a datapoint for each period and unit', async () => {
    await fc.assert(
      fc.asyncProperty(ASKED, async (asked) => {
        const range = rangeOf(asked);
        const isPlain = /^[A-Z]/.test(asked.stat);
        const { Datapoints: points } = await service.ask('GetMetricStatistics', {
          ...metricOf(asked.host),
          StartTime: new Date(range.startMs),
          EndTime: new Date(range.endMs),
          Period: asked.periodSeconds,
          ...(isPlain ? { Statistics: [asked.stat] } : { ExtendedStatistics: [asked.stat] }),
        });
        for (const unit of ['Percent', 'Count']) {
          const found = (points as Record<string, unknown>[])
            .filter(({ Unit }) => Unit === unit)
            .map((point) => {
              const values = (isPlain ? point : point.ExtendedStatistics) as Record<string, number>;
              return [(point.Timestamp as Date).getTime(), values[asked.stat] ?? NaN] as const;
            })
            .toSorted(([a], [b]) => a - b);
          expectSame(found, summarize(ofHost(asked.host, unit), { ...asked, ...range }));
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('Metrics Insights', () => {
  const FUNCTIONS = {
    AVG: 'Average',
    SUM: 'Sum',
    MIN: 'Minimum',
    MAX: 'Maximum',
    COUNT: 'SampleCount',
  } as const;
  const range = { startMs: at(-MINUTES).getTime(), endMs: NOON.getTime() };

  it.each(Object.entries(FUNCTIONS))(
    '%s takes the samples of all metrics of a group together',
    async (name, stat) => {
      for (const [label, groupOf] of [
        ['zone', zoneOf],
        ['host', (host: string) => host],
      ] as const) {
        const Expression = `SELECT ${name}(load) FROM SCHEMA(Shop, host, zone) WHERE host != 'b' GROUP BY ${label}`;
        const found = await getData([{ Id: 'q1', Expression, Period: 600 }], range);
        const kept = PUSHED.filter(({ host }) => host !== 'b');
        const groups = [...new Set(kept.map(({ host }) => groupOf(host)))].toSorted();
        expect([...found.keys()]).toEqual(groups.map((group) => `q1 ${group}`));
        for (const group of groups) {
          const samples = kept.filter(({ host }) => groupOf(host) === group);
          expectSame(
            found.get(`q1 ${group}`) ?? [],
            summarize(samples, { ...range, periodSeconds: 600, stat }),
          );
        }
      }
    },
  );
});
