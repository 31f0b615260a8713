/** The state an alarm should have, from the points of its window. */
import type { AlarmRule, Comparison, MissingTreatment } from './check-alarm.ts';

export const ALARM_STATES = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

export interface StateChange {
  readonly state: AlarmState;
  readonly reason: string;
  /** JSON, as DescribeAlarms shows it; null when there is none. */
  readonly data: string | null;
}

/** One period of the window. */
export interface EvaluatedPoint {
  readonly timeMs: number;
  /** Null when there is no value, or nothing to compare it with. */
  readonly value: number | null;
  /** Alarms on a single metric only. */
  readonly sampleCount?: number | undefined;
  /** Band alarms only. */
  readonly upper?: number | undefined;
  readonly lower?: number | undefined;
}

/**
 * Periods looked at before the window, so that a few missing points need no filling: with as many real points as the
 * alarm evaluates, the newest of them decide and how missing ones are treated does not matter.
 */
export function countLookback(periodSeconds: number): number {
  if (periodSeconds <= 60) return 5;
  return periodSeconds <= 120 ? 3 : 2;
}

/**
 * AWS' rules for M out of N and missing data.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 * @param points of the window and the periods before it, oldest first
 * @returns null to keep the state as it is
 */
export function judgeAlarm(
  points: readonly EvaluatedPoint[],
  rule: Pick<
    AlarmRule,
    'comparison' | 'evaluationPeriods' | 'datapointsToAlarm' | 'treatMissing' | 'minSamples'
  >,
): AlarmState | null {
  const { evaluationPeriods: wanted, datapointsToAlarm: needed, minSamples } = rule;
  const known = points.filter(({ value }) => value !== null).slice(-wanted);
  if (known.some(({ sampleCount = Infinity }) => sampleCount < minSamples)) return null;
  const breaching = known.filter((point) => isBreaching(point, rule.comparison)).length;
  if (known.length === wanted) return breaching >= needed ? 'ALARM' : 'OK';
  return judgeSparse(
    {
      known: known.length,
      breaching,
      absent: wanted - known.length,
      needed,
      oldestAge: findOldestAge(points),
    },
    rule.treatMissing,
  );
}

/** How many periods ago, the newest being 1, the oldest point there is lies; 0 when there is none. */
function findOldestAge(points: readonly EvaluatedPoint[]): number {
  const oldest = points.findIndex(({ value }) => value !== null);
  return oldest === -1 ? 0 : points.length - oldest;
}

interface Sparse {
  readonly known: number;
  readonly breaching: number;
  readonly absent: number;
  readonly needed: number;
  readonly oldestAge: number;
}

function judgeSparse(count: Sparse, treatment: MissingTreatment): AlarmState | null {
  switch (treatment) {
    case 'breaching':
      return count.breaching + count.absent >= count.needed ? 'ALARM' : 'OK';
    case 'notBreaching':
      return count.breaching >= count.needed ? 'ALARM' : 'OK';
    case 'ignore':
      if (count.breaching >= count.needed) return 'ALARM';
      return count.known > count.breaching ? 'OK' : null;
    case 'missing':
      if (count.breaching >= count.needed) return 'ALARM';
      if (count.known > count.breaching) return 'OK';
      // Nothing but breaches, fewer than needed: an alarm once the first of them is old enough, so that one new point
      // alone does not raise it too early.
      return count.oldestAge >= count.needed ? 'ALARM' : 'INSUFFICIENT_DATA';
  }
}

/** Whether the point is beyond the threshold, or outside of the band; never where there is no value. */
export function isBreaching(
  { value, upper = Infinity, lower = -Infinity }: EvaluatedPoint,
  comparison: Comparison,
): boolean {
  if (value === null) return false;
  switch (comparison.operator) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= comparison.threshold;
    case 'GreaterThanThreshold':
      return value > comparison.threshold;
    case 'LessThanThreshold':
      return value < comparison.threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= comparison.threshold;
    case 'LessThanLowerOrGreaterThanUpperThreshold':
      return value < lower || value > upper;
    case 'LessThanLowerThreshold':
      return value < lower;
    case 'GreaterThanUpperThreshold':
      return value > upper;
  }
}
