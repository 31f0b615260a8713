/** What one transaction is to change, while it is being put together. */
import type { NewScore, UnscoredSample } from '../samples/new-sample.ts';
import type { Batch, Checkpoint, Progress } from '../samples/write-batch.ts';
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

/** Everything one transaction writes. */
export interface WriteSet {
  readonly draft: Draft;
  /** Those of metrics the draft does not touch included, which are overdue. */
  readonly progress: readonly Progress[];
  readonly checkpoints: readonly Checkpoint[];
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

/** Keys of all metrics it writes something of. */
export function listMetricNumbers({ draft, progress, checkpoints }: WriteSet): readonly number[] {
  const numbers = new Set<number>();
  for (const { number } of draft.progress.keys()) numbers.add(number);
  for (const { number } of draft.statuses.keys()) numbers.add(number);
  for (const { metricNumber } of progress) numbers.add(metricNumber);
  for (const { metricNumber } of checkpoints) numbers.add(metricNumber);
  return [...numbers];
}

/** What it writes of these metrics. */
export function selectMetrics(set: WriteSet, numbers: ReadonlySet<number>): WriteSet {
  const isWanted = ({ metricNumber }: { readonly metricNumber: number }) => numbers.has(metricNumber);
  const { draft } = set;
  return {
    draft: {
      ...draft,
      scored: draft.scored.filter(isWanted),
      unscored: draft.unscored.filter(isWanted),
      backlog: draft.backlog.filter(isWanted),
      progress: new Map([...draft.progress].filter(([{ number }]) => numbers.has(number))),
      statuses: new Map([...draft.statuses].filter(([{ number }]) => numbers.has(number))),
    },
    progress: set.progress.filter(isWanted),
    checkpoints: set.checkpoints.filter(isWanted),
  };
}

/** The same samples with no score to any of them, as if their metrics were in ERROR already. */
export function withoutScores({ draft }: WriteSet): WriteSet {
  const bare = draft.scored.map(({ metricNumber, rowId, timestampMs, value }) => ({
    metricNumber,
    rowId,
    timestampMs,
    value,
  }));
  const progress = new Map(
    [...draft.progress].map(([entry, next]) => {
      const { scoredRows, scoredToMs } = entry;
      return [entry, { ...next, scoredRows, scoredToMs }] as const;
    }),
  );
  return {
    draft: { ...draft, scored: [], unscored: [...bare, ...draft.unscored], backlog: [], progress },
    progress: [...progress.values()],
    checkpoints: [],
  };
}

export function toBatch({ draft, progress, checkpoints }: WriteSet): Batch {
  const { scored, unscored, backlog } = draft;
  const statuses = [...draft.statuses].map(([entry, change]) => ({ metricNumber: entry.number, ...change }));
  return { scored, unscored, backlog, progress, checkpoints, statuses };
}
