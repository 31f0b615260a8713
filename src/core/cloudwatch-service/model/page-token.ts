/**
 * Tokens of paged answers. A token holds a place and a digest of whose and which question it continues; with another
 * account's or another question's token the answer is an error, not somebody else's page. It is not signed: a forged
 * one can only name another place in what its bearer may read anyway.
 */
import { createHash } from 'node:crypto';
import { CloudwatchError, invalid } from './cloudwatch-error.ts';
import { isStorable } from '../../../platform/bounded-input/storable-text.ts';

export interface Paging {
  write(place: string): string;
  /** @throws what `refuse` gives, when the token is not of this question */
  read(token: string): string;
  /** As `read`, for a place that is the id of a row. */
  readId(token: string): number;
}

/** Of pages of alarms and of their history, where the request does not say. */
export const DEFAULT_RECORDS = 50;

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

/** How many a request asks for, by the name its operation has for that; and from where on. */
interface Paged {
  readonly MaxRecords?: number | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** @throws CloudwatchError unless it is 1 to `most`, which it is when left out */
export function checkMaxResults(size: number | undefined, most: number): number {
  if (size === undefined) return most;
  if (size < 1 || size > most) throw invalid('MaxResults', size, `It must be 1 to ${most}.`);
  return size;
}

/**
 * The page of rows, or of places in a list, that a request asks for.
 * @throws CloudwatchError InvalidNextToken for a token of another question
 */
export function openPage(
  input: Paged,
  accountId: number,
): { readonly after: number; readonly paging: Paging } {
  const refuse = () =>
    new CloudwatchError('InvalidNextToken', 'The NextToken is not a token of this request.');
  const question = { ...input, NextToken: undefined, MaxRecords: undefined, MaxResults: undefined };
  const paging = createPaging(accountId, question, refuse);
  return { after: input.NextToken === undefined ? 0 : paging.readId(input.NextToken), paging };
}

/** The first rows of those found, which are one more where there is another page: `next` says so in the answer. */
export function cutRows<Row extends { readonly id: number | bigint }>(
  found: readonly Row[],
  size: number,
  paging: Paging,
): { readonly page: readonly Row[]; readonly next: { readonly NextToken?: string } } {
  const page = found.slice(0, size);
  const last = page.at(-1);
  const hasMore = found.length > size && last !== undefined;
  return { page, next: hasMore ? { NextToken: paging.write(String(last.id)) } : {} };
}
