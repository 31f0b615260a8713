/** One model in memory: a detector, and what has to be known of it to save it and to go on. */
import type { Checkpoint } from '../samples/write-batch.ts';
import type { Detector, DetectorKind } from '../../detector/detector.ts';
import { DETECTOR_KINDS, findDetectorKind } from '../../detector/detector-kinds.ts';
import type { Judgement, Sample } from '../../model.ts';
import type { GuardJudgement } from './guard-judgement.ts';
import { toDetectorParams } from '../metrics/model-params.ts';
import type { MetricEntry } from '../metrics/registry.ts';

/** A metric's model, ready for its next point. */
export interface Model {
  /** Judges a sample and learns from it; what it gives can be stored. @throws RangeError as Detector.update does */
  judge: (sample: Sample) => Judgement;
}

export interface HeldModel extends Model {
  readonly kind: DetectorKind;
  readonly detector: Detector;
  readonly entry: MetricEntry;
  /** Time of the newest sample learned from. */
  lastTimestampMs: number;
  /** `detector.rows` when the checkpoint was made. */
  checkpointedRows: number;
}

export function startModel(entry: MetricEntry, guard: GuardJudgement): HeldModel {
  const kind = DETECTOR_KINDS[0];
  const detector = kind.create(toDetectorParams(entry.modelParams));
  return hold({ kind, detector, entry, checkpointedRows: 0, lastTimestampMs: 0 }, guard);
}

/** Null when the checkpoint is of a detector that is no more, or cannot be read. */
export function resumeModel(
  entry: MetricEntry,
  checkpoint: Checkpoint,
  guard: GuardJudgement,
): HeldModel | null {
  const kind = findDetectorKind(checkpoint.detector);
  const params = toDetectorParams(entry.modelParams);
  const detector = kind?.version === checkpoint.version ? kind.restore(checkpoint.state, params) : null;
  if (kind === null || detector === null) return null;
  const { scoredRows, timestampMs } = checkpoint;
  return hold({ kind, detector, entry, checkpointedRows: scoredRows, lastTimestampMs: timestampMs }, guard);
}

function hold(parts: Omit<HeldModel, 'judge'>, guard: GuardJudgement): HeldModel {
  const model: HeldModel = {
    ...parts,
    judge: ({ timestampMs, value }) => {
      const judgement = model.detector.update(timestampMs, value);
      model.lastTimestampMs = timestampMs;
      return guard(model.entry, judgement, value);
    },
  };
  return model;
}

/** The model could not be brought back from its checkpoint and samples; the message says why. */
export class ModelNotRestoredError extends Error {
  override readonly name = 'ModelNotRestoredError';
}

/** Stands in for a model that could not be restored: the first point that is to be scored shows why. */
export function holdFailure(error: Error): Model {
  const failure = new ModelNotRestoredError(`model could not be restored: ${error.message}`, {
    cause: error,
  });
  return {
    judge: () => {
      throw failure;
    },
  };
}

/** Whether it has learned from so many rows since its checkpoint. */
export function isDirty(model: HeldModel, rows: number): boolean {
  return model.detector.rows - model.checkpointedRows >= rows;
}

export function takeCheckpoint({ kind, detector, entry, lastTimestampMs }: HeldModel): Checkpoint {
  return {
    metricNumber: entry.number,
    detector: kind.name,
    version: kind.version,
    scoredRows: detector.rows,
    timestampMs: lastTimestampMs,
    state: detector.snapshot(),
  };
}
