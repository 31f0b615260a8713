/** Distinguishes a text PostgreSQL has no way to keep from every other failure. */
import pg from 'pg';
import { readSqlState } from './outage.ts';

/** Character not in the encoding, character without a counterpart: U+0000, and halves of characters. */
const UNSTORABLE = new Set(['22021', '22P05']);

/** What it says of half of a character within JSON, which has no code of its own. */
const INVALID_TEXT = '22P02';
const SURROGATE = /\bsurrogate\b/;

/** True when a value that was sent holds U+0000, or half of a character: no retry will help. */
export function isUnstorableText(error: unknown): boolean {
  if (error instanceof pg.DatabaseError && error.code === INVALID_TEXT)
    return SURROGATE.test(error.detail ?? '');
  return error instanceof Error && UNSTORABLE.has(readSqlState(error) ?? '');
}
