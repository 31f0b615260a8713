/** How often one caller may ask: a bucket of tokens each, which fills again as time goes by. */
import { LRUCache } from 'lru-cache';

/** A caller that was quiet may ask for this many seconds' worth at once. */
const BURST_SECONDS = 5;
/** Callers remembered; of more, those that asked longest ago begin again with a full bucket. */
const MOST_CALLERS = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

export interface RateLimit {
  readonly perSecond: number;
  /** Takes one token of this caller's. @returns whether there was one */
  readonly take: (caller: string) => boolean;
}

/**
 * @param perSecond at least 1
 * @param clockMs milliseconds of a clock that never goes back
 */
export function createRateLimit(
  perSecond: number,
  clockMs: () => number = () => performance.now(),
): RateLimit {
  const most = perSecond * BURST_SECONDS;
  const buckets = new LRUCache<string, Bucket>({ max: MOST_CALLERS });
  return {
    perSecond,
    take: (caller) => {
      const nowMs = clockMs();
      const bucket = buckets.get(caller) ?? { tokens: most, atMs: nowMs };
      const tokens = Math.min(most, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond);
      const isGranted = tokens >= 1;
      buckets.set(caller, { tokens: isGranted ? tokens - 1 : tokens, atMs: nowMs });
      return isGranted;
    },
  };
}
