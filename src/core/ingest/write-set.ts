/** What one transaction is to change, while it is being put together. */
import type { NewScore, UnscoredSample } from '../samples/new-sample.ts';
import type { Progress } from '../samples/write-batch.ts';
import type { MetricStatus } from '../../model.ts';
import type { MetricEntry } from '../metrics/registry.ts';

export type MetricProgress = { -readonly [Key in keyof Progress]: Progress[Key] };

export interface Draft {
  /** How many transactions had failed when it was begun: one more, and what it stands on may be gone. */
  readonly failuresBefore: number;
  readonly scored: NewScore[];
  readonly unscored: UnscoredSample[];
  /** Of stored samples that are scored now; they come after `scored` in the log. */
  readonly backlog: NewScore[];
  /** Each metric the draft touches, as it will be. */
  readonly progress: Map<MetricEntry, MetricProgress>;
  readonly statuses: Map<MetricEntry, { readonly status: MetricStatus; readonly message: string | null }>;
}

const DAY_MS = 86_400_000;

/** Whether samples are stored that are newer than what the model has learned from. */
export function isBehind({
  lastTimestampMs,
  scoredToMs,
}: Pick<Progress, 'lastTimestampMs' | 'scoredToMs'>): boolean {
  return (lastTimestampMs ?? -1) > (scoredToMs ?? -1);
}

export function createDraft(failuresBefore: number): Draft {
  return {
    failuresBefore,
    scored: [],
    unscored: [],
    backlog: [],
    progress: new Map(),
    statuses: new Map(),
  };
}

/** The days its samples fall on, each once: what of months has to be there. */
export function listDays({ scored, unscored }: Draft): readonly number[] {
  const days = new Set<number>();
  for (const { timestampMs } of scored) days.add(Math.floor(timestampMs / DAY_MS) * DAY_MS);
  for (const { timestampMs } of unscored) days.add(Math.floor(timestampMs / DAY_MS) * DAY_MS);
  return [...days];
}
