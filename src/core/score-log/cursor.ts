/** A cursor: a place in the log of scores, bound to the database whose log it is. Opaque to clients. */
import { CursorExpiredError, CursorInvalidError } from '../../errors.ts';

/** The log as far as it goes. */
export interface LogBounds {
  /** Random; another database, or this one after a restore, has another. */
  readonly epoch: string;
  /** Places up to this one may have been dropped by retention. */
  readonly floor: number;
  /** The last place given. */
  readonly last: number;
}

const CURSOR = /^v1\.([0-9a-f]{1,64})\.(\d{1,15})$/;

export function formatCursor(epoch: string, seq: number): string {
  return `v1.${epoch}.${seq}`;
}

/** The place a cursor of this log stands for, though it may be ahead of its end; null for what is none. */
export function readCursor(cursor: string, epoch: string): number | null {
  const match = CURSOR.exec(cursor);
  return match?.[1] === epoch ? Number(match[2]) : null;
}

/**
 * The place a cursor stands for: everything after it is still to be seen.
 * @throws CursorInvalidError when it is not a cursor of this log; CursorExpiredError when what followed it is gone
 */
export function parseCursor(cursor: string, bounds: LogBounds): number {
  const match = CURSOR.exec(cursor);
  const shown = JSON.stringify(cursor.slice(0, 100));
  if (match === null) throw new CursorInvalidError(`after: ${shown} is not a cursor of this server`);
  const seq = Number(match[2]);
  if (match[1] !== bounds.epoch) {
    throw new CursorInvalidError(
      `after: the cursor ${shown} belongs to another database, or to this one before a restore`,
    );
  }
  if (seq > bounds.last)
    throw new CursorInvalidError(`after: the cursor ${shown} is ahead of the last score stored`);
  if (seq < bounds.floor) {
    throw new CursorExpiredError(
      `after: what followed the cursor ${shown} was dropped by retention; the oldest that can be resumed from is ` +
        formatCursor(bounds.epoch, bounds.floor),
    );
  }
  return seq;
}
