/**
 * Tokens of paged answers. A token holds a place and a digest of whose and which question it continues; with another
 * account's or another question's token the answer is an error, not somebody else's page. It is not signed: a forged
 * one can only name another place in what its bearer may read anyway.
 */
import { createHash } from 'node:crypto';
import { isStorable } from './storable-text.ts';

export interface Paging {
  write(place: string): string;
  /** @throws what `refuse` gives, when the token is not of this question */
  read(token: string): string;
  /** As `read`, for a place that is the id of a row. */
  readId(token: string): number;
}

const DIGEST_BYTES = 16;
const MAX_TOKEN_LENGTH = 4_096;
/** PostgreSQL's largest integer. */
const LARGEST_ID = 2_147_483_647;

/** @param question what must not change between pages; anything JSON can write */
export function createPaging(accountId: number, question: unknown, refuse: () => Error): Paging {
  const digest = createHash('sha256')
    .update(JSON.stringify([accountId, question]))
    .digest()
    .subarray(0, DIGEST_BYTES);
  const read = (token: string): string => {
    const bytes = Buffer.from(token.slice(0, MAX_TOKEN_LENGTH), 'base64url');
    if (bytes.length <= DIGEST_BYTES || !bytes.subarray(0, DIGEST_BYTES).equals(digest)) throw refuse();
    const place = bytes.subarray(DIGEST_BYTES).toString();
    if (!isStorable(place)) throw refuse();
    return place;
  };
  return {
    write: (place) => Buffer.concat([digest, Buffer.from(place)]).toString('base64url'),
    read,
    readId(token) {
      const place = read(token);
      const id = /^\d{1,10}$/.test(place) ? Number(place) : NaN;
      if (!(id <= LARGEST_ID)) throw refuse();
      return id;
    },
  };
}
