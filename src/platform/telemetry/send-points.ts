/** One write to InfluxDB through its official client, and what a failed one means. */
import { HttpError, InfluxDB, Point, setLogger } from '@influxdata/influxdb-client';
import type { Log } from '../../log.ts';
import { readRetryAfter } from '../outbound/retry-after.ts';
import { runWithin } from '../outbound/time-limit.ts';
import type { MonitorPoint } from './request-point.ts';

export interface InfluxdbTarget {
  readonly url: string;
  readonly org: string;
  readonly bucket: string;
  readonly token: string | undefined;
}

/** Points in one request at most. */
export const MAX_POINTS_PER_WRITE = 5000;
/** No answer for so long is a failure. */
const TIMEOUT_MS = 5000;
const MAX_RETRY_AFTER_MS = 60_000;
/** Answers that another try would get again. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([400, 413, 422]);
const TOO_LARGE = 413;
/** InfluxDB kept the rest of a write, whatever the status: its 2.0 answers 500 for points beyond the retention. */
const PARTIAL_WRITE = /\bpartial write\b/;
const DROPPED = /\bdropped=(\d+)/;
/** What InfluxDB takes as a time: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/#timestamp */
const TIME_RANGE_NS = { least: -9223372036854775806n, most: 9223372036854775806n } as const;

/** @returns how many of the points were left out, because InfluxDB would refuse all that come with them */
export type SendPoints = (points: readonly MonitorPoint[]) => Promise<number>;

/**
 * Makes the function that writes up to MAX_POINTS_PER_WRITE points, once, without retries of its own: only what is too
 * large for one request is sent in halves. It rejects with what the client rejects with: see `isFinal`, `countRefused` and
 * `readRetryAfterMs`.
 */
export function createSendPoints({ url, org, bucket, token }: InfluxdbTarget, log: Log): SendPoints {
  // The client's log is one for the process and goes to the console otherwise. Failures reach us as rejections.
  setLogger({
    error: (message) => log.debug({ message }, 'the InfluxDB client failed'),
    warn: (message) => log.debug({ message }, 'the InfluxDB client warns'),
  });
  const client = new InfluxDB({ url, timeout: TIMEOUT_MS, ...(token === undefined ? {} : { token }) });
  const api = client.getWriteApi(org, bucket, 'ns', {
    // One more than is ever given: a full buffer would be sent without our knowing.
    batchSize: MAX_POINTS_PER_WRITE + 1,
    maxBatchBytes: Infinity,
    flushInterval: 0,
    maxRetries: 0,
  });
  const write = async (points: readonly Point[]): Promise<void> => {
    try {
      api.writePoints([...points]);
      await api.flush();
    } catch (error) {
      const isTooLarge = error instanceof HttpError && error.statusCode === TOO_LARGE;
      if (!isTooLarge || points.length === 1) throw error;
      // Proxies have limits of their own, often of 1 MB.
      const middle = Math.ceil(points.length / 2);
      await writeAll([points.slice(0, middle), points.slice(middle)], write);
    }
  };
  return async (points) => {
    const writable = points.filter(isWritable);
    if (writable.length > 0) await write(writable.map(toClientPoint));
    return points.length - writable.length;
  };
}

/**
 * Writes no points: InfluxDB 2 says so with 400, once it has looked at the token, the organisation and the bucket; others answer 2xx.
 * @throws what keeps points from being taken
 */
export async function tryWrite({ url, org, bucket, token }: InfluxdbTarget, limitMs: number): Promise<void> {
  const { transport } = new InfluxDB({ url, timeout: limitMs, ...(token === undefined ? {} : { token }) });
  const path = `/api/v2/write?${new URLSearchParams({ org, bucket, precision: 'ns' }).toString()}`;
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  const { signal: stopped } = new AbortController();
  await runWithin({ limitMs, stopped }, async (signal) => {
    try {
      await transport.request(path, '', { method: 'POST', headers, signal });
    } catch (error) {
      // Not the client's own, which says no more than that it was stopped.
      signal.throwIfAborted();
      if (!(error instanceof HttpError && error.statusCode === 400 && isOfInfluxdb(error))) throw error;
    }
  });
}

/** A proxy answers 400 with a page. */
function isOfInfluxdb({ body = '' }: HttpError): boolean {
  return body.trimStart().startsWith('{');
}

/** A part that fails costs no other. @throws what one failed with: rather what may succeed later */
async function writeAll(
  parts: readonly (readonly Point[])[],
  write: (points: readonly Point[]) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts) await write(part).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures.find((error) => !isFinal(error)) ?? failures[0];
}

/** The same for failures of one cause: an answer's status, or what kept it from coming. */
export function nameFailure(error: unknown): string {
  if (error instanceof HttpError) return `HTTP ${error.statusCode}`;
  return error instanceof Error ? error.message : String(error);
}

/** True when sending the same again is of no use. */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof HttpError)) return false;
  return FINAL_STATUSES.has(error.statusCode) || PARTIAL_WRITE.test(error.message);
}

/** How many of the points InfluxDB did not take, of a failure that is final. @param sent how many there were */
export function countRefused(error: unknown, sent: number): number {
  if (!(error instanceof HttpError) || !PARTIAL_WRITE.test(error.message)) return sent;
  const [, dropped] = DROPPED.exec(error.message) ?? [];
  const refused = dropped === undefined ? countListed(error.json) : Number(dropped);
  return refused === 0 ? sent : Math.min(refused, sent);
}

/** InfluxDB 3 lists the lines it did not take. */
function countListed(json: unknown): number {
  const data: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, 'data') : null;
  return Array.isArray(data) ? data.length : 0;
}

/** How long the server asked to be left alone, in milliseconds; null when it did not say. */
export function readRetryAfterMs(error: unknown): number | null {
  if (!(error instanceof HttpError)) return null;
  // Not the client's own reading of it, which takes the seconds for milliseconds, and knows no dates.
  const header = error.headers?.['retry-after'];
  const ms = readRetryAfter(typeof header === 'string' ? header : null);
  return ms === null || ms === 0 ? null : Math.min(ms, MAX_RETRY_AFTER_MS);
}

/** One that is not costs the whole write: a time out of range, or no field at all. */
function isWritable({ timeNs, fields }: MonitorPoint): boolean {
  const hasField = Object.values(fields).some((value) => typeof value !== 'number' || Number.isFinite(value));
  return hasField && timeNs >= TIME_RANGE_NS.least && timeNs <= TIME_RANGE_NS.most;
}

function toClientPoint({ series, timeNs, tags, fields }: MonitorPoint): Point {
  const point = new Point(series).timestamp(timeNs.toString());
  // A backslash at the end of a tag would escape what follows it, and line protocol has no way to write one: as Telegraf.
  for (const [name, value] of Object.entries(tags)) point.tag(name, value.replace(/\\+$/, ''));
  for (const [name, value] of Object.entries(fields)) {
    // InfluxDB has no NaN and no infinity; the client throws for them.
    if (typeof value === 'number' && !Number.isFinite(value)) continue;
    if (typeof value === 'number') point.floatField(name, value);
    else if (typeof value === 'boolean') point.booleanField(name, value);
    else point.stringField(name, value);
  }
  return point;
}
