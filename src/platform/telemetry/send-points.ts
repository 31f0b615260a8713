/** One write to InfluxDB through its official client, and what a failed one means. */
import { HttpError, InfluxDB, Point, setLogger } from '@influxdata/influxdb-client';
import type { Log } from '../../log.ts';
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

export type SendPoints = (points: readonly MonitorPoint[]) => Promise<void>;

/**
 * Makes the function that writes up to MAX_POINTS_PER_WRITE points, once, without retries of its own. It rejects with
 * what the client rejects with: see `isFinal` and `readRetryAfterMs`.
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
  return async (points) => {
    api.writePoints(points.map(toClientPoint));
    await api.flush();
  };
}

/** True when sending the same again is of no use. */
export function isFinal(error: unknown): boolean {
  return error instanceof HttpError && FINAL_STATUSES.has(error.statusCode);
}

/** How long the server asked to be left alone, in milliseconds; null when it did not say. */
export function readRetryAfterMs(error: unknown): number | null {
  if (!(error instanceof HttpError)) return null;
  // Not the client's own reading of it, which takes the seconds for milliseconds.
  const seconds = Number(error.headers?.['retry-after']);
  return seconds > 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : null;
}

function toClientPoint({ series, timeNs, tags, fields }: MonitorPoint): Point {
  const point = new Point(series).timestamp(timeNs.toString());
  for (const [name, value] of Object.entries(tags)) point.tag(name, value);
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'number') point.floatField(name, value);
    else if (typeof value === 'boolean') point.booleanField(name, value);
    else point.stringField(name, value);
  }
  return point;
}
