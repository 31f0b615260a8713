/** Graphite's pickles, as Python writes them and as nobody should. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createGraphiteListener } from '../../../../src/core/ingest/graphite/listener.ts';
import { MAX_FRAME_BYTES, PickleParser } from '../../../../src/core/ingest/graphite/pickle-parser.ts';
import type { GraphitePoint } from '../../../../src/core/ingest/graphite/parse-line.ts';
import { createLog } from '../../../../src/log.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { until } from '../../../helpers/until.ts';

const ARRIVAL_MS = 1_767_225_600_000;

/** As the documentation of Graphite has it: a length, and the pickle. */
const python = (expression: string, protocol: number): Buffer =>
  execFileSync('python3', [
    '-c',
    `import pickle, struct, sys, os, collections, datetime
p = pickle.dumps(${expression}, protocol=${protocol})
sys.stdout.buffer.write(struct.pack("!L", len(p)) + p)`,
  ]);
const frame = (...bytes: readonly (number | string)[]): Buffer => {
  const body = Buffer.concat(bytes.map((part) => Buffer.from(typeof part === 'string' ? part : [part])));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
};
const parse = (bytes: Buffer) => {
  const parser = new PickleParser();
  const { points, bad, empty } = parser.push(bytes, ARRIVAL_MS);
  return { points, problems: bad.map(({ problem }) => problem), empty, isBroken: parser.isBroken };
};
const point = (metric: string, seconds: number, value: number) => ({
  metric,
  timestampMs: seconds * 1000,
  value,
});
/** A good one, written by hand. */
const NEXT = frame(0x80, 2, '](X', 1, 0, 0, 0, 'aK', 1, 'K', 2, 0x86, 0x86, 'e.');
const GOOD = { problems: [], empty: 0, isBroken: false };

describe('a frame of Python', () => {
  it.each([2, 3, 4, 5])('gives its points, by protocol %i', (protocol) => {
    const list = `[("a.b", (1767225600, 1.5)), ("a.b;host=x", (1767225600.5, -3)), ("ü", (1767225600, 2**40)),
      ["..c", [70000, 255]], ("d", (-1, -2**62)), ("e", ("1767225600", "7")), ("a.b", (1767225660, True or 0))]`;
    const { points, ...rest } = parse(python(list.replace('True or 0', '70000'), protocol));
    expect(rest).toEqual(GOOD);
    expect(points).toEqual([
      point('a.b', 1767225600, 1.5),
      point('a.b;host=x', 1767225600.5, -3),
      point('ü', 1767225600, 2 ** 40),
      point('c', 70000, 255),
      point('d', ARRIVAL_MS / 1000, -(2 ** 62)),
      point('e', 1767225600, 7),
      point('a.b', 1767225660, 70000),
    ]);
  });

  it('of ten thousand points, which remembers texts it has written, gives all of them', () => {
    const { points } = parse(
      python('[("m.%d" % (i % 300), (1767225600 + i, i / 4)) for i in range(10000)]', 2),
    );
    expect(points).toHaveLength(10_000);
    expect(points[9_999]).toEqual(point('m.99', 1767235599, 2499.75));
  });

  it.each([
    ['[("a", (1, float("nan")))]', { problems: [], empty: 1 }],
    ['[("a", (1, float("inf")))]', { problems: ['bad_value'] }],
    [
      '[("a", (1, None)), ("b", (1, True)), ("c", (1, [1]))]',
      { problems: ['bad_value', 'bad_value', 'bad_value'] },
    ],
    ['[("a", (None, 1)), ("b", ("soon", 1))]', { problems: ['bad_timestamp', 'bad_timestamp'] }],
    [
      '[("a", 1), ("a",), ("a", (1, 2, 3)), 5, (("a", (1, 2)), 1)]',
      { problems: Array(5).fill('field_count') },
    ],
    ['[(None, (1, 1))]', { problems: ['not_utf8'] }],
    ['[]', { problems: [] }],
    ['"a"', { problems: ['bad_pickle'] }],
    ['[("a", (1, 2**70))]', { problems: ['bad_pickle'] }],
    ['{"a": 1}', { problems: ['bad_pickle'] }],
    ['[datetime.date(2026, 1, 1)]', { problems: ['bad_pickle'] }],
    ['[collections.OrderedDict()]', { problems: ['bad_pickle'] }],
    ['[os.system]', { problems: ['bad_pickle'] }],
    ['[b"a"]', { problems: ['bad_pickle'] }],
  ])('is taken as far as it can be: %s', (expression, expected) => {
    expect(parse(Buffer.concat([python(expression, 2), NEXT]))).toEqual({
      ...GOOD,
      ...expected,
      points: [point('a', 1, 2)],
    });
  });
});

describe('a frame nobody should write', () => {
  it.each([
    ['one that runs a command', frame(0x80, 2, 'cos\nsystem\n(S"id"\ntR.')],
    ['one that is empty', frame()],
    ['one without an end', frame(0x80, 2, ']')],
    ['one that ends within a number', frame(0x80, 2, 'G', 1)],
    ['one that pops what is not there', frame(0x80, 2, 0x86, '.')],
    ['one that pops below its mark', frame(0x80, 2, 'K', 1, '(', 0x85, '.')],
    ['tuples without a mark', frame(0x80, 2, 't.')],
    ['appending to a number', frame(0x80, 2, 'K', 1, 'K', 2, 'a.')],
    ['recalling what was not remembered', frame(0x80, 2, 'h', 7, '.')],
    ['remembering far off', frame(0x80, 2, ']r', 255, 255, 255, 255, '.')],
    ['a text of four gigabytes', frame(0x80, 2, 'X', 255, 255, 255, 255, '.')],
    ['text opcodes of protocol 0', frame('(lp0\n.')],
  ])('costs itself: %s', (_what, bytes) => {
    expect(parse(Buffer.concat([bytes, NEXT]))).toEqual({
      ...GOOD,
      problems: ['bad_pickle'],
      points: [point('a', 1, 2)],
    });
  });

  it('that holds itself is no endless one', () => {
    expect(parse(frame(0x80, 2, ']q', 0, 'h', 0, 'a.')).problems).toEqual(['field_count']);
  });

  it('is the same however it is cut into chunks', () => {
    const bytes = Buffer.concat([python('[("a", (1, 1))]', 2), python('[("b", (2, 2))]', 4)]);
    const parser = new PickleParser();
    const points = [...bytes].flatMap((byte) => parser.push(Buffer.of(byte), ARRIVAL_MS).points);
    expect(points).toEqual([point('a', 1, 1), point('b', 2, 2)]);
    parser.push(Buffer.of(0), ARRIVAL_MS);
    expect(parser.end(ARRIVAL_MS).bad).toEqual([{ problem: 'cut_off', text: '' }]);
  });

  it('ends the connection where it is too long, as a request of a browser is', () => {
    expect(parse(Buffer.from('POST / HTTP/1.1\r\n'))).toMatchObject({
      problems: ['too_long'],
      isBroken: true,
    });
    const tooLong = Buffer.alloc(4);
    tooLong.writeUInt32BE(MAX_FRAME_BYTES + 1);
    expect(parse(tooLong).isBroken).toBe(true);
  });
});

it('a connection hands its points on, and is closed by a frame that is too long', async () => {
  const stats = createStats();
  const taken: GraphitePoint[] = [];
  const listener = createGraphiteListener({
    host: '127.0.0.1',
    port: 0,
    format: 'pickle',
    accept: (points) => {
      taken.push(...points);
      return Promise.resolve({ rejected: [] });
    },
    log: createLog('silent'),
    stats,
  });
  const { port } = await listener.start();
  const client = connect(port, '127.0.0.1');
  client.write(python('[("a", (1, 1)), ("b", (2,))]', 2));
  await until(() => expect(taken).toEqual([point('a', 1, 1)]));
  const closed = once(client, 'close');
  client.write('GET / HTTP/1.1\r\n\r\n');
  client.resume();
  await closed;
  await listener.stop();
  const bad = stats.snapshot().filter(({ name, value }) => name === 'graphite_lines_bad' && value > 0);
  expect(bad.map(({ reason }) => reason).toSorted()).toEqual(['field_count', 'too_long']);
});
