/** Checked points on their way in, and what became of them. */
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { MetricEntry } from '../metrics/registry.ts';
import { keyOf, type StoredValues } from '../samples/find-duplicates.ts';
import type { Refused } from './commit.ts';

/** Late: stored, but older than what its model has learned from, so never scored. */
type Outcome = 'accepted' | 'duplicate' | 'late';

/** A checked point on its way in. */
export interface Arrival {
  readonly entry: MetricEntry;
  readonly timestampMs: number;
  readonly value: number;
  /** Null until the batch is drafted. */
  outcome: Outcome | null;
}

/** Arrivals by metric, in time order. */
export type Groups = ReadonlyMap<MetricEntry, readonly Arrival[]>;

export function groupByMetric(arrivals: readonly Arrival[]): Map<MetricEntry, Arrival[]> {
  const groups = new Map<MetricEntry, Arrival[]>();
  for (const arrival of arrivals) {
    const group = groups.get(arrival.entry);
    if (group === undefined) groups.set(arrival.entry, [arrival]);
    else group.push(arrival);
  }
  // The sort is stable: of two points of one time the first to arrive wins.
  for (const group of groups.values()) {
    if (group.length > 1) group.sort((a, b) => a.timestampMs - b.timestampMs);
  }
  return groups;
}

/** Counts what became of a batch that is committed. */
export function countOutcomes(
  stats: Stats,
  arrivals: readonly Arrival[],
  stored: StoredValues,
  refused: Refused,
): void {
  let accepted = 0;
  let late = 0;
  let conflicting = 0;
  let notStored = 0;
  const kept = new KeptValues(arrivals, stored);
  for (const { entry, timestampMs, value, outcome } of arrivals) {
    if (refused.size > 0 && refused.has(entry)) notStored += 1;
    else if (outcome === 'accepted') accepted += 1;
    else if (outcome === 'late') late += 1;
    else if (value !== (kept.find(keyOf(entry.number, timestampMs)) ?? value)) conflicting += 1;
  }
  stats.count('points_accepted', accepted);
  stats.count('points_late', late);
  stats.count('points_conflicting', conflicting);
  stats.count('points_duplicate', arrivals.length - notStored - accepted - late - conflicting);
}

/** What duplicates are compared with: stored before, or the first of its time in the same batch. */
class KeptValues {
  readonly #arrivals: readonly Arrival[];
  readonly #stored: StoredValues;
  /** Null until one is asked for that was not stored before: most batches have none. */
  #ofBatch: Map<string, number> | null = null;

  constructor(arrivals: readonly Arrival[], stored: StoredValues) {
    this.#arrivals = arrivals;
    this.#stored = stored;
  }

  find(key: string): number | undefined {
    const before = this.#stored.get(key);
    if (before !== undefined) return before;
    this.#ofBatch ??= new Map(
      this.#arrivals
        .filter(({ outcome }) => outcome !== 'duplicate')
        .map(({ entry, timestampMs, value }) => [keyOf(entry.number, timestampMs), value]),
    );
    return this.#ofBatch.get(key);
  }
}
