/** The parameters of a query: of the address, and of a form in the body, as Grafana and promtool send them. */
import type { IncomingMessage } from 'node:http';
import { parseDuration } from '../../../core/prometheus/promql/parse-literal.ts';
import { PromqlError } from '../../../core/prometheus/promql/promql-error.ts';
import type { Grid } from '../../../core/prometheus/promql/value.ts';
import { parseUtcTime } from '../../../platform/runtime/utc-time.ts';
import { readBoundedBody } from '../read-body.ts';

const MAX_FORM_BYTES = 100_000;
/** Prometheus' own, of one series. */
const MAX_STEPS = 11_000;
const DEFAULT_LOOKBACK_MS = 5 * 60_000;
const DEFAULT_TIMEOUT_MS = 30_000;
/** What JavaScript calls a time: 100 million days from 1970. */
const MAX_TIME_MS = 8.64e15;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** @throws PromqlError for a body that is too large */
export async function readParameters(request: IncomingMessage): Promise<URLSearchParams> {
  const parameters = new URL(request.url ?? '/', 'http://localhost').searchParams;
  if (request.method !== 'POST') return parameters;
  const tooLarge = (bytes: number) => new PromqlError('bad_data', `a form may have ${bytes} bytes`);
  const body = await readBoundedBody(request, MAX_FORM_BYTES, tooLarge);
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) parameters.append(name, value);
  return parameters;
}

/** @returns milliseconds; now when the parameter is left out @throws PromqlError */
export function readTime(parameters: URLSearchParams, name: string, nowMs: number | null): number {
  const text = parameters.get(name) ?? '';
  if (text === '' && nowMs !== null) return nowMs;
  const ms = text === '' ? NaN : toMilliseconds(text);
  if (Math.abs(ms) <= MAX_TIME_MS) return ms;
  throw invalid(name, `cannot parse ${JSON.stringify(text.slice(0, 50))} to a valid timestamp`);
}

/** Seconds since 1970, or RFC 3339. */
function toMilliseconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isNaN(seconds)) return Math.round(seconds * 1000);
  // Without a zone it would be a time of the server's.
  return RFC_3339.test(text) ? parseUtcTime(text.replace(/(\.\d{9})\d+/, '$1')) : NaN;
}

/** @throws PromqlError for times and steps Prometheus refuses, too */
export function readGrid(parameters: URLSearchParams): Grid {
  const startMs = readTime(parameters, 'start', null);
  const endMs = readTime(parameters, 'end', null);
  if (endMs < startMs) throw invalid('end', 'end timestamp must not be before start time');
  const stepMs = readDuration(parameters, 'step');
  if (stepMs <= 0) {
    const message = 'zero or negative query resolution step widths are not accepted. Try a positive integer';
    throw invalid('step', message);
  }
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  if (count > MAX_STEPS) {
    const message =
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)';
    throw new PromqlError('bad_data', message);
  }
  return { startMs, stepMs, count };
}

/** How old a sample may be that counts as the newest: metrics of long periods need more than the default. */
export function readLookback(parameters: URLSearchParams): number {
  if (!parameters.has('lookback_delta')) return DEFAULT_LOOKBACK_MS;
  const ms = readDuration(parameters, 'lookback_delta');
  if (ms > 0) return ms;
  throw invalid('lookback_delta', 'expected a duration greater than 0');
}

/** A shorter time than the server's own limit, where the caller has one. */
export function readTimeout(parameters: URLSearchParams): number {
  if (!parameters.has('timeout')) return DEFAULT_TIMEOUT_MS;
  return Math.min(Math.max(0, readDuration(parameters, 'timeout')), DEFAULT_TIMEOUT_MS);
}

function readDuration(parameters: URLSearchParams, name: string): number {
  const text = parameters.get(name) ?? '';
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw invalid(name, `cannot parse ${JSON.stringify(text.slice(0, 50))} to a valid duration`);
}

/** Maximum number of items of a list; left out, and as 0, all of them. */
export function readLimit(parameters: URLSearchParams): number {
  const text = parameters.get('limit') ?? '';
  if (/^\d{0,15}$/.test(text)) return Number(text) || Infinity;
  throw invalid('limit', 'limit must be non-negative');
}

/** @throws PromqlError, with the parameter before its message */
export function inParameter<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PromqlError) || error.type !== 'bad_data') throw error;
    throw invalid(name, error.message);
  }
}

export function invalid(name: string, problem: string): PromqlError {
  return new PromqlError('bad_data', `invalid parameter "${name}": ${problem}`);
}
