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

/** Prisma writes numbers out, and rounds the largest there are to ones that PostgreSQL does not have. */
export const MAX_DEVIATION = 1e300;

/** @throws InvalidInputError naming the field that is no number of 0 or more */
export function checkPolicy(policy: Partial<AlertPolicy>): Partial<AlertPolicy> {
  for (const field of ['minDeviation', 'minDeviationRatio'] as const) {
    const value = policy[field];
    if (value !== undefined && !(value >= 0 && value <= MAX_DEVIATION)) {
      throw new InvalidInputError(
        `${field}: expected 0 or more${value > 0 ? `, at most ${MAX_DEVIATION}` : ''}, got ${value}`,
        ['input', 'policy', field],
      );
    }
  }
  return policy;
}
