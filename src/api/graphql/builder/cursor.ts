/** Cursors that hold a place in an order: its parts as JSON, in letters every URL takes. */
import { isInYears } from '../../../platform/runtime/utc-time.ts';

export function encodeCursor(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The parts of a cursor; none when it is not one of ours. */
export function decodeCursor(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    // Not JSON: not a cursor of ours, which is what an empty list means to the caller.
    return [];
  }
}

/** Of a place in a list: one that PostgreSQL has, too. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && isInYears(new Date(value));
}

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}
