/** Distinguishes a text PostgreSQL has no way to keep from every other failure. */
import pg from 'pg';
import { readSqlState } from './outage.ts';

/** Character not in the encoding, character without a counterpart: U+0000, and halves of characters. */
const UNSTORABLE = new Set(['22021', '22P05']);

/** What it says of half of a character within JSON, which has no code of its own. */
const INVALID_TEXT = '22P02';
const SURROGATE = /\bsurrogate\b/;
/** All that Prisma passes on of it. It writes JSON itself, so that nothing else can be wrong with it. */
const INVALID_JSON = /\binvalid input syntax for type json$/;

/** True when a value that was sent holds U+0000, or half of a character: no retry will help. */
export function isUnstorableText(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const state = readSqlState(error) ?? '';
  if (state !== INVALID_TEXT) return UNSTORABLE.has(state);
  return error instanceof pg.DatabaseError
    ? SURROGATE.test(error.detail ?? '')
    : INVALID_JSON.test(error.message);
}
