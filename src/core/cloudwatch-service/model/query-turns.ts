/**
 * Queries that are evaluated at once, of all accounts: one may read some 100,000 points of as many metrics, and what is stored and
 * what alarms read needs the database, too. Accounts take turns, and none has all places.
 */
import { FairLimit } from '../../../platform/runtime/concurrency-limit.ts';
import { fitAtOnce } from '../../../platform/runtime/heap-share.ts';
import { CloudwatchError } from './cloudwatch-error.ts';

const MAX_AT_ONCE = 4;
/** Of the heap: each may hold a million points. */
const QUERY_BYTES = 128 * 1_048_576;
/** Requests of one account; the clients of more than that would not wait for their turn. They try again by themselves. */
const MAX_WAITING = 100;

export class QueryTurns {
  readonly #limit: FairLimit;
  readonly #onThrottled: () => void;

  /** @param heapBytes of which they may have half: in a small heap fewer run at once */
  constructor(onThrottled: () => void, heapBytes?: number) {
    this.#onThrottled = onThrottled;
    this.#limit = new FairLimit(fitAtOnce(MAX_AT_ONCE, QUERY_BYTES, heapBytes));
  }

  /** @throws CloudwatchError Throttling when too many of the account's wait already */
  async run<T>({ accountId }: { readonly accountId: number }, evaluate: () => Promise<T>): Promise<T> {
    const account = String(accountId);
    if (this.#limit.countWaiting(account) >= MAX_WAITING) {
      this.#onThrottled();
      throw new CloudwatchError('Throttling', 'Rate exceeded');
    }
    return this.#limit.run(account, evaluate);
  }
}
