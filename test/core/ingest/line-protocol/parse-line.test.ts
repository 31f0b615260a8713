import { Point } from '@influxdata/influxdb-client';
import { describe, expect, it } from 'vitest';
import { readBodyLines } from '../../../../src/core/ingest/line-protocol/split-body.ts';
import {
  type GoodLine,
  parseLine,
  type Precision,
} from '../../../../src/core/ingest/line-protocol/parse-line.ts';
import { textWith } from '../../../helpers/matchers.ts';
import { fc } from '../../../helpers/property.ts';

const ARRIVAL_MS = 1_700_000_000_123;
const parse = (line: string, precision: Precision = 'ns') =>
  parseLine(line, { precision, arrivalMs: ARRIVAL_MS });

describe('a line of line protocol', () => {
  it.each([
    ['cpu value=1 1700000000123456789', 'cpu.value', 1, ARRIVAL_MS],
    ['cpu value=1', 'cpu.value', 1, ARRIVAL_MS],
    ['cpu,host=a,cpu=cpu0 usage=2.5 0', 'cpu.usage;cpu=cpu0;host=a', 2.5, 0],
    ['cpu\\,\\ 01,host=server\\ A,a\\=b=c\\,d v=1 0', 'cpu, 01.v;a=b=c,d;host=server A', 1, 0],
    ['cpu f\\ \\,\\=1=1 0', 'cpu.f ,=1', 1, 0],
    ['disk,path=C:\\Temp used=7i 0', 'disk.used;path=C:\\Temp', 7, 0],
    ['m,t=a;b v=1 0', 'm.v;t=a\\;b', 1, 0],
    ['a;b,t=x v=1 0', 'a\\;b.v;t=x', 1, 0],
    ['a;b v=1 0', 'a;b.v', 1, 0],
    ['m,t=a\tb v=1 0', 'm.v;t=a b', 1, 0],
    ['m v=-12i 0', 'm.v', -12, 0],
    ['m v=12u 0', 'm.v', 12, 0],
    ['m v=-1.5e-3 0', 'm.v', -0.0015, 0],
    ['m v=+.5 0', 'm.v', 0.5, 0],
    ['m v=1. 0\r', 'm.v', 1, 0],
    ['  m   v=1   0  ', 'm.v', 1, 0],
    ['größe,ort=köln wert=1 0', 'größe.wert;ort=köln', 1, 0],
    ['m="x",v=1 k=1 0', 'm="x".k;v=1', 1, 0],
    ['m v=1 -1000000', 'm.v', 1, -1],
  ])('%j is a point', (line, metric, value, timestampMs) => {
    expect(parse(line)).toEqual({ points: [{ metric, value, timestampMs }], skippedFields: 0 });
  });

  it.each([
    ['cpu', 'bad_field', 'at column 4'],
    ['cpu,host=a', 'bad_field', 'at column 11'],
    [',host=a v=1', 'bad_name', 'at column 1'],
    ['cpu, v=1', 'bad_tag', 'at column 5'],
    ['cpu,host v=1', 'bad_tag', 'at column 9'],
    ['cpu,host= v=1', 'bad_tag', 'at column 10'],
    ['cpu,host=a,host=b v=1', 'bad_tag', 'at column 12'],
    ['cpu,host=a,=b v=1', 'bad_tag', 'at column 12'],
    ['cpu =1', 'bad_field', 'at column 5'],
    ['cpu v', 'bad_field', 'at column 6'],
    ['cpu v=', 'bad_field', 'at column 7'],
    ['cpu v=1,', 'bad_field', 'at column 9'],
    ['cpu v=one', 'bad_field', 'at column 7'],
    ['cpu v=NaNi', 'bad_field', 'at column 7'],
    ['cpu v=infinite', 'bad_field', 'at column 7'],
    ['cpu v=1e400', 'bad_field', 'at column 7'],
    ['cpu v=0x10', 'bad_field', 'at column 7'],
    ['cpu v=1.5i', 'bad_field', 'at column 7'],
    ['cpu v=-1u', 'bad_field', 'at column 7'],
    ['cpu v="open', 'bad_field', 'at column 7'],
    ['cpu v="a"b', 'bad_field', 'at column 10'],
    ['cpu v=1 now', 'bad_timestamp', 'at column 9'],
    ['cpu v=1 1.5', 'bad_timestamp', 'at column 9'],
    ['cpu v=1 1 1', 'bad_timestamp', 'at column 9'],
    ['cpu v=1 99999999999999999999', 'bad_timestamp', 'at column 9'],
  ])('%j is none, and the reason says where', (line, problem, place) => {
    expect(parse(line)).toEqual({ problem, reason: expect.stringContaining(place) as string });
  });

  it.each(['', '   ', '# a comment', ' #another', '\r'])('%j says nothing', (line) => {
    expect(parse(line)).toBeNull();
  });

  // Of node-influx (and Node-RED), influxdb and aioinflux for Python, QuestDB's clients and collectd: node-influx#489,
  // influxdb-python#195.
  it.each(['nan', 'NaN', '-nan', '+NaN', 'NAN', 'inf', 'Inf', '+Inf', '-inf', 'Infinity', '-Infinity'])(
    'skips %s, and no other field for it',
    (value) => {
      const point = { metric: 'm.b', value: 2, timestampMs: 0 };
      expect(parse(`m a=${value},b=2 0`)).toEqual({ points: [point], skippedFields: 1 });
      expect(parse(`m a=${value} 0`)).toEqual({ points: [], skippedFields: 1 });
    },
  );

  it('gives each numeric field a metric, and skips texts and booleans', () => {
    expect(parse('m,t=x a=1,b="a, \\"quoted\\" one",c=2i,d=t,e=FALSE 0')).toEqual({
      points: [
        { metric: 'm.a;t=x', value: 1, timestampMs: 0 },
        { metric: 'm.c;t=x', value: 2, timestampMs: 0 },
      ],
      skippedFields: 3,
    });
  });

  // InfluxDB coalesces them, and the last wins; IOx panicked (influxdata/influxdb_iox#4398).
  it.each([
    ['t A=1,A=2 0', [['t.A', 2]], 1],
    [
      't A=1,B=7,A=1 0',
      [
        ['t.A', 1],
        ['t.B', 7],
      ],
      1,
    ],
    ['t A=1i,A="x" 0', [['t.A', 1]], 1],
    [
      't A=1,a=2 0',
      [
        ['t.A', 1],
        ['t.a', 2],
      ],
      0,
    ],
  ] as const)('takes the last number of a field that %j names again', (line, points, skippedFields) => {
    expect(parse(line)).toEqual({
      points: points.map(([metric, value]) => ({ metric, value, timestampMs: 0 })),
      skippedFields,
    });
  });

  // Windows drives, as Nagios' graphios and Telegraf's SNMP input sent them (influxdata/influxdb#5407, telegraf#7558).
  it.each(['Disk,check=C:\\,host=a value=52.45', 't,label=http://a/?s\\=\\ value=1178'])(
    'refuses %j, where a backslash takes the end of the tag with it',
    (line) => {
      const reason = textWith('expected a blank and the fields at column');
      expect(parse(line)).toEqual({ problem: 'bad_field', reason });
    },
  );

  it('names a series alike in whatever order its tags come', () => {
    expect(parse('m,b=2,a=1,B=3 v=1 0')).toEqual(parse('m,B=3,a=1,b=2 v=1 0'));
  });

  it.each([
    ['ns', '1700000000123999999', 1_700_000_000_123],
    ['us', '1700000000123999', 1_700_000_000_123],
    ['ms', '1700000000123', 1_700_000_000_123],
    ['s', '1700000000', 1_700_000_000_000],
    ['m', '28333333', 1_699_999_980_000],
    ['h', '472222', 1_699_999_200_000],
  ] as const)('reads a time in %s', (precision, time, timestampMs) => {
    const line = parse(`m v=1 ${time}`, precision);
    expect(line).toMatchObject({ points: [{ timestampMs }] });
  });
});

describe('line protocol of any kind', () => {
  /** Names the official client can write: it refuses none, but a backslash before a comma has no one meaning. */
  const name = fc
    .stringMatching(/^[ -#%-[\]-~]{1,20}$/)
    .filter((text) => text.trim() === text && text !== '');
  // Semicolons are escaped in names and # begins a comment: told apart in the tables above. The client keeps tags in
  // an object, and so loses one of this name.
  const plain = name.filter((text) => !/[;#]/.test(text) && text !== '__proto__');

  it('gives back what the official client writes', () => {
    const field = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(plain, fc.dictionary(plain, plain, { maxKeys: 4 }), plain, field, (m, tags, key, value) => {
        const point = new Point(m).floatField(key, value).timestamp('1700000000123000000');
        for (const [tag, text] of Object.entries(tags)) point.tag(tag, text);
        const line = parse(point.toLineProtocol() ?? '');
        const series = Object.entries(tags)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([tag, text]) => `;${tag}=${text}`);
        // The client writes -0 as 0.
        expect(line).toEqual({
          points: [{ metric: `${m}.${key}${series.join('')}`, timestampMs: ARRIVAL_MS, value: value + 0 }],
          skippedFields: 0,
        });
      }),
    );
  });

  it('never throws, and a bad line costs no other', () => {
    const options = { precision: 'ns', arrivalMs: ARRIVAL_MS } as const;
    const points = (body: Buffer) =>
      [...readBodyLines(body, options)].flatMap(({ result }) =>
        result !== null && 'points' in result ? result.points : [],
      );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        // What opens a text takes all with it: a test of its own.
        fc.pre(!Buffer.from(bytes).includes('="'));
        const found = points(Buffer.concat([Buffer.from('a v=1 1\n'), bytes, Buffer.from('\nb v=2 2')]));
        expect(found[0]).toEqual({ metric: 'a.v', value: 1, timestampMs: 0 });
        expect(found.at(-1)).toEqual({ metric: 'b.v', value: 2, timestampMs: 0 });
        for (const { value } of found) expect(Number.isFinite(value)).toBe(true);
      }),
    );
  });

  it('numbers lines as an editor does, and refuses those too long or not UTF-8', () => {
    const body = Buffer.concat([
      Buffer.from('# head\n\nm v=1 1000000\r\nm v=x\n'),
      Buffer.from([0x6d, 0xff, 0x0a]),
      Buffer.from(`m,t=${'x'.repeat(70_000)} v=1\n`),
      Buffer.from('m v=2 2000000'),
    ]);
    const lines = [...readBodyLines(body, { precision: 'ns', arrivalMs: 0 })];
    expect(lines.map(({ number }) => number)).toEqual([3, 4, 5, 6, 7]);
    expect(
      lines.map(({ result }) => (result !== null && 'problem' in result ? result.problem : 'good')),
    ).toEqual(['good', 'bad_field', 'not_utf8', 'too_long', 'good']);
  });

  it('costs a hostile line no more than its length', () => {
    const hostile = [
      '\\'.repeat(60_000),
      `m ${'a=1,'.repeat(15_000)}`,
      `m v="${'\\"'.repeat(30_000)}`,
      `m${',a'.repeat(30_000)}`,
      `m v=${'1'.repeat(60_000)}x`,
    ];
    for (const line of hostile) expect(parse(line)).toHaveProperty('problem');
    const wide = parse(`m ${Array.from({ length: 9000 }, (_, i) => `a${i}=1`).join(',')}`) as GoodLine;
    expect(wide.points).toHaveLength(9000);
  });

  it.each([
    ['-9223372036854775808i', -(2 ** 63)],
    ['9223372036854775807i', 2 ** 63],
    ['+9007199254740993i', 9007199254740992],
    ['18446744073709551615u', 2 ** 64],
    ['0u', 0],
  ])('takes the integer %s', (value, number) => {
    expect(parse(`m v=${value} 0`)).toMatchObject({ points: [{ value: number }] });
  });

  it.each([
    '9223372036854775808i',
    '-9223372036854775809i',
    '9999999999999999999i',
    '18446744073709551616u',
    '99999999999999999999u',
  ])('refuses %s, which no 64 bits hold, as InfluxDB does', (value) => {
    expect(parse(`m v=${value} 0`)).toEqual({
      problem: 'bad_field',
      reason: 'expected an integer of 64 bits at column 5',
    });
  });
});

describe('a text in line protocol', () => {
  const read = (body: string) => [
    ...readBodyLines(Buffer.from(body), { precision: 'ns', arrivalMs: ARRIVAL_MS }),
  ];
  const metricsOf = (body: string) =>
    read(body).flatMap(({ number, result }) =>
      result === null
        ? []
        : [[number, 'points' in result ? result.points.map(({ metric }) => metric) : result.problem]],
    );

  it.each<[string, string, unknown[]]>([
    [
      'line breaks',
      'log message="x\nfake,host=prod load=99\ny",count=3i\nb v=1',
      [
        [1, ['log.count']],
        [4, ['b.v']],
      ],
    ],
    // Telegraf's jolokia2 input sends the line separator of the JVM as it is.
    [
      'nothing but a line break',
      'java,host=a line.separator="\n",os="Linux",uptime=5i 1\nb v=1',
      [
        [1, ['java.uptime;host=a']],
        [3, ['b.v']],
      ],
    ],
    [
      'a carriage return',
      'm s="a\r\nb",v=1\r\nb v=1',
      [
        [1, ['m.v']],
        [3, ['b.v']],
      ],
    ],
    [
      'escaped quotes',
      'm s="a\\"\nb v=2\\"",v=1\nb v=1',
      [
        [1, ['m.v']],
        [3, ['b.v']],
      ],
    ],
    [
      'a backslash at its end',
      'm s="C:\\\\",v=1\nb v=1',
      [
        [1, ['m.v']],
        [2, ['b.v']],
      ],
    ],
    [
      'several of them',
      'm s="\n",t="=\n\n,",v=1\nb v=1',
      [
        [1, ['m.v']],
        [5, ['b.v']],
      ],
    ],
    [
      'quotes in tags, which are none',
      'm,t="a v=1\nb v=1',
      [
        [1, ['m.v;t="a']],
        [2, ['b.v']],
      ],
    ],
    [
      'quotes behind a number, which are none',
      'm v=1"\nb v=1',
      [
        [1, 'bad_field'],
        [2, ['b.v']],
      ],
    ],
    ['quotes in a comment', '# s="\nb v=1', [[2, ['b.v']]]],
    [
      'no end',
      'a v=1\nm s="x\nfake v=1\nb v=1',
      [
        [1, ['a.v']],
        [2, 'bad_field'],
      ],
    ],
    [
      'an end in the next line',
      'm s="x\nb v="y"\nc v=1',
      [
        [1, 'bad_field'],
        [3, ['c.v']],
      ],
    ],
  ])('with %s is no metric, and costs no other line more than it must', (_, body, expected) => {
    expect(metricsOf(body)).toEqual(expected);
  });

  it('without an end is told with how many lines it may have taken', () => {
    expect(read('m s="x\nb v=1\nc v=1\n')[0]?.result).toMatchObject({
      problem: 'bad_field',
      lines: 3,
      reason: expect.stringContaining('(3)') as string,
    });
  });

  it('is never a metric, whatever it holds', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc
        .array(fc.constantFrom('\n', '"', '\\', ' ', ',', '=', 'fake v=1', '#', '\r'), { maxLength: 30 })
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(hostile, hostile, (first, second) => {
        const write = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
        const body = `log a=${write(first)},b=${write(second)},count=3i 1\nafter v=1 1`;
        fc.pre(isWellFormed(body));
        expect(metricsOf(body).map(([, metrics]) => metrics)).toEqual([['log.count'], ['after.v']]);
      }),
    );
  });

  it('costs no more than its length, however many there are', () => {
    const body = `m s="\n",v=1\n`.repeat(100_000);
    expect(read(body)).toHaveLength(100_000);
    expect(read(`m v=1\n`.repeat(100_000) + 'm s="')).toHaveLength(100_001);
  });
});

/** No half of a character, which no UTF-8 holds. */
function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text;
}
