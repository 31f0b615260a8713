import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { MAX_SERIES, MAX_VALUES, StatsdAggregator } from '../../../../src/core/ingest/statsd/aggregator.ts';
import { LineStream, MAX_LINE_BYTES } from '../../../../src/core/ingest/statsd/line-stream.ts';
import { nameStatsdSeries, parseStatsdLine } from '../../../../src/core/ingest/statsd/parse-line.ts';

/** What lines of one interval of ten seconds become. */
function aggregate(lines: readonly string[], aggregator = new StatsdAggregator()): Record<string, number> {
  for (const line of lines) {
    const metric = parseStatsdLine(line);
    if (typeof metric !== 'object' || metric === null) throw new Error(`${line}: ${String(metric)}`);
    aggregator.add(metric, 0);
  }
  return Object.fromEntries(aggregator.flush(10_000, 10_000).map(({ metric, value }) => [metric, value]));
}

describe('a line', () => {
  it.each([
    ['gorets:1|c', 'stats.counters.gorets', ['1'], 1],
    ['gorets:1|c|@0.1', 'stats.counters.gorets', ['1'], 0.1],
    ['glork:320|ms|@0.1', 'stats.timers.glork', ['320'], 0.1],
    ['gaugor:-10|g', 'stats.gauges.gaugor', ['-10'], 1],
    ['uniques:765|s', 'stats.sets.uniques', ['765'], 1],
    ['uniques:a:b c|s', 'stats.sets.uniques', ['a:b c'], 1],
    [
      'page.views:1|c|#env:prod,canary,url:http://a/b',
      'stats.counters.page.views;canary=true;env=prod;url=http://a/b',
      ['1'],
      1,
    ],
    [
      'fuel.level:0.5|g|#env:prod|c:ci-83c0a99c0a54c0c187f461c7980e9b57',
      'stats.gauges.fuel.level;env=prod',
      ['0.5'],
      1,
    ],
    [
      'users.online:1:2.5:-3e2|h|@0.5|#b:2,a:1',
      'stats.timers.users.online;a=1;b=2',
      ['1', '2.5', '-3e2'],
      0.5,
    ],
    ['a b/c:1|d\r', 'stats.timers.a_b-c', ['1'], 1],
    // Graphite's tags, which StatsD has since 0.9, and those of Telegraf (hot-shots, Airflow, Micrometer).
    ['api.calls;env=prod;host=a:1|c', 'stats.counters.api.calls;env=prod;host=a', ['1'], 1],
    ['api.calls,host=a,env=prod:1|c', 'stats.counters.api.calls;env=prod;host=a', ['1'], 1],
    ['api.calls;env=prod:1|c|#env:test,b:1', 'stats.counters.api.calls;b=1;env=test', ['1'], 1],
    ['api.calls;env=:1|c', 'stats.counters.api.calls;env=', ['1'], 1],
    ['a,b:1|c', 'stats.counters.a,b', ['1'], 1],
    ['a;b:1|c', 'stats.counters.a\\;b', ['1'], 1],
    ['a,=b:1|c', 'stats.counters.a,=b', ['1'], 1],
    ['x:1|c|#k:a;b', 'stats.counters.x;k=a\\;b', ['1'], 1],
  ])('%j is read', (line, series, values, rate) => {
    const metric = parseStatsdLine(line);
    expect(metric).toMatchObject({ values, rate });
    if (typeof metric === 'object' && metric !== null) expect(nameStatsdSeries(metric, '')).toBe(series);
  });

  it.each([
    ['', null],
    ['  \r', null],
    ['_e{5,4}:title|text', 'no_metric'],
    ['_sc|Redis connection|2', 'no_metric'],
    ['gorets', 'bad_name'],
    [':1|c', 'bad_name'],
    ['gorets:1', 'bad_type'],
    ['gorets:1|x', 'bad_type'],
    ['gorets:|c', 'bad_value'],
    ['gorets:nan|g', 'bad_value'],
    ['gorets:1e999|g', 'bad_value'],
    ['gorets:1:x|ms', 'bad_value'],
    ['gorets:0x10|c', 'bad_value'],
    ['gorets:1|c|@0', 'bad_rate'],
    ['gorets:1|c|@2', 'bad_rate'],
    ['gorets:1|c|@', 'bad_rate'],
    ['gorets:1|c|T1656581400', 'bad_timestamp'],
  ])('%j is not', (line, problem) => {
    expect(parseStatsdLine(line)).toBe(problem);
  });

  test('of any text is read or refused', () => {
    fc.assert(fc.property(fc.string(), (line) => void parseStatsdLine(line)));
  });
});

describe('an interval', () => {
  it('has counters as rates, of what was not sent too', () => {
    expect(aggregate(['a:1|c', 'a:4|c', 'b:3|c|@0.1', 'c:-2|c'])).toEqual({
      'stats.counters.a.rate': 0.5,
      'stats.counters.b.rate': 3,
      'stats.counters.c.rate': -0.2,
    });
  });

  it('has statistics of timers', () => {
    const lines = Array.from({ length: 10 }, (_, i) => `t:${10 - i}|ms`);
    expect(aggregate([...lines, 'u:4:8|h|@0.5'])).toEqual({
      'stats.timers.t.count': 10,
      'stats.timers.t.mean': 5.5,
      'stats.timers.t.median': 5.5,
      'stats.timers.t.upper_90': 9,
      'stats.timers.t.upper': 10,
      'stats.timers.u.count': 4,
      'stats.timers.u.mean': 6,
      'stats.timers.u.median': 6,
      'stats.timers.u.upper_90': 8,
      'stats.timers.u.upper': 8,
    });
  });

  // What lib/process_metrics.js of StatsD 0.9 makes of the same values.
  it.each([
    [[7], 7, 7, 7],
    [[1, 3], 2, 3, 3],
    [[9, 1, 2], 2, 9, 9],
    [[4, 1, 3, 2], 2.5, 4, 4],
    [[5, 4, 3, 2, 1], 3, 5, 5],
    [Array.from({ length: 11 }, (_, i) => i + 1), 6, 10, 11],
    [Array.from({ length: 16 }, (_, i) => i + 1), 8.5, 14, 16],
    [Array.from({ length: 24 }, (_, i) => i + 1), 12.5, 22, 24],
    [Array.from({ length: 100 }, (_, i) => i + 1), 50.5, 90, 100],
  ])('has the percentiles of StatsD: %j', (values, median, upper90, upper) => {
    expect(aggregate([`t:${values.join(':')}|ms`])).toMatchObject({
      'stats.timers.t.median': median,
      'stats.timers.t.upper_90': upper90,
      'stats.timers.t.upper': upper,
    });
  });

  it('moves a gauge from where it was, however long ago that is, unless there are very many', () => {
    const aggregator = new StatsdAggregator();
    const gauge = { kind: 'gauge', name: 'g', tags: [], values: ['40'], rate: 1 } as const;
    aggregator.add(gauge, 0);
    aggregator.flush(86_400_000, 10_000);
    aggregator.add({ ...gauge, values: ['+2'] }, 86_400_000);
    expect(aggregator.flush(86_410_000, 10_000)).toMatchObject([{ metric: 'stats.gauges.g', value: 42 }]);
    for (let i = 0; i < MAX_SERIES - 1; i += 1) aggregator.add({ ...gauge, name: `g${i}` }, 86_420_000);
    expect(aggregator.add({ ...gauge, name: 'new' }, 86_420_000)).toBe(false);
    aggregator.flush(2 * 86_400_000, 10_000);
    expect(aggregator.add({ ...gauge, name: 'new' }, 2 * 86_400_000)).toBe(true);
    aggregator.add({ ...gauge, values: ['+2'] }, 2 * 86_400_000);
    expect(aggregator.flush(2 * 86_400_000, 10_000)).toMatchObject([{ value: 40 }, { value: 2 }]);
  });

  it('has gauges as they were left, and sets by how many there were', () => {
    const aggregator = new StatsdAggregator();
    expect(aggregate(['g:5|g', 'g:+3|g', 'g:-1|g', 's:a|s', 's:b|s', 's:a|s'], aggregator)).toEqual({
      'stats.gauges.g': 7,
      'stats.sets.s.count': 2,
    });
    // Moved in the next interval, from where it was.
    expect(aggregate(['g:-10|g', 's:a|s'], aggregator)).toEqual({
      'stats.gauges.g': -3,
      'stats.sets.s.count': 1,
    });
  });

  it('in which nothing came has counters at 0 and nothing else; after an hour nobody counts', () => {
    const aggregator = new StatsdAggregator();
    aggregate(['c:1|c', 'g:1|g', 't:1|ms', 's:1|s'], aggregator);
    expect(aggregator.flush(20_000, 10_000)).toEqual([
      { metric: 'stats.counters.c.rate', timestampMs: 20_000, value: 0 },
    ]);
    expect(aggregator.flush(3_610_001, 10_000)).toEqual([]);
  });

  it('has so many series and values, and no more', () => {
    const aggregator = new StatsdAggregator();
    const metric = { kind: 'counter', name: 'a', tags: [], values: ['1'], rate: 1 } as const;
    for (let i = 0; i < MAX_SERIES; i += 1) aggregator.add({ ...metric, name: `a${i}` }, 0);
    expect(aggregator.add(metric, 0)).toBe(false);
    expect(aggregator.add({ ...metric, name: 'a1' }, 0)).toBe(true);
    const timers = new StatsdAggregator();
    const values = Array.from({ length: 10_000 }, () => '1');
    for (let i = 0; i < MAX_VALUES / values.length; i += 1) {
      expect(timers.add({ ...metric, kind: 'timer', values }, 0)).toBe(true);
    }
    expect(timers.add({ ...metric, kind: 'timer' }, 0)).toBe(false);
    timers.flush(1000, 1000);
    expect(timers.add({ ...metric, kind: 'timer' }, 1000)).toBe(true);
  });
});

describe('a connection', () => {
  test('gives the same lines however its bytes are cut', () => {
    const sent = 'a:1|c\nb:2|g\n\nc:3|ms';
    fc.assert(
      fc.property(fc.array(fc.nat(sent.length), { maxLength: 6 }), (cuts) => {
        const stream = new LineStream();
        const places = [0, ...cuts.toSorted((a, b) => a - b), sent.length];
        const pieces = places.slice(1).map((end, index) => sent.slice(places[index], end));
        const read = pieces.map((piece) => stream.push(Buffer.from(piece)).lines.toString());
        expect(read.join('') + stream.end().toString()).toBe(`${sent}\n`);
      }),
    );
  });

  it('reads a line that is too long once, and none of its end', () => {
    const stream = new LineStream();
    stream.push(Buffer.from('a:1|c\n'));
    const first = stream.push(Buffer.alloc(MAX_LINE_BYTES + 1, 'x'));
    expect(first.lines.length).toBe(MAX_LINE_BYTES + 1);
    expect(stream.push(Buffer.alloc(MAX_LINE_BYTES, 'x')).lines.length).toBe(0);
    expect(stream.push(Buffer.from('x:1|c\nb:1|c\n')).lines.toString()).toBe('b:1|c\n');
  });

  it.each([
    ['GET / HTTP/1.1\r\n\r\nx:1|c\n', true],
    ['POST /x HTTP/1.1\r\ncontent-length: 6\r\n\r\nx:1|c\n', true],
    ['GET:1|c\nx:1|c\n', false],
  ])('that says %j speaks another protocol: %s', (text, isForeign) => {
    expect(new LineStream().push(Buffer.from(text)).isForeign).toBe(isForeign);
  });
});
