/** Which deviations of a metric matter. */
import { InvalidInputError } from '../../errors.ts';
import type { Direction } from '../../generated/prisma/enums.ts';

/** What makes a deviation worth an alarm. It does not change scores. */
export interface AlertPolicy {
  readonly direction: Direction;
  /** Smallest deviation from the expected value, in the metric's unit. */
  readonly minDeviation: number;
  /** Smallest deviation as a share of the expected value. */
  readonly minDeviationRatio: number;
}

/** @throws InvalidInputError naming the field that is no number of 0 or more */
export function checkPolicy(policy: Partial<AlertPolicy>): Partial<AlertPolicy> {
  for (const field of ['minDeviation', 'minDeviationRatio'] as const) {
    const value = policy[field];
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new InvalidInputError(`${field}: expected 0 or more, got ${value}`, ['input', 'policy', field]);
    }
  }
  return policy;
}
