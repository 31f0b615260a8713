/** The program's log: JSON lines on standard error, fixed sentences with the data in fields. */
import pino from 'pino';

export type Log = pino.Logger;

/** @param level a pino level or "silent" */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Belt and braces: no field of these names is ever logged on purpose.
      redact: ['*.password', '*.secret', '*.token', '*.apiKey', '*.authorization'],
    },
    pino.destination(2),
  );
}
