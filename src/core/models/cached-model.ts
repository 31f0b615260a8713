/** One model in memory: a detector, and what has to be known of it to save it and to go on. */
import type { Checkpoint } from '../samples/write-batch.ts';
import type { Detector, DetectorKind } from '../../detector/detector.ts';
import { DETECTOR_KINDS, findDetectorKind } from '../../detector/detector-kinds.ts';
import { copyDetector, isExcluded, markExcluded } from '../../detector/excluded-times.ts';
import type { Judgement, Sample } from '../../model.ts';
import type { GuardJudgement } from './guard-judgement.ts';
import { toDetectorParams } from '../metrics/model-params.ts';
import type { MetricEntry } from '../metrics/registry.ts';

/** A metric's model, ready for its next point. */
export interface Model {
  /** Judges a sample and learns from it; what it gives can be stored. @throws RangeError as Detector.update does */
  judge(sample: Sample): Judgement;
}

interface Beginning {
  readonly kind: DetectorKind;
  readonly detector: Detector;
  readonly guard: GuardJudgement;
  /** Null for a model that has seen nothing. */
  readonly checkpoint: Checkpoint | null;
}

export class HeldModel implements Model {
  readonly entry: MetricEntry;
  /** `rows` when the checkpoint was made. */
  checkpointedRows: number;
  readonly #kind: DetectorKind;
  readonly #detector: Detector;
  readonly #guard: GuardJudgement;
  /** Time of the newest sample seen. */
  #lastTimestampMs: number;
  /** Samples of excluded times: scored, and not learned from. */
  #excludedRows: number;

  constructor(entry: MetricEntry, { kind, detector, guard, checkpoint }: Beginning) {
    this.entry = entry;
    this.checkpointedRows = checkpoint?.scoredRows ?? 0;
    this.#kind = kind;
    this.#detector = detector;
    this.#guard = guard;
    this.#lastTimestampMs = checkpoint?.timestampMs ?? 0;
    this.#excludedRows = this.checkpointedRows - (checkpoint === null ? 0 : detector.rows);
  }

  /** Samples scored so far. */
  get rows(): number {
    return this.#detector.rows + this.#excludedRows;
  }

  judge(sample: Sample): Judgement {
    return this.replay(sample, isExcluded(this.entry.modelParams.excludedTimes, sample.timestampMs));
  }

  /** As `judge`, of a sample that was scored before. @param excluded whether it was of an excluded time then */
  replay({ timestampMs, value }: Sample, excluded: boolean): Judgement {
    const judgement = excluded
      ? this.#judgeOnly(timestampMs, value)
      : this.#detector.update(timestampMs, value);
    this.#lastTimestampMs = timestampMs;
    return this.#guard(this.entry, judgement, value);
  }

  #judgeOnly(timestampMs: number, value: number): Judgement {
    const copy = copyDetector(this.#kind, this.#detector, toDetectorParams(this.entry.modelParams));
    const judgement = markExcluded(copy.update(timestampMs, value));
    this.#excludedRows += 1;
    return judgement;
  }

  checkpoint(): Checkpoint {
    return {
      metricNumber: this.entry.number,
      detector: this.#kind.name,
      version: this.#kind.version,
      scoredRows: this.rows,
      timestampMs: this.#lastTimestampMs,
      state: this.#detector.snapshot(),
    };
  }
}

export function startModel(entry: MetricEntry, guard: GuardJudgement): HeldModel {
  const kind = DETECTOR_KINDS[0];
  const detector = kind.create(toDetectorParams(entry.modelParams));
  return new HeldModel(entry, { kind, detector, guard, checkpoint: null });
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
  return new HeldModel(entry, { kind, detector, guard, checkpoint });
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

/** Whether it has seen so many rows since its checkpoint. */
export function isDirty(model: HeldModel, rows: number): boolean {
  return model.rows - model.checkpointedRows >= rows;
}
