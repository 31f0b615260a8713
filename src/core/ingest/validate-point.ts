/** What a pushed point must be before anything is done with it. */
import { UNPRINTABLE } from '../../model.ts';
import { findLineFlaw, findNameFlaw } from '../../platform/bounded-input/name-flaw.ts';
import { MAX_MONTHS } from '../samples/month-partitions.ts';
import { MAX_PUSHED_NAME } from '../sources/pushed-name.ts';

export type RejectReason =
  | 'bad_name'
  | 'bad_unit'
  | 'bad_resource'
  | 'bad_value'
  | 'too_old'
  | 'too_far_ahead'
  | 'too_many_metrics'
  | 'unknown_metric'
  | 'metric_failed';

export interface Objection {
  readonly reason: RejectReason;
  /** Names the field and the value. */
  readonly message: string;
}

/** Null when the name can be a metric's. */
export function checkName(name: string): Objection | null {
  if (name.trim() === '') return { reason: 'bad_name', message: 'metric: expected a name, got an empty one' };
  if (name.length > MAX_PUSHED_NAME) {
    return {
      reason: 'bad_name',
      message: `metric: expected at most ${MAX_PUSHED_NAME} characters, got ${name.length} (${show(name)}…)`,
    };
  }
  if (UNPRINTABLE.test(name)) {
    return { reason: 'bad_name', message: `metric: control characters are not allowed: ${show(name)}` };
  }
  return null;
}

/** Null when the resource can be kept, and when none is given. */
export function checkResource(resource: string | null): Objection | null {
  if (resource === null) return null;
  const flaw = findNameFlaw(resource);
  return flaw === null ? null : { reason: 'bad_resource', message: `resource: ${flaw}` };
}

/** Null when the unit can be kept, and when there is none. */
export function checkUnit(unit: string | null | undefined): Objection | null {
  const flaw = unit == null ? null : findLineFlaw(unit);
  return flaw === null ? null : { reason: 'bad_unit', message: `unit: ${flaw}` };
}

/** Null when a metric can be made of it. */
export function checkSeries(name: string, resource: string | null, unit: string | null): Objection | null {
  return checkResource(resource) ?? checkName(name) ?? checkUnit(unit);
}

/**
 * Null when the sample can be stored.
 * @param latestMs the furthest ahead a point may be
 */
export function checkSample(timestampMs: number, value: number, latestMs: number): Objection | null {
  if (!Number.isFinite(value)) {
    return { reason: 'bad_value', message: `value: expected a finite number, got ${value}` };
  }
  if (!Number.isFinite(timestampMs) || timestampMs < 0) {
    return {
      reason: 'too_old',
      message: `timestamp: expected 1970-01-01T00:00:00Z or later, got ${showTime(timestampMs)}`,
    };
  }
  if (timestampMs > latestMs) {
    return {
      reason: 'too_far_ahead',
      message: `timestamp: expected ${showTime(latestMs)} or earlier, got ${showTime(timestampMs)}`,
    };
  }
  return null;
}

export function objectToMonth(timestampMs: number): Objection {
  return {
    reason: 'too_old',
    message: `timestamp: expected one of the last year, or of the ${MAX_MONTHS} months that have samples, got ${showTime(timestampMs)}`,
  };
}

function show(name: string): string {
  return JSON.stringify(name.slice(0, 60));
}

function showTime(timestampMs: number): string {
  const date = new Date(timestampMs);
  return Number.isNaN(date.getTime()) ? `${timestampMs} ms` : date.toISOString();
}
