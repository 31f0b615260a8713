import { describe, expect, it } from 'vitest';
import { createGraphiteParser } from '../../../../src/core/ingest/graphite/parser.ts';
import { fc } from '../../../helpers/property.ts';

const ARRIVAL_MS = 1_700_000_000_123;

/** The point of the line, or why there is none. */
function parse(line: string) {
  const { points, bad, empty } = createGraphiteParser().push(Buffer.from(`${line}\n`), ARRIVAL_MS);
  expect(points.length + bad.length + empty).toBe(1);
  return points[0] ?? bad[0]?.problem ?? 'no_value';
}

describe('a line of OpenTSDB', () => {
  it.each([
    [
      'Netdata 1.37',
      'put netdata.system.cpu.user 1796002658 44.0414500 host=vm _aclk_available=false _is_parent=false',
      ['netdata.system.cpu.user;_aclk_available=false;_is_parent=false;host=vm', 44.04145, 1_796_002_658_000],
    ],
    [
      'collectd 5.12',
      'put load.load.shortterm 1796002641 5.048828125 fqdn=web.example.com  status=production dc=x\r',
      ['load.load.shortterm;dc=x;fqdn=web.example.com;status=production', 5.048828125, 1_796_002_641_000],
    ],
    [
      'Icinga 2.13, of a host whose name has an equals sign',
      'put icinga.host.state 1796001692 0 host=web_1,_eu=x',
      ['icinga.host.state;host=web_1,_eu=x', 0, 1_796_001_692_000],
    ],
    // https://opentsdb.net/docs/build/html/user_guide/writing/index.html
    [
      "OpenTSDB's manual",
      'put sys.cpu.user 1356998400 42.5 host=webserver01 cpu=0',
      ['sys.cpu.user;cpu=0;host=webserver01', 42.5, 1_356_998_400_000],
    ],
    ['milliseconds', 'put a 1356998400500 -1e-3 b=c', ['a;b=c', -0.001, 1_356_998_400_500]],
    ['seconds with a fraction', 'put a 1356998400.500 1 b=c', ['a;b=c', 1, 1_356_998_400_500]],
    ['the last second of 32 bits', 'put a 4294967295 1 b=c', ['a;b=c', 1, 4_294_967_295_000]],
    ['no tags', 'put a 1 2', ['a', 2, 1000]],
    ['an empty value of a tag', 'put a 1 2 b= c=d', ['a;c=d', 2, 1000]],
    ['what Graphite reads as a tag', 'put a;b=1 1 2 c=d;e=f', ['a\\;b=1;c=d\\;e=f', 2, 1000]],
  ])('is a point, as %s writes it', (_, line, [metric, value, timestampMs]) => {
    expect(parse(line)).toEqual({ metric, value, timestampMs });
  });

  it.each([
    ['put a 1 nan host=b', 'no_value'],
    ['put a 1 one host=b', 'bad_value'],
    ['put a 1 inf host=b', 'bad_value'],
    ['put a yesterday 1 host=b', 'bad_timestamp'],
    ['put a 1e300 1 host=b', 'bad_timestamp'],
    ['put a nan 1 host=b', 'bad_timestamp'],
    ['put a 1 1 host', 'bad_tag'],
    ['put a 1 1 =b', 'bad_tag'],
    ['put a', 'field_count'],
    ['putt a 1 1 host=b', 'field_count'],
  ])('%j is none: %s', (line, problem) => {
    expect(parse(line)).toBe(problem);
  });

  it('leaves Graphite its own metric of that name', () => {
    expect(parse('put 5 1356998400')).toEqual({ metric: 'put', value: 5, timestampMs: 1_356_998_400_000 });
  });

  it('is the series a line of Graphite with the same tags is of', () => {
    const word = fc.stringMatching(/^[\w/-]{1,12}$/);
    const tags = fc.uniqueArray(fc.tuple(word, word), { selector: ([key]) => key, maxLength: 5 });
    fc.assert(
      fc.property(word, tags, fc.double({ noNaN: true, noDefaultInfinity: true }), (name, given, value) => {
        const sorted = given.toSorted(([a], [b]) => (a < b ? -1 : 1));
        const path = [name, ...sorted.map((pair) => pair.join('='))].join(';');
        const put = ['put', name, '1356998400', value, ...given.map((pair) => pair.join('='))].join(' ');
        expect(parse(put)).toEqual(parse(`${path} ${value} 1356998400`));
      }),
    );
  });
});
