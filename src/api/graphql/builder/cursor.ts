/** Cursors that hold a place in an order: its parts as JSON, in letters every URL takes. */

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
