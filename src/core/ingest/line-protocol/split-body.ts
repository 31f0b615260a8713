/** A whole body of line protocol: its lines in order, some at a time, so that nobody waits for the longest of them. */
import { isUtf8 } from 'node:buffer';
import { type BadLine, type GoodLine, parseLine, type Precision } from './parse-line.ts';

/** Blank lines and comments that are read on end before the caller is given the chance to do something else. */
const BLANK_BYTES = 64 * 1024;
/** Bytes of a line without its newline. */
const MAX_LINE_BYTES = 65_536;
const NEWLINE = 0x0a;
const BLANK = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** One line. */
export interface BodyLine {
  /** Counted from 1, blank ones too; of a line with line breaks in its texts, where it begins. */
  readonly number: number;
  /** Null for a line that is blank or a comment; not every such line is given. */
  readonly result: GoodLine | BadLine | null;
  /** Where in the body it ends. */
  readonly end: number;
}

/** Never throws, whatever the bytes. */
export function* readBodyLines(
  body: Buffer,
  options: { readonly precision: Precision; readonly arrivalMs: number },
): Generator<BodyLine> {
  let start = 0;
  let given = 0;
  /** Nothing before it is a quote; looked for once, not for every line. */
  let quote = findByte(body, QUOTE, 0);
  for (let number = 1; start < body.length; number += 1) {
    let end = findByte(body, NEWLINE, start);
    if (quote < start) quote = findByte(body, QUOTE, start);
    const text = quote < end ? findTextEnd(body, start) : null;
    if (text !== null) end = text.end;
    const result =
      text?.isOpen === true
        ? blameOpenText(body, start)
        : end === start
          ? null
          : readLine(body.subarray(start, end), options);
    if (result !== null || end - given >= BLANK_BYTES) {
      yield { number, result, end };
      given = end;
    }
    if (text !== null) number += countNewlines(body, start, end);
    start = end + 1;
  }
}

/**
 * Where a line with texts ends. A text begins behind the = of a field and ends at the next quote no backslash stands
 * before; a newline in it is a part of it, as InfluxDB has it: text never becomes a line of its own.
 * @returns the newline behind the line, or the end of the body; open when a text has no end there
 */
function findTextEnd(body: Buffer, start: number): { readonly end: number; readonly isOpen: boolean } {
  let areFields = false;
  let isText = false;
  // Texts in comments are none.
  const isComment = body[skipBlanks(body, start)] === HASH;
  for (let at = start; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === NEWLINE && !isText) return { end: at, isOpen: false };
    if (isComment) continue;
    if (byte === BACKSLASH && (isText || body[at + 1] !== NEWLINE)) at += 1;
    else if (isText) isText = byte !== QUOTE;
    else if (byte === BLANK) areFields = true;
    else if (byte === EQUALS && areFields && body[at + 1] === QUOTE) {
      isText = true;
      at += 1;
    }
  }
  return { end: body.length, isOpen: isText };
}

/** All that follows may be text: none of it is taken. */
function blameOpenText(body: Buffer, start: number): BadLine {
  const lines = countNewlines(body, start, body.length) + (body.at(-1) === NEWLINE ? 0 : 1);
  const reason = `expected a quote at the end of a text, found none: this line and all behind it (${lines}) are left out`;
  return { problem: 'bad_field', reason, lines };
}

function findByte(body: Buffer, byte: number, from: number): number {
  const at = body.indexOf(byte, from);
  return at < 0 ? body.length : at;
}

function skipBlanks(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === BLANK) at += 1;
  return at;
}

function countNewlines(body: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = body.indexOf(NEWLINE, from); at >= 0 && at < to; at = body.indexOf(NEWLINE, at + 1))
    count += 1;
  return count;
}

function readLine(
  line: Buffer,
  options: { readonly precision: Precision; readonly arrivalMs: number },
): GoodLine | BadLine | null {
  if (line.length > MAX_LINE_BYTES) {
    return { problem: 'too_long', reason: `expected at most ${MAX_LINE_BYTES} bytes, got ${line.length}` };
  }
  if (!isUtf8(line)) return { problem: 'not_utf8', reason: 'expected UTF-8' };
  return parseLine(line.toString('utf8'), options);
}
