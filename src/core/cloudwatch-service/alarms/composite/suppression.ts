/**
 * When the actions of a composite alarm are held back by its actions suppressor.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html
 */
import type { AlarmState } from '../judge-alarm.ts';

export interface Suppressor {
  readonly state: AlarmState;
  readonly transitionedAt: Date;
}

export interface SuppressionRule {
  readonly waitSeconds: number;
  readonly extensionSeconds: number;
}

/** Why actions are held back, in AWS' words. */
export type SuppressedBy = 'WaitPeriod' | 'ExtensionPeriod' | 'Alarm';

/**
 * @param alarm when the composite alarm went into its state, and what holds its actions back until now
 * @param suppressor null when that alarm is gone: nothing suppresses then
 * @returns null when the actions are to be executed
 */
export function findSuppression(
  alarm: { readonly transitionedAt: Date; readonly suppressedBy: SuppressedBy | null },
  suppressor: Suppressor | null,
  rule: SuppressionRule,
  now: Date,
): SuppressedBy | null {
  if (suppressor === null) return null;
  if (suppressor.state === 'ALARM') return 'Alarm';
  const secondsSince = (time: Date) => (now.getTime() - time.getTime()) / 1000;
  const hadSuppressed = alarm.suppressedBy === 'Alarm' || alarm.suppressedBy === 'ExtensionPeriod';
  if (hadSuppressed && secondsSince(suppressor.transitionedAt) < rule.extensionSeconds)
    return 'ExtensionPeriod';
  if (!hadSuppressed && secondsSince(alarm.transitionedAt) < rule.waitSeconds) return 'WaitPeriod';
  return null;
}
