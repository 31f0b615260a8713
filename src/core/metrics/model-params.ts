/** What is known of a metric's values: as given, or learned from its first rows. */
import type pg from 'pg';
import { mergeSpans } from '../../detector/excluded-times.ts';
import { isZoneName } from '../../detector/zone.ts';
import { InvalidInputError } from '../../errors.ts';
import type { MetricStatus, ModelParams, TimeSpan } from '../../model.ts';

/** A day at five minutes: enough rows to learn a range from. */
export const ROWS_TO_LEARN_FROM = 288;
/** Of what is measured every some hours, or days, fewer are enough once they are a fortnight: as for the detector's own learning. */
export const FEWEST_ROWS_TO_LEARN_FROM = 30;
const FORTNIGHT_MS = 14 * 86_400_000;

/** @param spanMs from the first row to the last */
export function hasRowsToLearnFrom(rows: number, spanMs: number): boolean {
  return rows >= ROWS_TO_LEARN_FROM || (rows >= FEWEST_ROWS_TO_LEARN_FROM && spanMs >= FORTNIGHT_MS);
}

/**
 * How many samples are missing before its first one is scored; 0 of a metric that does not wait for any.
 * @param stepMs between two of them; null while it is not known
 */
export function countMissingRows(
  metric: { readonly status: MetricStatus; readonly lastRowId: number },
  stepMs: number | null,
): number {
  if (metric.status !== 'PENDING_DATA') return 0;
  const ofFortnight = stepMs === null ? ROWS_TO_LEARN_FROM : Math.ceil(FORTNIGHT_MS / stepMs) + 1;
  const needed = Math.min(ROWS_TO_LEARN_FROM, Math.max(FEWEST_ROWS_TO_LEARN_FROM, ofFortnight));
  // Uneven steps may be a fortnight later than their median says.
  return Math.max(metric.lastRowId < ROWS_TO_LEARN_FROM ? 1 : 0, needed - metric.lastRowId);
}

/** Each sample of the metric is compared with all of them. */
const MAX_EXCLUDED_TIMES = 100;

/** Room left on both sides of the values seen, as a share of their range. */
const BUFFER_SHARE = 0.2;

/**
 * @param path where the params stand in the input, for the message
 * @returns the params; excluded times in order and apart
 * @throws InvalidInputError for one of min and max without the other, and for numbers that make no range, for a zone
 *   nobody knows, for more than MAX_EXCLUDED_TIMES and for one that does not end after its begin
 */
export function checkModelParams(params: ModelParams, path: readonly string[]): ModelParams {
  const { min, max, minResolution, timeZone, boundsFrom, valueKind, excludedTimes = [] } = params;
  for (const [field, value] of Object.entries({ min, max, minResolution })) {
    if (value !== undefined && !Number.isFinite(value)) {
      throw InvalidInputError.at([field], `expected a finite number, got ${value}`, path);
    }
  }
  if ((min === undefined) !== (max === undefined)) {
    const [given, missing] = min === undefined ? ['max', 'min'] : ['min', 'max'];
    throw InvalidInputError.at([missing], `expected together with ${given}, or neither of them`, path);
  }
  if (min !== undefined && max !== undefined && min > max) {
    throw InvalidInputError.at(['max'], `expected at least min (${min}), got ${max}`, path);
  }
  // Of those that were not given nothing is computed: first rows of -1e308 and 1e308 are as they are.
  if (boundsFrom === undefined && min !== undefined && max !== undefined && !Number.isFinite(max - min)) {
    throw InvalidInputError.at(
      ['max'],
      `expected max − min to be a finite number, got ${min} and ${max}`,
      path,
    );
  }
  if (minResolution !== undefined && minResolution <= 0) {
    throw InvalidInputError.at(['minResolution'], `expected more than 0, got ${minResolution}`, path);
  }
  if (timeZone !== undefined && !isZoneName(timeZone)) {
    throw InvalidInputError.at(
      ['timeZone'],
      `expected an IANA name such as Europe/Berlin, got ${JSON.stringify(timeZone.slice(0, 60))}`,
      path,
    );
  }
  checkExcludedTimes(excludedTimes, path);
  return {
    ...(min === undefined || max === undefined ? {} : { min, max: max === min ? min + 1 : max }),
    ...(boundsFrom === undefined ? {} : { boundsFrom }),
    ...(minResolution === undefined ? {} : { minResolution }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(valueKind === undefined ? {} : { valueKind }),
    ...(excludedTimes.length === 0 ? {} : { excludedTimes: mergeSpans(excludedTimes) }),
  };
}

function checkExcludedTimes(times: readonly TimeSpan[], path: readonly string[]): void {
  const at = ['excludedTimes'];
  if (times.length > MAX_EXCLUDED_TIMES) {
    throw InvalidInputError.at(at, `expected at most ${MAX_EXCLUDED_TIMES}, got ${times.length}`, path);
  }
  for (const [i, { startMs, endMs }] of times.entries()) {
    const texts = [startMs, endMs].map((ms) => new Date(ms));
    if (texts.some((time) => Number.isNaN(time.getTime()))) {
      throw InvalidInputError.at([...at, String(i)], 'expected two times', path);
    }
    if (startMs < endMs) continue;
    const [from, to] = texts.map((time) => time.toISOString());
    throw InvalidInputError.at([...at, String(i), 'to'], `expected a time after ${from}, got ${to}`, path);
  }
}

/** As they stand in a JSON column; nobody writes there what is not of their shape. */
export function readModelParams(json: unknown): ModelParams {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};
}

export function hasBounds(params: ModelParams): boolean {
  return params.min !== undefined && params.max !== undefined;
}

/**
 * What the detector is to know beforehand: bounds only if a person gave them. The range of first rows, given as bounds,
 * would put a floor under small changes, and a ceiling over what the metric may become.
 */
export function toDetectorParams({ min, max, boundsFrom, ...rest }: ModelParams): ModelParams {
  if (boundsFrom !== undefined || min === undefined || max === undefined) return rest;
  return { ...rest, min, max };
}

/** Bounds from all samples stored so far, with a fifth of their range to spare on either side; null without any. */
export async function learnBounds(pool: pg.Pool, metricNumber: number): Promise<ModelParams | null> {
  const { rows } = await pool.query<{ low: number | null; high: number | null }>(
    `SELECT min(low) AS low, max(high) AS high FROM (
       SELECT min(value) AS low, max(value) AS high FROM sample WHERE metric_number = $1
       UNION ALL SELECT min(min_value), max(max_value) FROM sample_block WHERE metric_number = $1
     ) AS parts`,
    [metricNumber],
  );
  const { low = null, high = null } = rows[0] ?? {};
  return low === null || high === null ? null : { ...widenRange(low, high), boundsFrom: 'LEARNED' };
}

/** Finite for any finite ends: a range near the largest numbers has less to spare. */
function widenRange(low: number, high: number): { readonly min: number; readonly max: number } {
  const top = high > low ? high : low + 1;
  const buffer = BUFFER_SHARE * top - BUFFER_SHARE * low;
  return {
    min: Math.max(-Number.MAX_VALUE, low - buffer),
    max: Math.min(Number.MAX_VALUE, top + buffer),
  };
}

/** What is known of a metric's values whether it is monitored or not: the protocol of a pushed metric says it. */
export function keepKind({ valueKind }: ModelParams): ModelParams {
  return valueKind === undefined ? {} : { valueKind };
}
