import { describe, expect, it } from 'vitest';
import {
  type GraphiteLines,
  MAX_LINE_BYTES,
  createGraphiteParser,
} from '../../../../src/core/ingest/graphite/parser.ts';
import { fc } from '../../../helpers/property.ts';

const ARRIVAL_MS = 1_700_000_000_123;
const point = (metric: string, value: number, seconds: number) => ({
  metric,
  value,
  timestampMs: seconds * 1000,
});

function parse(chunks: readonly Uint8Array[], isWhole = true): GraphiteLines {
  const parser = createGraphiteParser();
  const parts = chunks.map((chunk) => parser.push(chunk, ARRIVAL_MS));
  parts.push(parser.end(ARRIVAL_MS, isWhole));
  return {
    points: parts.flatMap(({ points }) => points),
    bad: parts.flatMap(({ bad }) => bad),
    empty: parts.reduce((sum, { empty }) => sum + empty, 0),
  };
}

const parseText = (...chunks: string[]) => parse(chunks.map((text) => Buffer.from(text)));
const problemsOf = ({ bad }: GraphiteLines) => bad.map(({ problem }) => problem);

describe('the Graphite parser', () => {
  it('puts a line together that came in pieces', () => {
    expect(parseText('te', 'st 4', '.0 1', '00\nb 1 2\n').points).toEqual([
      point('test', 4, 100),
      point('b', 1, 2),
    ]);
  });

  it('takes lines that end in CRLF, blank lines and a last line without an end', () => {
    expect(parseText('a 1 1\r\n\r\n\n  \nb 2 2').points).toEqual([point('a', 1, 1), point('b', 2, 2)]);
  });

  it('takes what Ganglia sends: the end of its text behind each line, on one connection or several', () => {
    const nothingBad = { bad: [], empty: 0 };
    const line = 'g.web.load_one 5.95 1796068668\n\0';
    const load = point('g.web.load_one', 5.95, 1_796_068_668);
    expect(parseText(line)).toEqual({ points: [load], ...nothingBad });
    expect(parseText(line, `${line}put a 100 1\n\0`)).toEqual({
      points: [load, load, point('a', 1, 100)],
      ...nothingBad,
    });
  });

  it('takes the first value of a rate, which collectd sends as nan, for none, and not for bad', () => {
    expect(parseText('host.cpu.idle nan 100\r\nhost.cpu.idle 97.5 110\r\n')).toEqual({
      points: [point('host.cpu.idle', 97.5, 110)],
      bad: [],
      empty: 1,
    });
  });

  it('leaves out bad lines one by one and shows how they begin', () => {
    const lines = parseText('a 1 1\nnonsense\nb x 1\nc 1 1\n');
    expect(lines.points.map(({ metric }) => metric)).toEqual(['a', 'c']);
    expect(lines.bad).toEqual([
      { problem: 'field_count', text: 'nonsense' },
      { problem: 'bad_value', text: 'b x 1' },
    ]);
  });

  it('leaves out only the line that is no UTF-8', () => {
    const lines = parse([
      Buffer.from('a 1 1\n'),
      Buffer.from([0x62, 0xff, 0x20, 0x31, 0x0a]),
      Buffer.from('c 1 1\n'),
    ]);
    expect(lines.points.map(({ metric }) => metric)).toEqual(['a', 'c']);
    expect(lines.bad).toEqual([{ problem: 'not_utf8', text: 'b\ufffd 1' }]);
  });

  it('does not take half a line of a broken connection, which could be another point', () => {
    const lines = parse([Buffer.from('a 1 1\nb 1 13867921')], false);
    expect(lines.points).toEqual([point('a', 1, 1)]);
    expect(lines.bad).toEqual([{ problem: 'cut_off', text: 'b 1 13867921' }]);
  });

  it('takes a line of exactly the limit and counts a longer one once, however it comes', () => {
    const longest = `${'n'.repeat(MAX_LINE_BYTES - 4)} 1 1`;
    expect(parseText(`${longest}\n`).points).toHaveLength(1);
    expect(parseText(longest).points).toHaveLength(1);
    const tooLong = `n${longest}`;
    for (const chunks of [
      [`${tooLong}\na 1 1\n`],
      Array.from(`${tooLong}\na 1 1\n`),
      [tooLong, tooLong, '\na 1 1\n'],
    ]) {
      const lines = parseText(...chunks);
      expect(problemsOf(lines)).toEqual(['too_long']);
      expect(lines.points).toEqual([point('a', 1, 1)]);
      expect(lines.bad[0]?.text).toBe('n'.repeat(100));
    }
  });

  it('forgets an endless line as it comes: 64 MB of it are one bad line', () => {
    const parser = createGraphiteParser();
    const chunk = Buffer.alloc(65_536, 'x');
    const problems = Array.from({ length: 1000 }, () => parser.push(chunk, ARRIVAL_MS)).flatMap(problemsOf);
    expect(problems).toEqual(['too_long']);
    expect(parser.push(Buffer.from('\na 1 1\n'), ARRIVAL_MS).points).toEqual([point('a', 1, 1)]);
  });

  it('keeps no reference to a chunk, which may be written over', () => {
    const parser = createGraphiteParser();
    const chunk = Buffer.from('abc 1');
    parser.push(chunk, ARRIVAL_MS);
    chunk.fill(0);
    expect(parser.push(Buffer.from(' 1\n'), ARRIVAL_MS).points).toEqual([point('abc', 1, 1)]);
  });

  it('gives the same lines however the bytes are cut, and never throws', () => {
    const line = fc.oneof(
      fc.constantFrom('a 1 1', 'b 2.5 -1', 'c NaN 1', 'd', '', '\r', 'x'.repeat(MAX_LINE_BYTES + 1)),
      fc.string({ unit: 'binary' }),
    );
    const bytes = fc.oneof(
      fc.array(line).map((lines) => new Uint8Array(Buffer.from(lines.join('\n')))),
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.constantFrom(0x0a, 0x0d, 0x20, 0x31, 0x2d, 0xc3, 0xa4)).map((all) => Uint8Array.from(all)),
    );
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
    fc.assert(
      fc.property(bytes, cuts, fc.boolean(), (all, places, isWhole) => {
        const ends = places.map((place) => Math.floor(place * all.length)).sort((a, b) => a - b);
        const chunks = [...ends, all.length].map((end, i) => all.subarray(ends[i - 1] ?? 0, end));
        const [cut, uncut] = [parse(chunks, isWhole), parse([all], isWhole)];
        expect(cut.points).toEqual(uncut.points);
        expect(problemsOf(cut)).toEqual(problemsOf(uncut));
        expect(cut.empty).toBe(uncut.empty);
      }),
      { numRuns: 500 },
    );
  });
});
