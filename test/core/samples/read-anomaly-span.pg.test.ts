import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAnomalySpans } from '../../../src/core/samples/read-anomaly-span.ts';
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
