/** How long an answer asks to be left alone. */
import type { IncomingHttpHeaders } from 'node:http';

const MAX_RETRY_AFTER_MS = 10 * 60_000;

/** Statuses by which a server asks for a pause: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after, RFC 6585. */
export const PAUSING: ReadonlySet<number> = new Set([429, 503]);
/**
 * Headers beside Retry-After that hold seconds: those of PagerDuty, and those of Opsgenie, which names the time after
 * which all of its limit is free again.
 */
const SECONDS_HEADERS = ['ratelimit-reset', 'x-ratelimit-period-in-sec'] as const;

/**
 * @param header the value of Retry-After: seconds, or a date
 * @returns milliseconds, ten minutes at most; null where it says nothing that can be read
 */
export function readRetryAfter(header: string | null): number | null {
  if (header === null) return null;
  const ms = readSeconds(header) ?? Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? null : limit(ms);
}

/**
 * The pause that an answer of a chat or paging service asks for, wherever it says so: in a header, or in its JSON, as
 * Discord's and Slack's `retry_after` and Telegram's `parameters.retry_after`, in seconds.
 * @returns milliseconds, ten minutes at most: the longest where several are named; null where none is
 */
export function readAskedPause(answer: {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}): number | null {
  const { status, headers, body } = answer;
  if (!PAUSING.has(status)) return null;
  const asked = [
    readRetryAfter(headers['retry-after'] ?? null),
    ...SECONDS_HEADERS.map((name) => readSeconds(String(headers[name] ?? ''))),
    readSeconds(findRetryAfter(body)),
  ].filter((ms) => ms !== null);
  return asked.length === 0 ? null : limit(Math.max(...asked));
}

function findRetryAfter(body: string): string {
  try {
    const json: unknown = JSON.parse(body);
    const found = readField(json, 'retry_after') ?? readField(readField(json, 'parameters'), 'retry_after');
    return typeof found === 'number' || typeof found === 'string' ? String(found) : '';
  } catch {
    return ''; // A page of a proxy, or nothing: no answer of the service itself.
  }
}

function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function readSeconds(text: string): number | null {
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : null;
}

function limit(ms: number): number {
  return Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);
}
