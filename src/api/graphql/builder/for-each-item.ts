/** Many things in one mutation: each item has its own outcome, and none waits for a slow neighbour longer than it must. */
import { randomBytes } from 'node:crypto';
import { createLimit } from '../../../platform/runtime/concurrency-limit.ts';
import { isOutage } from '../../../platform/postgres/outage.ts';
import { isUnstorableText } from '../../../platform/postgres/unstorable-text.ts';
import { ExpectedError, InternalError, InvalidInputError } from '../../../errors.ts';
import type { Log } from '../../../log.ts';
import { type Failure, toFieldValue } from '../error-types.ts';
import { nameUnstorable } from './unstorable-input.ts';

/** What became of one item; either `value` or `error` is null. */
export interface ItemOutcome<T> {
  /** Place in the input, from 0. */
  readonly index: number;
  readonly value: T | null;
  readonly error: Failure | null;
}

/** Items under way at once, of one request. The database changes metrics one after the other anyway. */
const WIDTH = 4;
/** Items of one request. */
export const MAX_ITEMS = 1000;

/**
 * Does each item; its failure is its own, and a bug that one item meets costs that item alone. What is nobody's fault
 * (a database that is away) fails the whole request, once no item is under way: it may be repeated.
 * @param path where the items stand in the input, for messages
 * @throws InvalidInputError for more than MAX_ITEMS
 */
export async function doEach<Item, T>(
  items: readonly Item[],
  path: readonly string[],
  log: Log,
  deed: (item: Item, index: number) => Promise<T>,
): Promise<readonly ItemOutcome<T>[]> {
  if (items.length > MAX_ITEMS) {
    const message = `${path.join('.')}: expected at most ${MAX_ITEMS} items, got ${items.length}`;
    throw new InvalidInputError(message, path);
  }
  const limit = createLimit(WIDTH);
  const settled = await Promise.allSettled(
    items.map((item, index) => limit.run(() => attempt(item, index, [...path, String(index)], log, deed))),
  );
  return settled.map((outcome) => {
    if (outcome.status === 'fulfilled') return outcome.value;
    throw outcome.reason;
  });
}

async function attempt<Item, T>(
  item: Item,
  index: number,
  path: readonly string[],
  log: Log,
  deed: (item: Item, index: number) => Promise<T>,
): Promise<ItemOutcome<T>> {
  try {
    return { index, value: await deed(item, index), error: null };
  } catch (error) {
    const cause = toItemError(nameUnstorable(error, item, path), path, log);
    return { index, value: null, error: toFieldValue(cause) };
  }
}

/** @throws what is nobody's fault */
function toItemError(error: unknown, path: readonly string[], log: Log): ExpectedError {
  if (error instanceof ExpectedError) return error;
  if (isOutage(error)) throw error;
  if (isUnstorableText(error)) {
    const message = `${path.join('.')}: a text holds U+0000, or half of a character: it cannot be kept`;
    return new InvalidInputError(message, path);
  }
  const requestId = randomBytes(6).toString('hex');
  log.error({ err: error, requestId, path: path.join('.') }, 'unexpected error in one item of a request');
  return new InternalError(`unexpected error; the log has it under requestId ${requestId}`);
}
