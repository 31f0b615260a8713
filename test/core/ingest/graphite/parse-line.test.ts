import { describe, expect, it } from 'vitest';
import { parseGraphiteLine } from '../../../../src/core/ingest/graphite/parse-line.ts';
import { fc } from '../../../helpers/property.ts';

const ARRIVAL_MS = 1_700_000_000_123;

describe('a Graphite line', () => {
  it.each([
    ['row 1', 'test.metric 4.0 1386792175', 4, Date.UTC(2013, 11, 11, 20, 2, 55)],
    // HTM-IT rounded to seconds; here a fraction of a second is kept.
    ['row 5', 'test.metric 5 1386288000.021', 5, Date.UTC(2013, 11, 6, 0, 0, 0, 21)],
  ])('has a name, a value and a time (%s)', (_row, line, value, timestampMs) => {
    expect(parseGraphiteLine(line, ARRIVAL_MS)).toEqual({ metric: 'test.metric', value, timestampMs });
  });

  it.each([
    ['a\t5\t1', 'a', 5, 1000],
    ['  a   5 \t 1  ', 'a', 5, 1000],
    ['a 5 1\r', 'a', 5, 1000],
    ['a -1.5e-3 1', 'a', -0.0015, 1000],
    ['a +.5 1.', 'a', 0.5, 1000],
    ['a 1e308 0', 'a', 1e308, 0],
    ['a 1 1.3e9', 'a', 1, 1_300_000_000_000],
    ['web;host=a;zone=b 1 1', 'web;host=a;zone=b', 1, 1000],
    ['größe.метр.計 1 1', 'größe.метр.計', 1, 1000],
    ['a\u00a0b 1 1', 'a\u00a0b', 1, 1000],
    // Reported of metrictank as 1008 and 694: the same series in Graphite, where dots part folders.
    ['.a..b... 1 1', 'a.b', 1, 1000],
    ['servers..cpu.;host=a..b. 1 1', 'servers.cpu;host=a..b.', 1, 1000],
    ['... 1 1', '...', 1, 1000],
    // VictoriaMetrics#99 and #3102, telegraf#8877: tags with blanks.
    ['metric;tag1=aaa1;tag2=bb b2;tag3=cc c3 2 1', 'metric;tag1=aaa1;tag2=bb b2;tag3=cc c3', 2, 1000],
    ['disk;path=C:\\Program Files;n=1 2\t3.5 1', 'disk;path=C:\\Program Files;n=1 2', 3.5, 1000],
    ['metric.field;foo bar=baz 123 1', 'metric.field;foo bar=baz', 123, 1000],
    ['a;b=c  d 1 -1 ', 'a;b=c d', 1, ARRIVAL_MS],
    ['a 1 -1', 'a', 1, ARRIVAL_MS],
    ['a 1 -1.0', 'a', 1, ARRIVAL_MS],
  ])('%j is a point', (line, metric, value, timestampMs) => {
    expect(parseGraphiteLine(line, ARRIVAL_MS)).toEqual({ metric, value, timestampMs });
  });

  it.each([
    ['a', 'field_count'],
    ['a 1', 'field_count'],
    ['a 1 1 1', 'field_count'],
    ['a b 1 1', 'field_count'],
    ['a b;c=d 1 1', 'field_count'],
    ['a;b=c 1', 'field_count'],
    ['a;b=c d 1 now', 'bad_timestamp'],
    ['a;b=c d one 1', 'bad_value'],
    ['a one 1', 'bad_value'],
    ['a NaN 1', 'no_value'],
    ['a -nan 1', 'no_value'],
    ['a nan x', 'bad_timestamp'],
    ['a nano 1', 'bad_value'],
    ['a Infinity 1', 'bad_value'],
    ['a -inf 1', 'bad_value'],
    ['a 1e400 1', 'bad_value'],
    ['a 0x10 1', 'bad_value'],
    ['a 0b1 1', 'bad_value'],
    ['a 1_000 1', 'bad_value'],
    ['a 1,5 1', 'bad_value'],
    ['a . 1', 'bad_value'],
    ['a 1e 1', 'bad_value'],
    ['a ١ 1', 'bad_value'],
    ['a 1 N', 'bad_timestamp'],
    ['a 1 nan', 'bad_timestamp'],
    ['a 1 2013-12-11T20:02:55Z', 'bad_timestamp'],
    ['a 1 1e300', 'bad_timestamp'],
    ['a 1 1e307', 'bad_timestamp'],
    ['GET / HTTP/1.1', 'bad_value'],
  ])('%j is left out: %s', (line, problem) => {
    expect(parseGraphiteLine(line, ARRIVAL_MS)).toBe(problem);
  });

  it.each(['', ' ', '\t\r', '\v\f'])('%j is blank: neither point nor problem', (line) => {
    expect(parseGraphiteLine(line, ARRIVAL_MS)).toBeNull();
  });

  it('gives back any point that is printed', () => {
    const step = fc.stringMatching(/^[^\s\p{C}.;]{1,12}$/u);
    const name = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => steps.join('.'));
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    const timestampMs = fc.integer({ min: 0, max: 4_102_444_800_000 });
    fc.assert(
      fc.property(name, value, timestampMs, (metric, value, timestampMs) => {
        const line = `${metric} ${value} ${timestampMs / 1000}`;
        expect(parseGraphiteLine(line, ARRIVAL_MS)).toEqual({ metric, value: value + 0, timestampMs });
      }),
    );
  });
});
