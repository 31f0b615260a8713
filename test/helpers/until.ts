/** Waits for what comes by itself, as long as a slow and busy machine may need. */
import { vi } from 'vitest';

const LIMIT_MS = 60_000;
const INTERVAL_MS = 10;

/**
 * Asks again and again until it neither throws nor rejects. (vi.waitFor alone gives up after a second.)
 * @throws what it last threw, after a minute
 */
export function until<T>(ask: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(ask, { timeout: LIMIT_MS, interval: INTERVAL_MS });
}
