/** How often an account may ask: a bucket of tokens that refills with time. */

export interface Throttle {
  /** False when the account's bucket is empty; the caller answers Throttling. */
  take(accountId: number): boolean;
}

/** Accounts are few; a bound all the same. Forgetting one fills its bucket. */
const MAX_ACCOUNTS = 10_000;

/**
 * @param options.perSecond tokens that come back each second
 * @param options.burst tokens a rested account has
 */
export function createThrottle(options: {
  readonly perSecond: number;
  readonly burst: number;
  readonly now: () => Date;
}): Throttle {
  const buckets = new Map<number, { tokens: number; atMs: number }>();
  return {
    take(accountId) {
      const nowMs = options.now().getTime();
      const bucket = buckets.get(accountId) ?? { tokens: options.burst, atMs: nowMs };
      // A clock that goes back refills nothing.
      const gained = (Math.max(0, nowMs - bucket.atMs) / 1000) * options.perSecond;
      const tokens = Math.min(options.burst, bucket.tokens + gained);
      if (buckets.size >= MAX_ACCOUNTS) buckets.clear();
      buckets.set(accountId, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs });
      return tokens >= 1;
    },
  };
}
