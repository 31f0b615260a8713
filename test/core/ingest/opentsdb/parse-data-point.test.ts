import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDataPoint } from '../../../../src/core/ingest/opentsdb/parse-data-point.ts';

const POINT = {
  metric: 'sys.cpu.nice',
  timestamp: 1346846400,
  value: 18,
  tags: { host: 'web01', dc: 'lga' },
};
const AT_MS = Date.parse('2012-09-05T12:00:00Z');

describe('a data point of OpenTSDB', () => {
  it.each([
    // The example of its documentation.
    ['as it is', {}, { metric: 'sys.cpu.nice;dc=lga;host=web01', timestampMs: AT_MS, value: 18 }],
    ['in milliseconds', { timestamp: AT_MS + 123 }, { timestampMs: AT_MS + 123 }],
    ['whose time has a fraction', { timestamp: 1346846400.25 }, { timestampMs: AT_MS + 250 }],
    [
      'whose numbers stand in quotes',
      { timestamp: '1346846400', value: '-1.5e3' },
      { timestampMs: AT_MS, value: -1500 },
    ],
    ['of the last second of 32 bits', { timestamp: 4294967295 }, { timestampMs: 4294967295000 }],
    ['of the first millisecond of 33 bits', { timestamp: 4294967296 }, { timestampMs: 4294967296 }],
    ['without tags', { tags: {} }, { metric: 'sys.cpu.nice' }],
    ['with null for tags', { tags: null }, { metric: 'sys.cpu.nice' }],
    ['whose tags are no texts', { tags: { cpu: 0, up: true } }, { metric: 'sys.cpu.nice;cpu=0;up=true' }],
    ['with an empty tag', { tags: { a: '', b: 'c' } }, { metric: 'sys.cpu.nice;b=c' }],
    ['with more than a data point has', { tsuid: 'x' }, { value: 18 }],
  ])('%s', (_, given, expected) => {
    expect(parseDataPoint({ ...POINT, ...given })).toMatchObject(expected);
  });

  it.each([
    [{ ...POINT, metric: '' }, 'bad_name', 'metric: expected a name, got ""'],
    [{ ...POINT, metric: 7 }, 'bad_name', 'metric: expected a name, got 7'],
    [{}, 'bad_name', 'metric: expected a name, got nothing'],
    [[POINT], 'bad_name', 'expected a data point, got [{"metric"'],
    [null, 'bad_name', 'expected a data point, got null'],
    [{ ...POINT, timestamp: 'now' }, 'bad_timestamp', 'since 1970, got "now"'],
    [{ ...POINT, timestamp: undefined }, 'bad_timestamp', 'since 1970, got nothing'],
    [{ ...POINT, timestamp: 1e300 }, 'bad_timestamp', 'since 1970, got 1e+300'],
    [{ ...POINT, value: 'NaN' }, 'bad_value', 'value: expected a number, got "NaN"'],
    [{ ...POINT, value: '' }, 'bad_value', 'value: expected a number, got ""'],
    [{ ...POINT, value: '0x1' }, 'bad_value', 'value: expected a number, got "0x1"'],
    [{ ...POINT, value: '1e999' }, 'bad_value', 'value: expected a number, got "1e999"'],
    [{ ...POINT, value: true }, 'bad_value', 'value: expected a number, got true'],
    [
      { ...POINT, tags: ['host'] },
      'bad_tag',
      'tags: expected an object of names and their values, got ["host"]',
    ],
    [{ ...POINT, tags: { '': 'a' } }, 'bad_tag', 'got {"":"a"}'],
    [{ ...POINT, tags: { host: null } }, 'bad_tag', 'got {"host":null}'],
  ])('%o is left out: %s', (data, problem, reason) => {
    const bad = parseDataPoint(data);
    expect(bad).toMatchObject({ problem });
    expect(bad).toHaveProperty('reason', expect.stringContaining(reason));
  });

  it('is a point or a reason, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const parsed = parseDataPoint(data);
        if ('problem' in parsed) expect(parsed.reason.length).toBeLessThan(150);
        else expect(Number.isFinite(parsed.value) && Number.isSafeInteger(parsed.timestampMs)).toBe(true);
      }),
    );
  });
});
