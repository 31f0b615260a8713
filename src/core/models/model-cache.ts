/**
 * The models in memory: a bounded cache of detectors. A cold one is restored from its checkpoint and the stored
 * samples behind it; the detector is deterministic, so that replay must give the stored scores again.
 */
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { Checkpoint } from '../samples/write-batch.ts';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { type HeldModel, holdFailure, isDirty, type Model, takeCheckpoint } from './cached-model.ts';
import type { MetricEntry } from '../metrics/registry.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import { createRestore } from './restore-models.ts';

export interface Models {
  /**
   * The models of these metrics by metric number. One that cannot be restored throws ModelNotRestoredError when it is
   * asked for a score. @throws what the database throws while it is away
   */
  acquire: (entries: readonly MetricEntry[]) => Promise<ReadonlyMap<number, Model>>;
  /**
   * Restores models outside of a turn, so that others' points need not wait for it. @returns what puts them in memory,
   * to be called in a turn, after `Commit.begin`: those whose metrics are not as they were are left out then
   */
  restoreAhead: (entries: readonly MetricEntry[]) => Promise<() => void>;
  /** Whether the metric's model is in memory as it is after its last sample. */
  isHeld: (number: number) => boolean;
  /** Throws models away whose batch did not commit, or whose metric is no longer scored. */
  discard: (numbers: Iterable<number>) => void;
  /**
   * Checkpoints worth writing with the next batch, at most `limit`; `confirm` once they are committed. When that
   * fails the models have to be discarded.
   * @param onFailure called for a model that is due and cannot be written down: the others are not harmed
   */
  dueCheckpoints: (
    touched: Iterable<MetricEntry>,
    limit: number,
    onFailure: (entry: MetricEntry, error: Error) => void,
  ) => readonly Checkpoint[];
  /** Every model with rows since its checkpoint, for the orderly stop; in portions of at most `limit`. */
  dirtyCheckpoints: (limit: number) => readonly Checkpoint[];
  confirm: (checkpoints: readonly Checkpoint[]) => void;
  readonly size: number;
}

/** After a crash at most this many rows per model are replayed: some milliseconds. */
const ROWS_PER_CHECKPOINT = 1000;

export function createModels(options: {
  readonly pool: pg.Pool;
  readonly log: Log;
  readonly stats: Stats;
  /** Models held at most. */
  readonly limit: number;
}): Models {
  const { stats, log } = options;
  const restore = createRestore(options);
  const snapshot = (model: HeldModel, onFailure?: (error: Error) => void): Checkpoint | null => {
    try {
      return takeCheckpoint(model);
    } catch (error) {
      stats.countReason('metric_failures', 'snapshot');
      log.error({ err: error, metric: model.entry.id }, 'model could not be written down');
      onFailure?.(toError(error));
      return null;
    }
  };
  /** Checkpoints of models that were pushed out of the cache, until they are written. */
  const evicted = new Map<number, Checkpoint>();
  const held = new LRUCache<number, HeldModel>({
    max: options.limit,
    dispose: (model, number, reason) => {
      if (reason !== 'evict' || !isDirty(model, 1)) return;
      // Without one the model is made anew from an older checkpoint and the stored samples.
      const checkpoint = snapshot(model);
      if (checkpoint !== null) evicted.set(number, checkpoint);
    },
  });

  const acquire = async (entries: readonly MetricEntry[]) => {
    const models = new Map<number, Model>();
    const cold: MetricEntry[] = [];
    for (const entry of entries) {
      const model = held.get(entry.number);
      if (model === undefined) cold.push(entry);
      else models.set(entry.number, model);
    }
    if (cold.length > 0) {
      for await (const one of restore(cold, evicted)) {
        if ('error' in one) models.set(one.entry.number, holdFailure(one.error));
        else {
          held.set(one.entry.number, one);
          models.set(one.entry.number, one);
        }
      }
      stats.set('models_in_memory', held.size);
    }
    return models;
  };

  const restoreAhead = async (entries: readonly MetricEntry[]) => {
    const isCold = ({ number }: MetricEntry) => !held.has(number) && !evicted.has(number);
    const cold = entries.filter(isCold);
    const before = new Map(cold.map((entry) => [entry, { ...entry }]));
    const restored: HeldModel[] = [];
    // What is wrong with one that cannot be restored is found, and reported, when its points are scored.
    for await (const one of restore(cold, evicted)) if (!('error' in one)) restored.push(one);
    return () => {
      for (const model of restored) {
        // One that was taken in a turn meanwhile may have learned more than this one has read.
        if (isCold(model.entry) && isCurrent(model, before.get(model.entry))) {
          held.set(model.entry.number, model);
        }
      }
      stats.set('models_in_memory', held.size);
    };
  };

  const discard = (numbers: Iterable<number>) => {
    for (const number of numbers) {
      held.delete(number);
      evicted.delete(number);
    }
  };

  const dueCheckpoints: Models['dueCheckpoints'] = (touched, limit, onFailure) => {
    const due = [...evicted.values()].slice(0, limit);
    for (const entry of touched) {
      if (due.length >= limit) break;
      const model = held.peek(entry.number);
      if (model === undefined || !isDirty(model, dueAfter(entry.number))) continue;
      const checkpoint = snapshot(model, (error) => onFailure(entry, error));
      if (checkpoint !== null) due.push(checkpoint);
      // Now: the next batch is drafted before this one is confirmed.
      model.checkpointedRows = model.detector.rows;
    }
    return due;
  };

  const dirtyCheckpoints = (limit: number) => {
    const dirty = [...evicted.values()].slice(0, limit);
    for (const model of held.values()) {
      if (dirty.length >= limit) break;
      const checkpoint = isDirty(model, 1) ? snapshot(model) : null;
      if (checkpoint !== null) dirty.push(checkpoint);
    }
    return dirty;
  };

  const confirm = (checkpoints: readonly Checkpoint[]) => {
    for (const { metricNumber, scoredRows } of checkpoints) {
      if (evicted.get(metricNumber)?.scoredRows === scoredRows) evicted.delete(metricNumber);
      const model = held.peek(metricNumber);
      if (model !== undefined) model.checkpointedRows = Math.max(model.checkpointedRows, scoredRows);
    }
    stats.count('checkpoints_written', checkpoints.length);
  };

  return {
    acquire,
    restoreAhead,
    isHeld: (number) => held.has(number),
    discard,
    dueCheckpoints,
    dirtyCheckpoints,
    confirm,
    get size() {
      return held.size;
    },
  };
}

/** Whether a model has learned from all there is, of a metric that is as it was when it was read. */
function isCurrent({ detector, entry }: HeldModel, before: MetricEntry | undefined): boolean {
  return (
    entry.status === 'ACTIVE' &&
    entry.modelParams === before?.modelParams &&
    entry.scoredRows === before.scoredRows &&
    entry.scoredRows === detector.rows
  );
}

/** Spread over time: metrics that started together would otherwise all be due in the same batch for ever. */
function dueAfter(metricNumber: number): number {
  return ROWS_PER_CHECKPOINT - ((metricNumber * 7919) % (ROWS_PER_CHECKPOINT / 2));
}
