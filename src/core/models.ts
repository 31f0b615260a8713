/**
 * The models in memory: a bounded cache of detectors. A cold one is restored from its checkpoint and the stored
 * samples behind it; the detector is deterministic, so that replay must give the stored scores again.
 */
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { Checkpoint } from '../db/write-batch.ts';
import type { Detector, DetectorKind } from '../detect/detector.ts';
import { DETECTOR_KINDS, findDetectorKind } from '../detect/detector-kinds.ts';
import type { Log } from '../log.ts';
import type { Judgement, Sample } from '../model.ts';
import type { Stats } from '../observe/stats.ts';
import { readCheckpoints, replaySamples, type ReplayedSample } from '../db/read-models.ts';
import type { MetricEntry } from './registry.ts';

/** A metric's model, ready for its next point. */
export interface Model {
  /** Judges a sample and learns from it. @throws RangeError as Detector.update does */
  judge: (sample: Sample) => Judgement;
}

export interface Models {
  /** The models of these metrics by metric number. */
  acquire: (entries: readonly MetricEntry[]) => Promise<ReadonlyMap<number, Model>>;
  /** Whether the metric's model is in memory as it is after its last sample. */
  isHeld: (number: number) => boolean;
  /** Throws models away whose batch did not commit, or whose metric is no longer scored. */
  discard: (numbers: Iterable<number>) => void;
  /**
   * Checkpoints worth writing with the next batch, at most `limit`; `confirm` once they are committed. When that
   * fails the models have to be discarded.
   */
  dueCheckpoints: (touched: Iterable<MetricEntry>, limit: number) => readonly Checkpoint[];
  /** Every model with rows since its checkpoint, for the orderly stop; in portions of at most `limit`. */
  dirtyCheckpoints: (limit: number) => readonly Checkpoint[];
  confirm: (checkpoints: readonly Checkpoint[]) => void;
  readonly size: number;
}

interface HeldModel extends Model {
  readonly kind: DetectorKind;
  readonly detector: Detector;
  readonly entry: MetricEntry;
  /** Time of the newest sample learned from. */
  lastTimestampMs: number;
  /** `detector.rows` when the checkpoint was made. */
  checkpointedRows: number;
}

/** After a crash at most this many rows per model are replayed: some milliseconds. */
const ROWS_PER_CHECKPOINT = 1000;
/** A model whose checkpoint cannot be continued learns anew from this many of its newest samples. */
const REBUILD_ROWS = 20_000;

export function createModels(options: {
  readonly pool: pg.Pool;
  readonly log: Log;
  readonly stats: Stats;
  /** Models held at most. */
  readonly limit: number;
}): Models {
  const { pool, log, stats } = options;
  /** Checkpoints of models that were pushed out of the cache, until they are written. */
  const evicted = new Map<number, Checkpoint>();
  const held = new LRUCache<number, HeldModel>({
    max: options.limit,
    dispose: (model, number, reason) => {
      if (reason === 'evict' && isDirty(model, 1)) evicted.set(number, takeCheckpoint(model));
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
      for (const model of await restoreAll(cold)) {
        held.set(model.entry.number, model);
        models.set(model.entry.number, model);
      }
      stats.set('models_in_memory', held.size);
    }
    return models;
  };

  const restoreAll = async (entries: readonly MetricEntry[]): Promise<readonly HeldModel[]> => {
    const learned = entries.filter((entry) => entry.scoredRows > 0);
    const checkpoints = await readCheckpoints(
      pool,
      learned.map((entry) => entry.number).filter((number) => !evicted.has(number)),
    );
    const models: HeldModel[] = [];
    for (const entry of entries) {
      const checkpoint = evicted.get(entry.number) ?? checkpoints.get(entry.number);
      models.push(await restore(entry, checkpoint));
    }
    return models;
  };

  const restore = async (entry: MetricEntry, checkpoint: Checkpoint | undefined): Promise<HeldModel> => {
    if (entry.scoredRows === 0) return startAnew(entry);
    const resumed = checkpoint === undefined ? null : resume(entry, checkpoint);
    const isRebuild = checkpoint !== undefined && resumed === null;
    if (isRebuild)
      log.warn({ metric: entry.id }, 'checkpoint cannot be continued; model learns anew from samples');
    // Saved at its last sample, as at every orderly stop: there is nothing behind it to look for.
    if (resumed?.detector.rows === entry.scoredRows) return countRestored(resumed);
    const model = resumed ?? startAnew(entry);
    const replay = replaySamples(pool, entry.number, {
      afterMs: resumed === null ? null : (checkpoint?.timestampMs ?? null),
      newest: isRebuild ? REBUILD_ROWS : null,
    });
    for await (const samples of replay) {
      for (const sample of samples) {
        const judgement = model.judge(sample);
        if (!isRebuild && !equals(judgement, sample)) stats.count('replay_mismatches');
      }
      stats.count('models_replayed_rows', samples.length);
    }
    return countRestored(model);
  };

  const countRestored = (model: HeldModel) => {
    stats.count('models_restored');
    return model;
  };

  const discard = (numbers: Iterable<number>) => {
    for (const number of numbers) {
      held.delete(number);
      evicted.delete(number);
    }
  };

  const dueCheckpoints = (touched: Iterable<MetricEntry>, limit: number) => {
    const due = [...evicted.values()].slice(0, limit);
    for (const { number } of touched) {
      if (due.length >= limit) break;
      const model = held.peek(number);
      if (model === undefined || !isDirty(model, dueAfter(number))) continue;
      due.push(takeCheckpoint(model));
      // Now: the next batch is drafted before this one is confirmed.
      model.checkpointedRows = model.detector.rows;
    }
    return due;
  };

  const dirtyCheckpoints = (limit: number) => {
    const dirty = [...evicted.values()].slice(0, limit);
    for (const model of held.values()) {
      if (dirty.length >= limit) break;
      if (isDirty(model, 1)) dirty.push(takeCheckpoint(model));
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

function startAnew(entry: MetricEntry): HeldModel {
  const kind = DETECTOR_KINDS[0];
  return hold({
    kind,
    detector: kind.create(entry.modelParams),
    entry,
    checkpointedRows: 0,
    lastTimestampMs: 0,
  });
}

function resume(entry: MetricEntry, checkpoint: Checkpoint): HeldModel | null {
  const kind = findDetectorKind(checkpoint.detector);
  const detector =
    kind?.version === checkpoint.version ? kind.restore(checkpoint.state, entry.modelParams) : null;
  if (kind === null || detector === null) return null;
  const { scoredRows, timestampMs } = checkpoint;
  return hold({ kind, detector, entry, checkpointedRows: scoredRows, lastTimestampMs: timestampMs });
}

function hold(parts: Omit<HeldModel, 'judge'>): HeldModel {
  const model: HeldModel = {
    ...parts,
    judge: ({ timestampMs, value }) => {
      const { score, expected, low, high, rawScore, view, provisional, episode } = model.detector.update(
        timestampMs,
        value,
      );
      model.lastTimestampMs = timestampMs;
      // The database keeps four bytes of the raw score: who sees it live must see the same.
      return { score, expected, low, high, rawScore: Math.fround(rawScore), view, provisional, episode };
    },
  };
  return model;
}

/** Spread over time: metrics that started together would otherwise all be due in the same batch for ever. */
function dueAfter(metricNumber: number): number {
  return ROWS_PER_CHECKPOINT - ((metricNumber * 7919) % (ROWS_PER_CHECKPOINT / 2));
}

function isDirty(model: HeldModel, rows: number): boolean {
  return model.detector.rows - model.checkpointedRows >= rows;
}

function takeCheckpoint({ kind, detector, entry, lastTimestampMs }: HeldModel): Checkpoint {
  return {
    metricNumber: entry.number,
    detector: kind.name,
    version: kind.version,
    scoredRows: detector.rows,
    timestampMs: lastTimestampMs,
    state: detector.snapshot(),
  };
}

function equals(judgement: Judgement, stored: ReplayedSample): boolean {
  return (
    judgement.score === stored.score &&
    judgement.expected === stored.expected &&
    judgement.low === stored.low &&
    judgement.high === stored.high
  );
}
