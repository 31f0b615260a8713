/** The program's log: JSON lines on standard error, fixed sentences with the data in fields. */
import { writeSync } from 'node:fs';
import pino from 'pino';

export type Log = pino.Logger;

const STANDARD_ERROR = 2;

/** @returns how many bytes were taken. @throws where none can be */
type Write = (bytes: Buffer, from: number) => number;

/**
 * @param level a pino level or "silent"
 * @param write where the lines go; standard error when left out
 */
export function createLog(
  level: string,
  write: Write = (bytes, from) => writeSync(STANDARD_ERROR, bytes, from),
): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Belt and braces: no field of these names is ever logged on purpose.
      redact: ['*.password', '*.secret', '*.token', '*.apiKey', '*.authorization'],
    },
    createDestination(write),
  );
}

/**
 * Lines that cannot be written, because the disk is full or the reader is gone, are left out, and their number is logged
 * when lines can be written again. pino's own destination throws from within the call that logs.
 */
function createDestination(write: Write): pino.DestinationStream {
  let lost = 0;
  const writeWhole = (line: string) => {
    const bytes = Buffer.from(line);
    for (let from = 0; from < bytes.length;) from += write(bytes, from);
  };
  return {
    write: (line) => {
      try {
        if (lost > 0) writeWhole(describeLost(lost));
        lost = 0;
        writeWhole(line);
      } catch {
        lost += 1;
      }
    },
  };
}

/** On a line of its own: the last one may have been written in part. */
function describeLost(lines: number): string {
  const level = pino.levels.values.warn;
  const time = new Date().toISOString();
  return `\n${JSON.stringify({ level, time, lines, msg: 'log lines could not be written and were lost' })}\n`;
}
