/** What a pushed point must be before anything is done with it. */
import { MAX_NAME_LENGTH, UNPRINTABLE } from '../../model.ts';
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
  const isFit = resource.trim() !== '' && resource.length <= MAX_NAME_LENGTH && !UNPRINTABLE.test(resource);
  if (isFit) return null;
  return {
    reason: 'bad_resource',
    message: `resource: expected 1 to ${MAX_NAME_LENGTH} characters, none of them a control character, got ${show(resource)}`,
  };
}

/** Null when the unit can be kept, and when there is none. */
export function checkUnit(unit: string | null | undefined): Objection | null {
  if (unit == null || (unit.length <= MAX_NAME_LENGTH && !UNPRINTABLE.test(unit))) return null;
  return {
    reason: 'bad_unit',
    message: `unit: expected at most ${MAX_NAME_LENGTH} characters, none of them a control character, got ${show(unit)}`,
  };
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

function show(name: string): string {
  return JSON.stringify(name.slice(0, 60));
}

function showTime(timestampMs: number): string {
  const date = new Date(timestampMs);
  return Number.isNaN(date.getTime()) ? `${timestampMs} ms` : date.toISOString();
}
