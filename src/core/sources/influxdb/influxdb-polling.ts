/** Reads series of InfluxDB by whole periods, some time after each has ended. */
import { ExpectedError, SourceUnavailableError } from '../../../errors.ts';
import type { Sample } from '../../../model.ts';
import { parseUtcTime } from '../../../platform/runtime/utc-time.ts';
import { type FluxRow, type QueryInfluxdb, writeWindowQuery } from './influxdb-query.ts';
import { readInfluxdbSpec } from './influxdb-spec.ts';
import type { Polling, ReadFailure, ReadRequest, ReadResult } from '../source.ts';

/** What writers may be late by: a value that comes later than this is not seen. */
const SETTLE_SECONDS = 10;
/** How far a new metric goes back, and the most periods one question asks for. */
const HISTORY_MS = 14 * 86_400_000;
const MAX_PERIODS = 5000;
/** Questions of one reading that are asked at once. */
const MAX_AT_ONCE = 10;

/** @param options.now milliseconds since 1970 */
export function createInfluxdbPolling(options: {
  readonly query: QueryInfluxdb;
  readonly now: () => number;
}): Polling {
  const { query, now } = options;
  const readOne = async (request: ReadRequest, signal: AbortSignal): Promise<ReadResult | ReadFailure> => {
    const { metricId } = request;
    try {
      const { fromMs, toMs } = chooseWindow(request, now());
      if (toMs <= fromMs) return { metricId, samples: [], readToMs: request.fromMs ?? fromMs };
      const rows = await query(writeWindowQuery(readInfluxdbSpec(request.spec), fromMs, toMs), signal);
      const samples = rows.map(readSample).toSorted((a, b) => a.timestampMs - b.timestampMs);
      return { metricId, samples, readToMs: toMs };
    } catch (error) {
      if (error instanceof ExpectedError) return { metricId, error };
      throw error;
    }
  };
  return {
    settleSeconds: SETTLE_SECONDS,
    maxBatch: MAX_AT_ONCE,
    read: (requests, signal) => Promise.all(requests.map((request) => readOne(request, signal))),
  };
}

/** Whole periods only, aligned to 1970 as Flux aligns its windows. */
function chooseWindow(
  { fromMs, periodSeconds }: ReadRequest,
  nowMs: number,
): { fromMs: number; toMs: number } {
  const periodMs = periodSeconds * 1000;
  const align = (timeMs: number) => Math.floor(timeMs / periodMs) * periodMs;
  const readableMs = align(nowMs - SETTLE_SECONDS * 1000);
  const historyMs = Math.min(HISTORY_MS, MAX_PERIODS * periodMs);
  const start = align(fromMs ?? nowMs - historyMs);
  return { fromMs: start, toMs: Math.min(readableMs, start + MAX_PERIODS * periodMs) };
}

/**
 * A number that is not finite (a mean of the largest ones) is left to the data path, which refuses it by itself: the
 * samples around it are stored. @throws SourceUnavailableError for a row that is no sample: texts cannot be monitored
 */
function readSample({ _time: time, _value: value }: FluxRow): Sample {
  const timestampMs = typeof time === 'string' ? parseUtcTime(time) : Number.NaN;
  if (Number.isFinite(timestampMs) && typeof value === 'number') {
    return { timestampMs, value };
  }
  throw new SourceUnavailableError(
    `InfluxDB answered with a value that is no number: ${JSON.stringify({ time, value })}`,
  );
}
