/**
 * The models in memory: a bounded cache of detectors. A cold one is restored from its checkpoint and the stored
 * samples behind it; the detector is deterministic, so that replay must give the stored scores again.
 */
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { Checkpoint } from '../samples/write-batch.ts';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { type HeldModel, holdFailure, isDirty, type Model } from './cached-model.ts';
import type { MetricEntry } from '../metrics/registry.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import { ModelRestorer } from './restore-models.ts';

/** After a crash at most this many rows per model are replayed: some milliseconds. */
const ROWS_PER_CHECKPOINT = 1000;

export class ModelCache {
  readonly #stats: Stats;
  readonly #log: Log;
  readonly #restorer: ModelRestorer;
  readonly #held: LRUCache<number, HeldModel>;
  /** Checkpoints of models that were pushed out of the cache, until they are written. */
  readonly #evicted = new Map<number, Checkpoint>();

  constructor(options: {
    readonly pool: pg.Pool;
    readonly log: Log;
    readonly stats: Stats;
    /** Maximum number of models in memory. */
    readonly limit: number;
  }) {
    this.#stats = options.stats;
    this.#log = options.log;
    this.#restorer = new ModelRestorer(options);
    this.#held = new LRUCache<number, HeldModel>({
      max: options.limit,
      dispose: (model, _number, reason) => {
        if (reason === 'evict') this.#keepCheckpoint(model);
      },
    });
  }

  /** Number of models in memory. */
  get size(): number {
    return this.#held.size;
  }

  /** Whether the metric's model is in memory as it is after its last sample. */
  isHeld(number: number): boolean {
    return this.#held.has(number);
  }

  /**
   * The models of these metrics by metric number. One that cannot be restored throws ModelNotRestoredError when it is
   * asked for a score. @throws what the database throws while it is away
   */
  async acquire(entries: readonly MetricEntry[]): Promise<ReadonlyMap<number, Model>> {
    const models = new Map<number, Model>();
    const cold: MetricEntry[] = [];
    for (const entry of entries) {
      const model = this.#held.get(entry.number);
      if (model === undefined) cold.push(entry);
      else models.set(entry.number, model);
    }
    if (cold.length === 0) return models;
    for await (const one of this.#restorer.restore(cold, this.#evicted)) {
      if ('error' in one) models.set(one.entry.number, holdFailure(one.error));
      else {
        this.#held.set(one.entry.number, one);
        models.set(one.entry.number, one);
      }
    }
    this.#reportSize();
    return models;
  }

  /**
   * Restores models outside of the write lock, so that the points of others need not wait for it. @returns what puts
   * them in memory, to be called in the write lock, after `Commit.begin`: it leaves out those whose metrics have changed
   * since
   */
  async restoreAhead(entries: readonly MetricEntry[]): Promise<() => void> {
    const cold = entries.filter((entry) => this.#isCold(entry));
    const before = new Map(cold.map((entry) => [entry, { ...entry }]));
    const restored: HeldModel[] = [];
    // A model that cannot be restored is reported when its points are scored.
    for await (const one of this.#restorer.restore(cold, this.#evicted))
      if (!('error' in one)) restored.push(one);
    return () => {
      for (const model of restored) {
        // One that was acquired meanwhile may have learned more than this one has read.
        if (this.#isCold(model.entry) && isCurrent(model, before.get(model.entry))) {
          this.#held.set(model.entry.number, model);
        }
      }
      this.#reportSize();
    };
  }

  #isCold({ number }: MetricEntry): boolean {
    return !this.#held.has(number) && !this.#evicted.has(number);
  }

  #reportSize(): void {
    this.#stats.set('models_in_memory', this.#held.size);
  }

  /** Without a checkpoint the model is made anew from an older one and the stored samples. */
  #keepCheckpoint(model: HeldModel): void {
    const checkpoint = isDirty(model, 1) ? this.#snapshot(model) : null;
    if (checkpoint !== null) this.#evicted.set(model.entry.number, checkpoint);
  }

  /** Null for a model that cannot be serialized. */
  #snapshot(model: HeldModel, onFailure?: (error: Error) => void): Checkpoint | null {
    try {
      return model.checkpoint();
    } catch (error) {
      this.#stats.countReason('metric_failures', 'snapshot');
      this.#log.error({ err: error, metric: model.entry.id }, 'model could not be written down');
      onFailure?.(toError(error));
      return null;
    }
  }

  /**
   * Checkpoints worth writing with the next batch, at most `limit`; `confirm` once they are committed. When that
   * fails the models have to be discarded.
   * @param onFailure called for a model that is due and cannot be serialized: the others are not harmed
   */
  dueCheckpoints(
    touched: Iterable<MetricEntry>,
    limit: number,
    onFailure: (entry: MetricEntry, error: Error) => void,
  ): readonly Checkpoint[] {
    const due = [...this.#evicted.values()].slice(0, limit);
    for (const entry of touched) {
      if (due.length >= limit) break;
      const model = this.#held.peek(entry.number);
      if (model === undefined || !isDirty(model, dueAfter(entry.number))) continue;
      const checkpoint = this.#snapshot(model, (error) => onFailure(entry, error));
      if (checkpoint !== null) due.push(checkpoint);
      // Now: the next batch is scored before this one is confirmed.
      model.checkpointedRows = model.rows;
    }
    return due;
  }

  /** Every model with rows since its checkpoint, for the orderly stop; in portions of at most `limit`. */
  dirtyCheckpoints(limit: number): readonly Checkpoint[] {
    const dirty = [...this.#evicted.values()].slice(0, limit);
    for (const model of this.#held.values()) {
      if (dirty.length >= limit) break;
      const checkpoint = isDirty(model, 1) ? this.#snapshot(model) : null;
      if (checkpoint !== null) dirty.push(checkpoint);
    }
    return dirty;
  }

  /** These checkpoints are committed. */
  confirm(checkpoints: readonly Checkpoint[]): void {
    for (const { metricNumber, scoredRows } of checkpoints) {
      if (this.#evicted.get(metricNumber)?.scoredRows === scoredRows) this.#evicted.delete(metricNumber);
      const model = this.#held.peek(metricNumber);
      if (model !== undefined) model.checkpointedRows = Math.max(model.checkpointedRows, scoredRows);
    }
    this.#stats.count('checkpoints_written', checkpoints.length);
  }

  /** Throws models away whose batch did not commit, or whose metric is no longer scored. */
  discard(numbers: Iterable<number>): void {
    for (const number of numbers) {
      this.#held.delete(number);
      this.#evicted.delete(number);
    }
  }
}

/** Whether a model has learned from all there is, of a metric that is as it was when it was read. */
function isCurrent({ rows, entry }: HeldModel, before: MetricEntry | undefined): boolean {
  return (
    entry.status === 'ACTIVE' &&
    entry.modelParams === before?.modelParams &&
    entry.scoredRows === before.scoredRows &&
    entry.scoredRows === rows
  );
}

/** Spread over time: metrics that started together would otherwise all be due in the same batch for ever. */
function dueAfter(metricNumber: number): number {
  return ROWS_PER_CHECKPOINT - ((metricNumber * 7919) % (ROWS_PER_CHECKPOINT / 2));
}
