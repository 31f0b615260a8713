/** How long an answer asks to be left alone. */

const MAX_RETRY_AFTER_MS = 10 * 60_000;

/**
 * @param header the value of Retry-After: seconds, or a date
 * @returns milliseconds, ten minutes at most; null where it says nothing that can be read
 */
export function readRetryAfter(header: string | null): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);
}
