/** How often somebody may do something: a bucket of tokens each, which fills again as time goes by. */
import { LRUCache } from 'lru-cache';

/** Callers remembered; of more, those that came longest ago begin again with a full bucket. */
const MAX_CALLERS = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

export interface RateLimit {
  readonly perSecond: number;
  /** Takes one token of this caller's. @returns whether there was one */
  readonly take: (caller: string) => boolean;
  /** Whether there is one; it stays where it is. */
  readonly hasLeft: (caller: string) => boolean;
}

/**
 * @param perSecond how fast a bucket fills; at least 1
 * @param options.atOnce what it holds
 * @param options.clockMs milliseconds of a clock that never goes back
 */
export function createRateLimit(
  perSecond: number,
  options: { readonly atOnce: number; readonly clockMs?: (() => number) | undefined },
): RateLimit {
  const { atOnce, clockMs = () => performance.now() } = options;
  const buckets = new LRUCache<string, Bucket>({ max: MAX_CALLERS });
  const fill = (caller: string): Bucket => {
    const nowMs = clockMs();
    const { tokens, atMs } = buckets.get(caller) ?? { tokens: atOnce, atMs: nowMs };
    return { tokens: Math.min(atOnce, tokens + ((nowMs - atMs) / 1000) * perSecond), atMs: nowMs };
  };
  return {
    perSecond,
    hasLeft: (caller) => fill(caller).tokens >= 1,
    take: (caller) => {
      const bucket = fill(caller);
      const isGranted = bucket.tokens >= 1;
      buckets.set(caller, isGranted ? { ...bucket, tokens: bucket.tokens - 1 } : bucket);
      return isGranted;
    },
  };
}
