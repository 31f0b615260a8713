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

  // 2.7.18 by protocol, cPickle (which numbers what it remembers from 1) and pickle:
  // [('a.b', (1767225600, 1.5)), ('c', (1767225600, 2**64-1)), (u'\u00fcx\u20ac', (1767225600L, -7)), ('it\'s\\', (1767225600.5, 1e22))]
  it.each([
    [
      'cPickle, 0',
      '286c70310a285327612e62270a70320a2849313736373232353630300a46312e350a7470330a7470340a6128532763270a2849313736373232353630300a4c31383434363734343037333730393535313631354c0a747470350a612856fc785c75323061630a70360a284c313736373232353630304c0a492d370a7470370a7470380a61285322697427735c5c220a70390a2846313736373232353630302e350a4631652b32320a747031300a747031310a612e',
    ],
    [
      'cPickle, 1',
      '5d710128285503612e627102284a00b95569473ff800000000000074710374710428550163284a00b955694c31383434363734343037333730393535313631354c0a74747105285806000000c3bc78e282ac7106284c313736373232353630304c0a4af9ffffff747107747108285505697427735c7109284741da556e40200000474480f0cf064dd59274710a74710b652e',
    ],
    [
      'cPickle, 2',
      '80025d7101285503612e6271024a00b95569473ff80000000000008671038671045501634a00b955698a09ffffffffffffffff00868671055806000000c3bc78e282ac71068a0400b955694af9ffffff8671078671085505697427735c71094741da556e40200000474480f0cf064dd59286710a86710b652e',
    ],
    [
      'pickle, 0',
      '286c70300a285327612e62270a70310a2849313736373232353630300a46312e350a7470320a7470330a6128532763270a70340a2849313736373232353630300a4c31383434363734343037333730393535313631354c0a7470350a7470360a612856fc785c75323061630a70370a284c313736373232353630304c0a492d370a7470380a7470390a61285322697427735c5c220a7031300a2846313736373232353630302e350a4631652b32320a747031310a747031320a612e',
    ],
    [
      'pickle, 2',
      '80025d7100285503612e6271014a00b95569473ff800000000000086710286710355016371044a00b955698a09ffffffffffffffff008671058671065806000000c3bc78e282ac71078a0400b955694af9ffffff8671088671095505697427735c710a4741da556e40200000474480f0cf064dd59286710b86710c652e',
    ],
  ])('of Python 2 gives its points: %s', (_how, hex) => {
    expect(parse(frame(...Buffer.from(hex, 'hex')))).toEqual({
      ...GOOD,
      points: [
        point('a.b', 1767225600, 1.5),
        point('c', 1767225600, 2 ** 64),
        point('üx€', 1767225600, -7),
        point("it's\\", 1767225600.5, 1e22),
      ],
    });
  });

  // As backends/graphite.js of StatsD 0.9 and PickledGraphite of Dropwizard Metrics write them: by hand, in protocol 0.
  it.each([
    [
      'StatsD',
      "(l(S'stats.a'\n(L1767225600L\nS'0.5'\ntta(S'stats.b;x=1'\n(L1767225610L\nS'1e-7'\ntta.",
      [point('stats.a', 1767225600, 0.5), point('stats.b;x=1', 1767225610, 1e-7)],
    ],
    [
      'Dropwizard Metrics',
      "(l(S'jvm.heap-used'\n(L1767225600L\nS'123456789.00'\ntta.",
      [point('jvm.heap-used', 1767225600, 123456789)],
    ],
    [
      'escapes',
      "(l(S'a\\x2eb\\'c\\056\\qd'\n(I1\nI2\ntta(S\"\\xc3\\xbc\"\n(I1\nF.25\ntta(S'\\xfc'\n(I1\nI2\ntta.",
      [point("a.b'c.\\qd", 1, 2), point('ü', 1, 0.25)],
      ['not_utf8'],
    ],
    [
      'numbers that are none',
      "(l(S'a'\n(I1\nFnan\ntta(S'b'\n(I1\nFinf\ntta(S'c'\n(I1\nI01\ntta(S'd'\n(I1\nI1\ntta.",
      [point('d', 1, 1)],
      ['bad_value', 'bad_value'],
    ],
  ])('of protocol 0, written by hand, gives its points: %s', (_who, text, points, problems = []) => {
    const found = parse(frame(text));
    expect(found.points).toEqual(points);
    expect(found.problems).toEqual(problems);
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
    ['[("b", (1, 10**400))]', { problems: ['bad_value'] }],
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
    ['a text of four gigabytes', frame(0x80, 2, 'X', 255, 255, 255, 255, '.')],
    ['a text of protocol 0 without quotes', frame('(lSa\na.')],
    ['a text of protocol 0 without an end', frame("(lS'a")],
    ['a number of protocol 0 that is none', frame('(lI1x\na.')],
    ['a number of a million digits', frame(`(lL${'9'.repeat(1_000_000)}L\na.`)],
    ['recalling by a place that is none', frame('(lp0\ngx\n.')],
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
