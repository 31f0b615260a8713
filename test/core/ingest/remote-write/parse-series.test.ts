import { WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  MAX_SERIES_BYTES,
  parseSeries,
  type RemoteSeries,
} from '../../../../src/core/ingest/remote-write/parse-series.ts';
import {
  readPieces,
  type RemoteWriteVersion,
} from '../../../../src/core/ingest/remote-write/split-request.ts';
import { ProtobufError } from '../../../../src/platform/bounded-input/protobuf.ts';
import {
  bytes,
  message,
  requestV1,
  requestV2,
  sampleMessage,
  type SentSeries,
  seriesV1,
  staleSample,
  text,
} from './encode.ts';

const UP = [
  ['__name__', 'up'],
  ['instance', 'a:9090'],
  ['job', 'node'],
] as const;

function readAll(body: Buffer, version: RemoteWriteVersion) {
  const pieces = [...readPieces(body, version, 100)];
  return {
    series: pieces.flatMap(({ series }) => series),
    metadata: pieces.reduce((sum, { metadata }) => sum + metadata, 0),
  };
}

function good(body: Buffer, version: RemoteWriteVersion): readonly RemoteSeries[] {
  return readAll(body, version).series.map((series) => {
    if ('problem' in series) throw new Error(series.reason);
    return series;
  });
}

describe.each([
  ['1.0', 1, requestV1],
  ['2.0', 2, requestV2],
] as const)('a series of remote write %s', (_name, version, encode) => {
  const one = (series: SentSeries) => {
    const [read] = readAll(encode([series]), version).series;
    if (read === undefined) throw new Error('expected a series');
    return read;
  };

  it('has the name its labels make, in the order of their names', () => {
    const labels = [
      ['zone', 'b;c'],
      ['__name__', 'node_load1'],
      ['empty', ''],
      ['host', 'é'],
    ] as const;
    expect(one({ labels, samples: [[1.5, 1000]] })).toMatchObject({
      metric: 'node_load1;host=é;zone=b\\;c',
      samples: [{ timestampMs: 1000, value: 1.5, skipped: null }],
    });
  });

  it('keeps all samples, of any time and value', () => {
    const samples = [
      [0, 0],
      [-1e308, -5],
      [5e-324, 1_764_331_200_123],
    ] as const;
    expect(one({ labels: UP, samples })).toMatchObject({
      samples: samples.map(([value, timestampMs]) => ({ value, timestampMs, skipped: null })),
    });
  });

  it.each([NaN, Infinity, -Infinity])('leaves out %s', (value) => {
    expect(
      one({
        labels: UP,
        samples: [
          [value, 7],
          [1, 8],
        ],
      }),
    ).toMatchObject({
      samples: [
        { timestampMs: 7, value: null, skipped: 'not_finite' },
        { timestampMs: 8, value: 1 },
      ],
    });
  });

  it('knows the mark of its end', () => {
    const tail = message([[2, bytes(staleSample(9))]]);
    expect(one({ labels: UP, tail })).toMatchObject({ samples: [{ timestampMs: 9, skipped: 'stale' }] });
  });

  it('gives count and sum of native histograms, of integers and floats, and counts exemplars', () => {
    const histograms = [
      { count: 2n ** 40n, sum: 0.5, timestampMs: 1 },
      { count: 2.5, sum: -1, timestampMs: 2 },
      { count: 2.5, sum: NaN, timestampMs: 3 },
    ];
    expect(one({ labels: UP, histograms, exemplars: 3 })).toMatchObject({
      countMetric: 'up_count;instance=a:9090;job=node',
      sumMetric: 'up_sum;instance=a:9090;job=node',
      histograms: [
        { timestampMs: 1, value: { count: 2 ** 40, sum: 0.5 } },
        { timestampMs: 2, value: { count: 2.5, sum: -1 } },
        { timestampMs: 3, value: null, skipped: 'not_finite' },
      ],
      exemplars: 3,
    });
  });

  it.each([
    ['no labels', [], 'no_name', 'the label __name__'],
    ['no name', [['job', 'a']], 'no_name', 'the label __name__'],
    ['an empty name', [['__name__', '']], 'no_name', 'the label __name__'],
    [
      'a label without a name',
      [
        ['__name__', 'up'],
        ['', 'x'],
      ],
      'bad_label',
      'a name of the label',
    ],
    [
      'a label twice',
      [
        ['__name__', 'up'],
        ['a', '1'],
        ['a', '2'],
      ],
      'bad_label',
      'each label once, got "a" twice',
    ],
  ] as const)('with %s is left out, and its neighbours are not', (_what, labels, problem, reason) => {
    const { series } = readAll(
      encode([{ labels: UP }, { labels, samples: [[1, 1]] }, { labels: UP }]),
      version,
    );
    expect(series).toMatchObject([
      { metric: 'up;instance=a:9090;job=node' },
      { problem },
      { metric: expect.anything() as string },
    ]);
    expect(series[1]).toMatchObject({ reason: expect.stringContaining(reason) as string });
  });

  it.each([
    ['a sample that is cut', message([[2, bytes(sampleMessage(1, 1000).subarray(0, 5))]])],
    ['a field that is cut', Buffer.from('12ff01', 'hex')],
    ['a length without an end', Buffer.from('12ffffffffffffffffffff', 'hex')],
    ['a field of number 0', Buffer.from('0000', 'hex')],
    ['groups within groups', Buffer.alloc(1000, 0x5b)],
    ['a wire type that there is not', Buffer.from('17', 'hex')],
  ])('with %s is left out', (_what, tail) => {
    const { series } = readAll(encode([{ labels: UP, samples: [[1, 1]], tail }, { labels: UP }]), version);
    expect(series).toMatchObject([{ problem: 'malformed' }, { metric: 'up;instance=a:9090;job=node' }]);
  });

  it('is read with fields nobody knows yet', () => {
    const tail = message([
      [99, text('new')],
      [98, (writer) => void writer.uint32(1), WireType.Varint],
    ]);
    expect(one({ labels: UP, samples: [[1, 1]], tail })).toMatchObject({ samples: [{ value: 1 }] });
  });

  it('of more bytes than one may have is left out', () => {
    const samples = Array.from({ length: MAX_SERIES_BYTES / 12 }, () => [1, 1] as const);
    expect(one({ labels: UP, samples })).toMatchObject({ problem: 'too_long' });
  });
});

describe('a request', () => {
  it('of 1.0 has descriptions of metrics beside its series', () => {
    expect(readAll(requestV1([{ labels: UP }], ['up', 'down']), 1)).toMatchObject({ metadata: 2 });
  });

  const COUNTER = 'COUNTER';
  it.each([
    // [name, kind by 1.0, and by 2.0 for the types unknown, counter, gauge, histogram]
    ['up', [undefined, undefined, COUNTER, undefined, undefined]],
    ['http_requests_total', [COUNTER, COUNTER, COUNTER, undefined, COUNTER]],
    ['rpc_seconds_bucket', [COUNTER, COUNTER, COUNTER, undefined, COUNTER]],
    ['rpc_seconds_count', [COUNTER, COUNTER, COUNTER, undefined, COUNTER]],
    ['rpc_seconds_sum', [COUNTER, COUNTER, COUNTER, undefined, COUNTER]],
    ['total_count_of', [undefined, undefined, COUNTER, undefined, undefined]],
  ] as const)('says of %s by its type, else by its name, whether it is a counter: %j', (name, expected) => {
    const series = [{ labels: [['__name__', name] as const] }];
    const bodies = [0, 1, 2, 3].map((type) => good(requestV2(series, '', type), 2));
    const kinds = [good(requestV1(series), 1), ...bodies].map(([one]) => one?.valueKind);
    expect(kinds).toEqual(expected);
  });

  it('of 2.0 has its units with its series', () => {
    expect(good(requestV2([{ labels: UP }], 'seconds'), 2)).toMatchObject([{ unit: 'seconds' }]);
    expect(good(requestV2([{ labels: UP }]), 2)).toMatchObject([{ unit: null }]);
  });

  it('of 2.0 may have its symbols behind its series, and labels one by one', () => {
    const varint = (value: number) =>
      [
        1,
        (writer: { uint32: (v: number) => unknown }) => void writer.uint32(value),
        WireType.Varint,
      ] as const;
    const body = message([
      [5, bytes(message([varint(1), varint(2)]))],
      [4, text('')],
      [4, text('__name__')],
      [4, text('up')],
    ]);
    expect(good(Buffer.from(body), 2)).toMatchObject([{ metric: 'up' }]);
  });

  it.each([
    ['that is not there', [1, 9], 'bad_symbol', 'one of 3 symbols, got 9'],
    ['without a partner', [1, 2, 1], 'bad_label', 'in pairs'],
  ])('of 2.0 with a reference %s costs the series alone', (_what, refs, problem, reason) => {
    const symbols = ['', '__name__', 'up'].map((symbol) => [4, text(symbol)] as const);
    const series = [refs, [1, 2]].map(
      (list) => [5, bytes(message([[1, bytes(Uint8Array.from(list))]]))] as const,
    );
    expect(readAll(Buffer.from(message([...symbols, ...series])), 2).series).toMatchObject([
      { problem, reason: expect.stringContaining(reason) as string },
      { metric: 'up' },
    ]);
  });

  it('with a label that is no UTF-8 costs the series alone', () => {
    const label = message([
      [1, bytes(Buffer.from('__name__'))],
      [2, bytes(Buffer.from([0xff]))],
    ]);
    const { series } = readAll(requestV1([message([[1, bytes(label)]]), { labels: UP }]), 1);
    expect(series).toMatchObject([{ problem: 'not_utf8' }, { metric: 'up;instance=a:9090;job=node' }]);
  });

  test('of any bytes is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(1, 2), (body, version) => {
        try {
          readAll(Buffer.from(body), version);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
    );
  });

  test('with one byte changed costs no more than it must, and nothing throws what is a bug', () => {
    const body = requestV1(
      [
        { labels: UP, samples: [[1, 1000]] },
        { labels: UP, samples: [[2, 2000]], exemplars: 1 },
      ],
      ['up'],
    );
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(body);
        changed[at] = byte;
        try {
          readAll(changed, 1);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('of one series alone is that series', () => {
    expect(parseSeries(seriesV1({ labels: UP }), null)).toMatchObject({
      metric: 'up;instance=a:9090;job=node',
    });
  });
});
