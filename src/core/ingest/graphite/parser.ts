/**
 * Graphite plaintext as it comes off a socket: bytes in, points and counted bad lines out, however the bytes are
 * cut into chunks; lines of OpenTSDB among them. Pure: no clock, no I/O. A bad line costs only itself; an endless one costs MAX_LINE_BYTES.
 */
import { isUtf8 } from 'node:buffer';
import {
  type GraphitePoint,
  type GraphiteProblem,
  NO_VALUE,
  parseGraphiteLine,
  parseDecimal,
  parseValue,
  splitFields,
} from './parse-line.ts';
import { writeSeriesName } from '../../sources/pushed-name.ts';

/** Bytes of a line without its newline, as carbon has it; a longer line is left out and counted once. */
export const MAX_LINE_BYTES = 16_384;
/** How much of a bad line is shown to the operator, in characters. */
const SHOWN_CHARACTERS = 100;
/** Bad lines of a chunk that are shown: of the others the problem alone is shown. */
const MAX_SHOWN = 10;
const NEWLINE = 0x0a;

export interface BadLine {
  readonly problem: GraphiteProblem;
  /** The beginning of the line, of the first ones of a chunk; bytes that are no UTF-8 show as U+FFFD. */
  readonly text: string;
}

/** What a chunk gave: each line is a point, bad or without a value; blank lines count nowhere. */
export interface GraphiteLines {
  readonly points: readonly GraphitePoint[];
  /** How many lines said that there is no value. */
  readonly empty: number;
  readonly bad: readonly BadLine[];
}

/** One per connection. Neither method throws, whatever the bytes. */
export interface GraphiteParser {
  /** Whether nothing that comes can be understood any more: the connection is to be closed. */
  readonly isBroken: boolean;
  /**
   * Takes the next bytes and gives the lines they complete. Keeps no reference to the chunk.
   * @param arrivalMs the time of points that leave theirs to us, in milliseconds since 1970
   */
  push(chunk: Uint8Array, arrivalMs: number): GraphiteLines;
  /**
   * Ends the stream.
   * @param isWhole true when the sender ended it, so that an unterminated last line is a line; false when the
   *   connection broke: half a line can look like a whole one with another value, so it is counted as cut off
   */
  end(arrivalMs: number, isWhole: boolean): GraphiteLines;
}

export function createGraphiteParser(): GraphiteParser {
  /** The unfinished line: at most MAX_LINE_BYTES, because a longer one is given up. */
  let rest = Buffer.alloc(0);
  let isSkipping = false;

  return {
    // The next line begins behind a newline, whatever came before it.
    isBroken: false,
    push(chunk, arrivalMs) {
      const found = createCollector(arrivalMs);
      const bytes = Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        if (!isSkipping && end > start) found.takeLine(bytes.subarray(start, end));
        isSkipping = false;
        start = end + 1;
      }
      const unfinished = bytes.subarray(start);
      if (!isSkipping && unfinished.length > MAX_LINE_BYTES) {
        found.takeLine(unfinished);
        isSkipping = true;
      }
      rest = isSkipping ? Buffer.alloc(0) : Buffer.from(unfinished);
      return found.conclude();
    },
    end(arrivalMs, isWhole) {
      const found = createCollector(arrivalMs);
      if (isWhole) found.takeLine(rest);
      else if (rest.length > 0) found.bad.push({ problem: 'cut_off', text: showLine(rest) });
      rest = Buffer.alloc(0);
      isSkipping = false;
      return found.conclude();
    },
  };
}

function createCollector(arrivalMs: number) {
  const points: GraphitePoint[] = [];
  const bad: BadLine[] = [];
  let empty = 0;
  const takeLine = (line: Buffer) => {
    const result = readLine(line, arrivalMs);
    if (result === NO_VALUE) empty += 1;
    else if (typeof result === 'string')
      bad.push({ problem: result, text: bad.length < MAX_SHOWN ? showLine(line) : '' });
    else if (result !== null) points.push(result);
  };
  const conclude = (): GraphiteLines => ({ points, bad, empty });
  return { bad, takeLine, conclude };
}

function readLine(bytes: Buffer, arrivalMs: number): ReturnType<typeof parseGraphiteLine> {
  if (bytes.length > MAX_LINE_BYTES) return 'too_long';
  if (!isUtf8(bytes)) return 'not_utf8';
  const line = bytes.toString('utf8');
  return isPut(line) ? parsePut(line) : parseGraphiteLine(line, arrivalMs);
}

function showLine(line: Buffer): string {
  // Four bytes hold any one character.
  return line
    .subarray(0, SHOWN_CHARACTERS * 4)
    .toString('utf8')
    .slice(0, SHOWN_CHARACTERS);
}

/**
 * One line of OpenTSDB's telnet protocol: `put <name> <unix time> <value> <tag>=<value> …`.
 * http://opentsdb.net/docs/build/html/api_telnet/put.html
 *
 * Netdata, collectd (`write_tsdb`) and Icinga (`OpenTsdbWriter`) send it. It has four fields or more and a line of Graphite
 * three, so that both may come to one port. Times are in seconds, or in milliseconds where they need more than 32 bits, as in
 * OpenTSDB; values are written as Graphite's are.
 */
const PUT = /^[ \t\0]*put(?:[ \t]+[^ \t\r]+){3}/;
const MAX_SECONDS = 0xffff_ffff;

/** Whether a line is one of OpenTSDB. A metric of Graphite may be called put: two fields follow then. */
function isPut(line: string): boolean {
  return PUT.test(line);
}

function parsePut(line: string): GraphitePoint | typeof NO_VALUE | GraphiteProblem {
  const [, metric = '', timeText = '', valueText = '', ...tagTexts] = splitFields(line) ?? [];
  const value = parseValue(valueText);
  if (value === null) return 'bad_value';
  const time = parseDecimal(timeText);
  const timestampMs = time === null ? NaN : Math.round(time > MAX_SECONDS ? time : time * 1000);
  if (!Number.isSafeInteger(timestampMs)) return 'bad_timestamp';
  const tags = new Map<string, string>();
  for (const text of tagTexts) {
    // Values of Icinga may hold more equals signs.
    const end = text.indexOf('=');
    if (end < 1) return 'bad_tag';
    // An empty value is as good as none.
    if (end < text.length - 1) tags.set(text.slice(0, end), text.slice(end + 1));
  }
  return value === NO_VALUE ? NO_VALUE : { metric: writeSeriesName(metric, tags), timestampMs, value };
}
