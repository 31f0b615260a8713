/** A whole body of line protocol: its lines in order, some at a time, so that nobody waits for the longest of them. */
import { isUtf8 } from 'node:buffer';
import { type BadLine, type GoodLine, parseLine, type Precision } from './parse-line.ts';

/** Bytes of a line without its newline. */
export const MAX_LINE_BYTES = 65_536;
const NEWLINE = 0x0a;

/** One line that was neither blank nor a comment. */
export interface BodyLine {
  /** Counted from 1, blank ones too. */
  readonly number: number;
  readonly result: GoodLine | BadLine;
}

/** Never throws, whatever the bytes. */
export function* readBodyLines(
  body: Buffer,
  options: { readonly precision: Precision; readonly arrivalMs: number },
): Generator<BodyLine> {
  let start = 0;
  for (let number = 1; start < body.length; number += 1) {
    const newline = body.indexOf(NEWLINE, start);
    const end = newline < 0 ? body.length : newline;
    const result = readLine(body.subarray(start, end), options);
    if (result !== null) yield { number, result };
    start = end + 1;
  }
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
