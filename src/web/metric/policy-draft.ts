import type { Direction } from '../generated/graphql.ts';

/** A policy as it is being edited. */
export interface PolicyDraft {
  readonly direction: Direction;
  readonly minDeviation: number;
  readonly minDeviationRatio: number;
}
