/** Families in protocol buffers: written field by field from metrics.proto, and by a real Prometheus, whose library is that of Go. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { formatFloat } from '../../../../src/core/ingest/exposition/format-float.ts';
import { MAX_METRIC_BYTES, readFamilies } from '../../../../src/core/ingest/exposition/parse-families.ts';
import { parseExpositionLine } from '../../../../src/core/ingest/exposition/parse-line.ts';
import { writeSeriesName } from '../../../../src/core/sources/pushed-name.ts';
import { ProtobufError } from '../../../../src/platform/bounded-input/protobuf.ts';
import { hasPrometheus, startPrometheus } from '../../../clients/start-prometheus.ts';
import { bytes, message, text } from '../remote-write/encode.ts';

type Field = Parameters<typeof message>[0][number];
const double = (field: number, value: number): Field => [field, (w) => void w.double(value), WireType.Bit64];
const whole = (field: number, value: number): Field => [field, (w) => void w.uint64(value), WireType.Varint];
const part = (field: number, fields: readonly Field[]): Field => [field, bytes(message(fields))];
const label = (name: string, value: string): Field =>
  part(1, [
    [1, text(name)],
    [2, text(value)],
  ]);

/** io.prometheus.client.MetricFamily, with its length before it. */
function family(
  name: string,
  type: number,
  metrics: readonly (readonly Field[])[],
  isTypeLast = false,
): Buffer {
  const typed: Field = [3, (w) => void w.uint32(type), WireType.Varint];
  const body = message([
    [1, text(name)],
    [2, text('Help.')],
    ...(isTypeLast ? [] : [typed]),
    ...metrics.map((fields): Field => part(4, fields)),
    ...(isTypeLast ? [typed] : []),
  ]);
  return Buffer.concat([new BinaryWriter().uint32(body.length).finish(), body]);
}

const list = (body: Uint8Array, pieceBytes = 64) =>
  [...readFamilies(body, pieceBytes)].flatMap(({ samples }) =>
    samples.map(({ name, labels, value, timestampMs, isCounter }) =>
      [
        writeSeriesName(name, labels),
        value,
        ...(isCounter ? ['counter'] : []),
        ...(timestampMs === null ? [] : [timestampMs]),
      ].join(' '),
    ),
  );

const COUNTER = family('runs_total', 0, [
  [label('step', 'a'), part(3, [double(1, 41)])],
  [label('step', ''), part(3, []), [6, (w) => void w.int64(1395066363000), WireType.Varint]],
]);
const HISTOGRAM = [
  label('job', 'x'),
  part(7, [
    whole(1, 7),
    double(2, 12.5),
    part(3, [whole(1, 3), double(2, 0.005)]),
    part(3, [whole(1, 5), double(2, 1e6)]),
  ]),
];

describe('a family', () => {
  it.each([
    ['counter', COUNTER, ['runs_total;step=a 41 counter', 'runs_total 0 counter 1395066363000']],
    ['gauge', family('temp', 1, [[part(2, [double(1, -1.5)])]]), ['temp -1.5']],
    ['untyped', family('x', 3, [[part(5, [double(1, 2)])]]), ['x 2']],
    ['NaN', family('x', 1, [[part(2, [double(1, NaN)])]]), ['x ']],
    [
      'summary',
      family('t', 2, [[part(4, [whole(1, 4), double(2, 10), part(3, [double(1, 0.99), double(2, 9)])])]]),
      ['t;quantile=0.99 9', 't_sum 10 counter', 't_count 4 counter'],
    ],
    [
      'histogram',
      family('t', 4, [HISTOGRAM]),
      [
        't_bucket;job=x;le=0.005 3 counter',
        't_bucket;job=x;le=1e+06 5 counter',
        't_bucket;job=x;le=+Inf 7 counter',
        't_sum;job=x 12.5 counter',
        't_count;job=x 7 counter',
      ],
    ],
    [
      'histogram of a gauge, its type behind its metrics',
      family(
        't',
        5,
        [[part(7, [whole(1, 1), double(2, 2), part(3, [whole(1, 1), double(2, Infinity)])])]],
        true,
      ),
      ['t_bucket;le=+Inf 1', 't_gsum 2', 't_gcount 1'],
    ],
    // No buckets of this kind, and a count that is a float.
    [
      'native histogram',
      family('t', 4, [[part(7, [double(2, 3), double(4, 1.5)])]]),
      ['t_sum 3 counter', 't_count 1.5 counter'],
    ],
  ])('of type %s gives the series of the text format', (_type, body, expected) => {
    expect(list(body)).toEqual(expected);
    expect(list(Buffer.concat([body, COUNTER]))).toEqual([...expected, ...list(COUNTER)]);
  });

  it('of many metrics is given in pieces, each with the bytes it took', () => {
    const metrics = Array.from({ length: 500 }, (_, row) => [
      label('row', String(row)),
      part(2, [double(1, row)]),
    ]);
    const pieces = [...readFamilies(family('many', 1, metrics), 1000)];
    expect(pieces.length).toBeGreaterThan(10);
    expect(Math.max(...pieces.map(({ bytes: read }) => read))).toBeLessThan(1100);
    // Looked through once for its type, and read once.
    expect(pieces.reduce((sum, { bytes: read }) => sum + read, 0)).toBeGreaterThan(10_000);
    expect(pieces.flatMap(({ samples }) => samples.map(({ value }) => value))).toEqual(
      metrics.map((_, row) => row),
    );
  });

  it.each([
    ['without a name', family('', 1, [[part(2, [double(1, 1)])]]), 'bad_name'],
    ['without a value', family('x', 1, [[label('a', 'b')]]), 'bad_value'],
    [
      'that is too long',
      family('x', 1, [[label('a', 'b'.repeat(MAX_METRIC_BYTES)), part(2, [])]]),
      'too_long',
    ],
    ['with a label without a name', family('x', 1, [[label('', 'b'), part(2, [])]]), 'bad_label'],
    ['that names itself twice', family('x', 1, [[label('__name__', 'b'), part(2, [])]]), 'bad_label'],
    [
      'with a label that is no UTF-8',
      family('x', 1, [
        [
          part(1, [
            [1, text('a')],
            [2, bytes(Buffer.from([0xff]))],
          ]),
          part(2, []),
        ],
      ]),
      'not_utf8',
    ],
  ])('%s costs itself: %s', (_what, body, problem) => {
    const pieces = [...readFamilies(Buffer.concat([COUNTER, body, COUNTER]), 10_000)];
    expect(pieces.flatMap(({ family: place, bad }) => bad.map((one) => [place, one.problem]))).toEqual([
      [2, problem],
    ]);
    expect(list(Buffer.concat([COUNTER, body, COUNTER]))).toEqual([...list(COUNTER), ...list(COUNTER)]);
  });

  it.each([
    ['a length that is cut', Buffer.from([0x80])],
    ['a length of six bytes', Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x01])],
    ['a family that is cut', COUNTER.subarray(0, 20)],
    ['text', Buffer.from('up 1\nup 2\n')],
  ])('%s is none', (_what, body) => {
    expect(() => list(Buffer.concat([COUNTER, body]))).toThrow(ProtobufError);
  });

  test('with any byte changed is read or refused', () => {
    const body = Buffer.concat([COUNTER, family('t', 4, [HISTOGRAM])]);
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(body);
        changed[at] = byte;
        try {
          list(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

// strconv.FormatFloat(value, 'g', -1, 64)
it.each([
  [0, '0'],
  [1, '1'],
  [0.5, '0.5'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [0.000025, '2.5e-05'],
  [1e-10, '1e-10'],
  [999_999, '999999'],
  [1_000_000, '1e+06'],
  [1_234_567, '1.234567e+06'],
  [1e21, '1e+21'],
  [1e100, '1e+100'],
  [-2_500_000, '-2.5e+06'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
  [NaN, 'NaN'],
])('the float %d is written as Go writes it: %s', (value, expected) => {
  expect(formatFloat(value)).toBe(expected);
});

it.skipIf(!hasPrometheus)('what a real Prometheus says of itself is the same in both formats', async () => {
  await using prometheus = await startPrometheus();
  const ask = (accept: string) => fetch(`${prometheus.url}/metrics`, { headers: { accept } });
  const delimited =
    'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
  const [families, lines] = await Promise.all([ask(delimited), ask('text/plain')]);
  const named = [...readFamilies(Buffer.from(await families.arrayBuffer()), 4096)].flatMap(({ samples }) =>
    samples.map(({ name, labels }) => writeSeriesName(name, labels)),
  );
  const written = (await lines.text()).split('\n').flatMap((line) => {
    const read = parseExpositionLine(line, 'text');
    return read !== null && 'labels' in read ? [writeSeriesName(read.name, read.labels)] : [];
  });
  // What it counts of these two requests themselves may be in one of the answers alone.
  const others = (names: readonly string[]) =>
    new Set(names.filter((name) => !name.includes('handler=/metrics')));
  expect(named.length).toBeGreaterThan(100);
  expect(others(named)).toEqual(others(written));
});
