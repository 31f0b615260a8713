/** PostgreSQL's own log: a file of bounded size, and its last lines in memory to be quoted when a start fails. */
import { appendFileSync, renameSync, statSync } from 'node:fs';

/** The file and its predecessor (`.1`) may each grow to this. */
const FILE_LIMIT_BYTES = 5_000_000;
const LINES_KEPT = 30;

export interface PostgresLog {
  write: (line: string) => void;
  /** The last lines, oldest first. */
  tail: () => string;
}

/** @param path created when the first line comes; a full disk costs lines, nothing else */
export function createPostgresLog(path: string): PostgresLog {
  const lines: string[] = [];
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const write = (line: string) => {
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
    try {
      if (size > FILE_LIMIT_BYTES) {
        renameSync(path, `${path}.1`);
        size = 0;
      }
      appendFileSync(path, `${line}\n`);
      size += Buffer.byteLength(line) + 1;
    } catch {
      // The disk is full or the file is gone: PostgreSQL must go on, and the tail still has the line.
    }
  };
  return { write, tail: () => lines.join('\n') };
}
