import { describe, expect, it } from 'vitest';
import { Latencies, timed } from '../../../src/platform/telemetry/latencies.ts';
import { renderFamilies } from '../../../src/platform/telemetry/prometheus-text.ts';
import { fc } from '../../helpers/property.ts';

const NAME = 'lapwing_ingest_commit_seconds';

/** The value of each sample of the family, by what stands before it. */
async function scrape(latencies: Latencies): Promise<ReadonlyMap<string, number>> {
  const text = renderFamilies(await latencies.read());
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

describe('durations', () => {
  it('are histograms as Prometheus has them: each bucket holds those before it, the last one all', async () => {
    const seconds = fc.double({ min: 0, max: 30, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(seconds, { maxLength: 50 }), async (list) => {
        const latencies = new Latencies();
        for (const one of list) latencies.observe('ingest_commit', one);
        const samples = [...(await scrape(latencies))].filter(([series]) => series.startsWith(NAME));
        for (const [series, value] of samples) {
          const bound = /_bucket\{le="(.*)"\}$/.exec(series)?.[1];
          if (bound === undefined) continue;
          const limit = bound === '+Inf' ? Infinity : Number(bound);
          expect(value).toBe(list.filter((one) => one <= limit).length);
        }
        const byName = new Map(samples);
        expect(byName.get(`${NAME}_count`)).toBe(list.length);
        expect(byName.get(`${NAME}_sum`)).toBeCloseTo(
          list.reduce((sum, one) => sum + one, 0),
          6,
        );
      }),
      { numRuns: 20 },
    );
  });

  it('stand there before anything was measured, but for those by label', async () => {
    const samples = await scrape(new Latencies());
    expect(samples.get(`${NAME}_bucket{le="+Inf"}`)).toBe(0);
    expect([...samples.keys()].filter((series) => series.includes('graphql'))).toEqual([]);
  });

  it('keep their labels beside the bound', async () => {
    const latencies = new Latencies();
    latencies.observe('graphql_operation', 0.3, { type: 'query', field: 'metrics' });
    const samples = await scrape(latencies);
    const series = (le: string) =>
      samples.get(`lapwing_graphql_operation_seconds_bucket{le="${le}",type="query",field="metrics"}`);
    expect([series('0.25'), series('0.5'), series('+Inf')]).toEqual([0, 1, 1]);
  });

  it('leave out what is no duration, and what a clock that was set back says counts as none', async () => {
    const latencies = new Latencies();
    for (const odd of [Number.NaN, Infinity, -5]) latencies.observe('ingest_commit', odd);
    const samples = await scrape(latencies);
    expect(samples.get(`${NAME}_count`)).toBe(1);
    expect(samples.get(`${NAME}_sum`)).toBe(0);
  });

  it('are of work that went well', async () => {
    const latencies = new Latencies();
    expect(await timed(latencies, 'ingest_commit', () => Promise.resolve('done'))).toBe('done');
    await expect(
      timed(latencies, 'ingest_commit', () => Promise.reject(new Error('failed'))),
    ).rejects.toThrow('failed');
    expect((await scrape(latencies)).get(`${NAME}_count`)).toBe(1);
  });
});
