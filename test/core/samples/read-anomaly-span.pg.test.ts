import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAnomalySpans } from '../../../src/core/samples/read-anomaly-span.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import type { ScoredSample } from '../../../src/core/samples/stored-sample.ts';
import type { AnomalyPhase } from '../../../src/model.ts';
import { fc } from '../../helpers/property.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';
import { FIRST_MS, LAST_MS, storeSamples } from '../../helpers/stored-samples.ts';
import { NOON_MS, openBench, type Bench, type Scored } from '../incidents/open-incidents.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});

afterAll(() => bench[Symbol.asyncDispose]());

/** One letter a minute: `o` opens, `c` continues, `r` recovers, `q` is red in the quiet period, `x` is excluded, `.` is normal. */
const LETTERS: Readonly<Record<string, Partial<Scored>>> = {
  o: { opens: true },
  c: { goesOn: true },
  r: { phase: 'RECOVERS' },
  q: { phase: 'QUIET_PERIOD' },
  x: { phase: 'EXCLUDED', provisional: true },
  '.': {},
};

it('reaches from the sample that opened an anomaly to the last that was anomalous, and no further', async () => {
  const series = '.occrr.q.ocrcc.ocococr';
  const [metric = 0, other = 0, excluded = 0] = await bench.makeMetrics(3);
  await bench.score(Array.from(series, (letter, minute) => ({ metric, minute, ...LETTERS[letter] })));
  await bench.score([
    { metric: other, minute: 0, opens: true },
    { metric: other, minute: 30 },
  ]);
  const spanAt = async (metricNumber: number, ...minutes: number[]) => {
    const moments = minutes.map((minute) => ({ metricNumber, timestampMs: NOON_MS + minute * 60_000 }));
    const spans = await readAnomalySpans(bench.database.pool, moments);
    return spans.map((span) =>
      span === null
        ? null
        : `${(span.fromMs - NOON_MS) / 60_000}-${(span.toMs - NOON_MS) / 60_000}${span.lasts ? ' lasts' : ''}`,
    );
  };
  expect(await spanAt(metric, 1, 2, 3, 5)).toEqual(['1-3', '1-3', '1-3', '1-3']);
  expect(await spanAt(metric, 9, 11, 13)).toEqual(['9-13', '9-13', '9-13']);
  // What opens during an anomaly is one of its own.
  expect(await spanAt(metric, 15, 16, 18, 20, 21)).toEqual([
    '15-16',
    '15-16',
    '17-18',
    '19-20 lasts',
    '19-20 lasts',
  ]);
  expect(await spanAt(other, 0)).toEqual(['0-0']);
  // A sample of an excluded time says nothing: what goes on after it is the same anomaly.
  await bench.score(
    Array.from('ocxxcx.', (letter, minute) => ({ metric: excluded, minute, ...LETTERS[letter] })),
  );
  expect(await spanAt(excluded, 0, 4)).toEqual(['0-4', '0-4']);
  // Of an anomaly whose beginning retention took away, or that was never scored, there is nothing to say.
  expect(await spanAt(metric, 0)).toEqual([null]);
});

/** What follows each other in a metric, with the spans that come of it. */
const part = fc.record({
  normal: fc.integer({ min: 0, max: 3 }),
  excluded: fc.integer({ min: 0, max: 2 }),
  quiet: fc.boolean(),
  /** Of an anomaly: how many samples continue it, and how many are near normal behind them. Null for none. */
  anomaly: fc.option(fc.record({ continues: fc.nat(6), recovers: fc.nat(3) }), { freq: 5 }),
});

it('is that of any anomaly, wherever its samples are, of many metrics at once', async () => {
  await createSampleMonths(bench.database.pool).ensure([FIRST_MS, LAST_MS]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(part, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
      fc.record({
        blockSize: fc.integer({ min: 1, max: 9 }),
        packed: fc.array(fc.boolean(), { minLength: 1 }),
      }),
      async (metrics, layout) => {
        const samples: ScoredSample[] = [];
        const wanted: { metricNumber: number; timestampMs: number; span: object }[] = [];
        for (const [metric, parts] of metrics.entries()) {
          let minute = 0;
          const add = (phase: AnomalyPhase | null) => {
            minute += 1;
            const own = { metricNumber: metric + 1, timestampMs: FIRST_MS + minute * 60_000, phase };
            samples.push({ ...makeScoredSample(samples.length + 1), ...own });
            return own.timestampMs;
          };
          for (const [index, { normal, excluded, quiet, anomaly }] of parts.entries()) {
            for (let count = 0; count < normal; count++) add(null);
            if (quiet) add('QUIET_PERIOD');
            if (anomaly === null) continue;
            const times = [add('OPENS')];
            for (let count = 0; count < anomaly.continues; count++) times.push(add('CONTINUES'));
            const span = { fromMs: times[0], toMs: times.at(-1) };
            for (let count = 0; count < anomaly.recovers; count++) times.push(add('RECOVERS'));
            // They say nothing: the anomaly may go on behind them.
            for (let count = 0; count < excluded; count++) add('EXCLUDED');
            const ends = parts
              .slice(index + 1)
              .some((one) => one.normal > 0 || one.quiet || one.anomaly !== null);
            for (const timestampMs of times)
              wanted.push({ metricNumber: metric + 1, timestampMs, span: { ...span, lasts: !ends } });
          }
        }
        await storeSamples(bench.database.pool, samples, layout);
        const found = await readAnomalySpans(bench.database.pool, wanted);
        expect(found).toEqual(wanted.map(({ span }) => span));
      },
    ),
    { numRuns: 20, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  );
});
