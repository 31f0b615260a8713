/** Distinguishes a text PostgreSQL has no way to keep from every other failure. */
import { readSqlState } from './outage.ts';

/** Character not in the encoding, character without a counterpart: U+0000, and halves of characters. */
const UNSTORABLE = new Set(['22021', '22P05']);

/** True when a value that was sent holds U+0000, or half of a character: no retry will help. */
export function isUnstorableText(error: unknown): boolean {
  return error instanceof Error && UNSTORABLE.has(readSqlState(error) ?? '');
}
