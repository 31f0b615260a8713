/** Pushes of the library for Go: what it sends as protocol buffers is what it would send as text. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Exposed,
  readFamilies,
  writeGoFloat,
} from '../../../../src/core/ingest/exposition/parse-families.ts';
import { parseExpositionLine } from '../../../../src/core/ingest/exposition/parse-line.ts';
import { ProtobufError } from '../../../../src/platform/bounded-input/protobuf.ts';

/** Both encodings of one registry, by expfmt of prometheus/common 0.39. */
const RECORDED = Buffer.from(
  'MAoYam9iX2xhc3Rfc3VjY2Vzc19zZWNvbmRzEgVXaGVuLhgBIgsSCQkAAABA/FTZQRoKB2pvYl9uYW4SABgBIgsSCQkBAAAAAAD4' +
    'f2wKDmpvYl9yb3dzX3RvdGFsEgVSb3dzLhgAIicKCQoFZW1wdHkSAAoPCgRzdGVwEgdsbyJhZApcGgkJAAAAAACAREAiKAoKCgVl' +
    'bXB0eRIBeAoPCgRzdGVwEgdncsO2w59lGgkJAAAAAAAA8D9hCgtqb2Jfc2Vjb25kcxIAGAQiTjpMCAoRAAAAAACAK0AaCwgAEfFo' +
    '44i1+OQ+GgsIABF7FK5H4Xp0PxoLCAQRAAAAAAAA8D8aCwgKEQAAAACAhC5BGgsIChEAAAAAhNd3QUsKDmpvYl9zaXplX2J5dGVz' +
    'EgAYAiI1IjMIChEAAAAAAIBLQBoSCQAAAAAAAOA/EQAAAAAAABRAGhIJrkfhehSu7z8RAAAAAAAAJEAeCgtqb2JfdW50eXBlZBIA' +
    'GAMiCyoJCQAAAAAAAAzAGwoIam9iX3plcm8SABgBIgsSCQkAAAAAAAAAAA==',
  'base64',
);
const RECORDED_TEXT = String.raw`# HELP job_last_success_seconds When.
# TYPE job_last_success_seconds gauge
job_last_success_seconds 1.7e+09
# HELP job_nan 
# TYPE job_nan gauge
job_nan NaN
# HELP job_rows_total Rows.
# TYPE job_rows_total counter
job_rows_total{empty="",step="lo\"ad\n\\"} 41
job_rows_total{empty="x",step="größe"} 1
# HELP job_seconds 
# TYPE job_seconds histogram
job_seconds_bucket{le="1e-05"} 0
job_seconds_bucket{le="0.005"} 0
job_seconds_bucket{le="1"} 4
job_seconds_bucket{le="1e+06"} 10
job_seconds_bucket{le="2.5e+07"} 10
job_seconds_bucket{le="+Inf"} 10
job_seconds_sum 13.75
job_seconds_count 10
# HELP job_size_bytes 
# TYPE job_size_bytes summary
job_size_bytes{quantile="0.5"} 5
job_size_bytes{quantile="0.99"} 10
job_size_bytes_sum 55
job_size_bytes_count 10
# HELP job_untyped 
# TYPE job_untyped untyped
job_untyped -3.5
# HELP job_zero 
# TYPE job_zero gauge
job_zero 0`;

const readAll = (body: Uint8Array, pieceBytes = 1_000_000) => [...readFamilies(body, pieceBytes)].flat();
const samplesOf = (exposed: readonly Exposed[]) => exposed.filter((one) => !('family' in one));

it('of Go, as protocol buffers and as text, are the same', () => {
  const asText = RECORDED_TEXT.split('\n').flatMap((line) => parseExpositionLine(line, 'text') ?? []);
  for (const pieceBytes of [1, 50, 1_000_000]) expect(readAll(RECORDED, pieceBytes)).toEqual(asText);
});

type Write = (writer: BinaryWriter) => BinaryWriter;
const message = (...fields: readonly Write[]) =>
  fields.reduce((writer, write) => write(writer), new BinaryWriter()).finish();
const bytes =
  (field: number, value: Uint8Array | string): Write =>
  (writer) =>
    writer.tag(field, WireType.LengthDelimited).bytes(typeof value === 'string' ? Buffer.from(value) : value);
const double =
  (field: number, value: number): Write =>
  (writer) =>
    writer.tag(field, WireType.Bit64).double(value);
const varint =
  (field: number, value: number): Write =>
  (writer) =>
    writer.tag(field, WireType.Varint).int64(value);
const label = (name: string, value: string | Uint8Array) =>
  bytes(1, message(bytes(1, name), bytes(2, value)));
const family = (name: string, type: number, ...metrics: readonly Uint8Array[]) =>
  message(bytes(1, name), varint(3, type), ...metrics.map((metric) => bytes(4, metric)));
const stream = (...families: readonly Uint8Array[]) =>
  families.reduce((writer, one) => writer.bytes(one), new BinaryWriter()).finish();
const [COUNTER, GAUGE, , , HISTOGRAM] = [0, 1, 2, 3, 4];

describe('a metric', () => {
  it('has its own time where it says one, and the labels that are not empty', () => {
    const metric = message(
      label('step', 'load'),
      label('empty', ''),
      bytes(2, message(double(1, 7))),
      varint(6, 1_700_000_000_123),
    );
    expect(samplesOf(readAll(stream(family('g', GAUGE, metric))))).toEqual([
      { name: 'g', labels: new Map([['step', 'load']]), value: 7, timestampMs: 1_700_000_000_123 },
    ]);
  });

  it('of a native histogram without buckets is its sum and its count, which may be a fraction', () => {
    const native = (...fields: readonly Write[]) => message(bytes(7, message(...fields, varint(5, 3))));
    const whole = native(varint(1, 10), double(2, 13.5));
    const fraction = native(double(4, 2.5), double(2, 1));
    expect(samplesOf(readAll(stream(family('h', HISTOGRAM, whole, fraction))))).toMatchObject([
      { name: 'h_sum', value: 13.5 },
      { name: 'h_count', value: 10 },
      { name: 'h_sum', value: 1 },
      { name: 'h_count', value: 2.5 },
    ]);
  });

  it('may come before the name and the type of its family', () => {
    const late = message(
      bytes(4, message(bytes(3, message(double(1, 5))))),
      bytes(1, 'c_total'),
      varint(3, COUNTER),
    );
    expect(readAll(stream(late))).toMatchObject([
      { family: 'c_total', type: 'counter' },
      { name: 'c_total', value: 5 },
    ]);
  });

  it.each([
    [
      'of another type than its family',
      bytes(3, message(double(1, 1))),
      'bad_value',
      'expected a value of the type gauge',
    ],
    ['without a value', varint(6, 1), 'bad_value', 'expected a value of the type gauge'],
    [
      'with a label twice',
      (writer: BinaryWriter) => label('a', '2')(label('a', '1')(writer)),
      'bad_label',
      '"a": expected each label once',
    ],
    ['with a label without a name', label('', '1'), 'bad_label', 'expected the name of a label'],
    [
      'with a label that is no UTF-8',
      label('a', Buffer.from([0xff])),
      'bad_label',
      'expected labels in UTF-8',
    ],
    ['that is cut off', bytes(2, Buffer.from([0x09, 1, 2])), 'not_protobuf', 'no protocol buffer'],
  ] as const)('%s is left out, and no other', (_, field, problem, reason) => {
    const good = message(bytes(2, message(double(1, 1))));
    const found = samplesOf(
      readAll(stream(family('g', GAUGE, good, message(field), good), family('after', GAUGE, good))),
    );
    expect(found).toMatchObject([
      { name: 'g', value: 1 },
      { problem, reason: expect.stringContaining(reason) as string },
      { name: 'g', value: 1 },
      { name: 'after', value: 1 },
    ]);
  });
});

it('a stream that is cut off anywhere gives what was whole before it, and says so', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: RECORDED.length - 1 }), (length) => {
      const whole = samplesOf(readAll(RECORDED));
      const found: Exposed[] = [];
      const read = () => {
        for (const piece of readFamilies(RECORDED.subarray(0, length), 1)) found.push(...piece);
      };
      try {
        read();
      } catch (error) {
        expect(error).toBeInstanceOf(ProtobufError);
      }
      expect(whole.slice(0, samplesOf(found).length)).toEqual(samplesOf(found));
    }),
  );
});

it('any bytes are read or refused with a message', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
      try {
        readAll(body, 10);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtobufError);
      }
    }),
    { numRuns: 2000 },
  );
});

// As Go 1.19 prints them by strconv.FormatFloat(value, 'g', -1, 64).
it.each([
  [0, '0'],
  [1, '1'],
  [-1, '-1'],
  [100_000, '100000'],
  [1e6, '1e+06'],
  [123_456, '123456'],
  [1_234_567, '1.234567e+06'],
  [0.0001, '0.0001'],
  [0.000_01, '1e-05'],
  [1.5e21, '1.5e+21'],
  [1e20, '1e+20'],
  [123_456_789, '1.23456789e+08'],
  [0.1, '0.1'],
  [5e-324, '5e-324'],
  [Number.MAX_VALUE, '1.7976931348623157e+308'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
  [NaN, 'NaN'],
])('%d is written %s in a label', (value, text) => {
  expect(writeGoFloat(value)).toBe(text);
});
