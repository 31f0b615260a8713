/**
 * Slows down those who guess the key of the settings, which may be a short word. A key that is made here cannot be
 * guessed, and is not held against this limit, right or wrong. Beyond the limit an address does not learn any more whether a
 * key was right, unless that key was right there before.
 */
import { LRUCache } from 'lru-cache';
import { createRateLimit } from '../../platform/runtime/token-bucket.ts';

/** Wrong keys of one address: so many at once, then one a second. */
export const GUESSES_AT_ONCE = 50;
const GUESSES_PER_SECOND = 1;
/** Keys remembered as right, each with its address. */
const MAX_PROVEN = 100_000;

export interface GuessLimit {
  /**
   * @param keyId of the key that was right; null for a wrong one
   * @returns whether the address may be answered
   */
  readonly mayTell: (address: string, keyId: string | null) => boolean;
}

/** @param clockMs milliseconds of a clock that never goes back */
export function createGuessLimit(clockMs?: () => number): GuessLimit {
  const wrong = createRateLimit(GUESSES_PER_SECOND, { atOnce: GUESSES_AT_ONCE, clockMs });
  // Limited by its size: by its number of entries it would take room for all of them now.
  const proven = new LRUCache<string, true>({ maxSize: MAX_PROVEN, sizeCalculation: () => 1 });
  return {
    mayTell: (address, keyId) => {
      if (keyId === null) return wrong.take(address);
      const place = `${keyId} ${address}`;
      if (proven.get(place) === undefined && !wrong.hasLeft(address)) return false;
      proven.set(place, true);
      return true;
    },
  };
}
