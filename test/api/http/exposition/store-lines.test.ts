/** What is made of a whole exposition: kinds by its comments, labels and times of the request, and what is left out. */
import { describe, expect, it } from 'vitest';
import { storeLines, type StoreLinesOptions } from '../../../../src/api/http/exposition/store-lines.ts';
import { MAX_FAULTS } from '../../../../src/api/http/push/fault-list.ts';
import { RetryLaterError } from '../../../../src/errors.ts';
import type { NamedPoint } from '../../../../src/core/ingest/ingest.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';

/** @param refused names that are not stored */
async function store(
  body: string,
  options: Partial<StoreLinesOptions> = {},
  refused: readonly string[] = [],
) {
  const points: NamedPoint[] = [];
  const acceptNamed = (some: readonly NamedPoint[]) => {
    const rejected = some.flatMap(({ metric }, index) =>
      refused.includes(metric) ? [{ index, reason: `no ${metric}`, code: 'BAD_NAME' as const }] : [],
    );
    points.push(...some.filter(({ metric }) => !refused.includes(metric)));
    return Promise.resolve({ accepted: some.length, duplicates: 0, late: 0, rejected: rejected as never });
  };
  const result = await storeLines(Buffer.from(body), {
    format: 'text',
    arrivalMs: 1000,
    labels: new Map(),
    accept: { acceptNamed },
    accountId: 1,
    stats: createStats(),
    ...options,
  });
  return { ...result, points };
}

const countersOf = async (body: string, format: StoreLinesOptions['format'] = 'text') =>
  (await store(body, { format })).points
    .filter(({ valueKind }) => valueKind === 'COUNTER')
    .map(({ metric }) => metric);

// https://prometheus.io/docs/specs/om/open_metrics_spec/#metric-types and the text format's "type" comments
describe('a type is of the series of its family', () => {
  it.each([
    ['a counter', '# TYPE up counter\nup 1\n', ['up']],
    [
      'a counter, and what only begins like it',
      '# TYPE up counter\nup 1\nupstream_latency 3\nup_2 1\n',
      ['up'],
    ],
    ['a counter of another family before', '# TYPE a counter\na 1\n# TYPE b gauge\nb 1\nab 1\n', ['a']],
    ['a gauge', '# TYPE jobs_total gauge\njobs_total 3\n', []],
    [
      'a gauge, and a total that only begins like it',
      '# TYPE up gauge\nup 1\nup_checks_total 3\n',
      ['up_checks_total'],
    ],
    [
      'a histogram',
      '# TYPE t histogram\nt_bucket{le="+Inf"} 1\nt_sum 2\nt_count 1\n',
      ['t_bucket;le=+Inf', 't_sum', 't_count'],
    ],
    ['a summary', '# TYPE t summary\nt{quantile="0.5"} 1\nt_sum 2\nt_count 1\n', ['t_sum', 't_count']],
    ['no type', 'a_total 1\nb_count 1\nc 1\n', ['a_total', 'b_count']],
    ['untyped', '# TYPE a_total untyped\na_total 1\n', ['a_total']],
  ])('%s', async (_what, body, counters) => {
    expect(await countersOf(body)).toEqual(counters);
  });

  it.each([
    ['a counter', '# TYPE a counter\na_total 1\na_created 1\n# EOF\n', ['a_total']],
    [
      'a histogram of a gauge',
      '# TYPE a gaugehistogram\na_bucket{le="1"} 1\na_gsum 1\na_gcount 1\n# EOF\n',
      [],
    ],
    ['an info and a set of states', '# TYPE a info\na_info 1\n# TYPE b stateset\nb{b="x"} 1\n# EOF\n', []],
    ['unknown', '# TYPE a unknown\na 1\n# EOF\n', []],
  ])('in OpenMetrics: %s', async (_what, body, counters) => {
    expect(await countersOf(body, 'openmetrics')).toEqual(counters);
  });
});

it('times and labels of the request are of lines that leave them out, and labels go before those of a line', async () => {
  const { points } = await store('a{job="x",z="1"} 1\nb 2 5\r\n\n', { labels: new Map([['job', 'batch']]) });
  expect(points.map(({ metric, timestampMs, value }) => [metric, timestampMs, value])).toEqual([
    ['a;job=batch;z=1', 1000, 1],
    ['b;job=batch', 5, 2],
  ]);
});

it('lines are counted from 1, and each that is left out is named with what is wrong', async () => {
  const body = Buffer.concat([
    Buffer.from('a 1\n\nb{ 2\nc NaN\n'),
    Buffer.from([0xff, 0x20, 0x31, 0x0a]),
    Buffer.from(`${'x'.repeat(70_000)} 1\nd 4\ne 5`),
  ]);
  const { samples, faults, points } = await store(body.toString('latin1'), {}, ['d']);
  // Written as text, 0xff is two bytes, and a name of none.
  expect(faults.shown().map(({ place }) => place)).toEqual([3, 5, 6, 7]);
  expect(faults.describe('line')).toMatch(
    /^line 3: .*; line 5: .*; line 6: expected at most 65536 bytes.*; line 7: no d$/,
  );
  expect({ samples, stored: points.map(({ metric }) => metric) }).toEqual({ samples: 3, stored: ['a', 'e'] });
});

it('a push that is no exposition is read until it is certain', async () => {
  const { faults, stopped } = await store('!\n'.repeat(MAX_FAULTS + 10));
  expect(faults.count).toBe(MAX_FAULTS);
  expect(stopped).toMatchObject({ status: 413 });
  expect(stopped?.reason).toContain('faults');
});

it('a data path that takes nothing now ends it', async () => {
  const acceptNamed = () => Promise.reject(new RetryLaterError('full'));
  await expect(store('a 1\n', { accept: { acceptNamed } })).rejects.toThrow(RetryLaterError);
});
