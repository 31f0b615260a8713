/** Scores a history as a new metric would have been, without touching anything: to try a model or a policy. */
import type { Contribution } from '../../detector/detector.ts';
import { DETECTOR_KINDS } from '../../detector/detector-kinds.ts';
import { copyDetector, isExcluded, markExcluded } from '../../detector/excluded-times.ts';
import { RED_SCORE } from '../../detector/likelihood.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Judgement, ModelParams, Sample } from '../../model.ts';
import { checkModelParams } from '../metrics/model-params.ts';
import type { AlertPolicy } from '../metrics/alert-policy.ts';
import { mendJudgement } from './guard-judgement.ts';
import { type AlertPoint, raiseSensitivity } from '../annotations/alert-threshold.ts';

export interface WhatIfSample extends Sample, Judgement {
  /** Whether it opens a red incident that policy and labels let through. */
  readonly alarms: boolean;
  /** Which views of the series carry the score, largest first. */
  readonly why: readonly Contribution[];
}

export interface WhatIf {
  /** Samples in time order, by parts of any size. */
  readonly parts: AsyncIterable<readonly Sample[]> | Iterable<readonly Sample[]>;
  readonly model: ModelParams;
  readonly policy: AlertPolicy;
  /** By how many orders of magnitude labels raise the threshold for a point; 0 when left out. */
  readonly adjustThreshold?: (point: AlertPoint) => number;
  /** Where samples and model stand in the input, for messages. */
  readonly path: readonly string[];
}

/**
 * One part of results per part of samples. Between parts other work gets the event loop.
 * @throws InvalidInputError for a model that makes no sense, a value that is not finite, times that do not rise
 */
export async function* scoreHistory({
  parts,
  model,
  policy,
  adjustThreshold = () => 0,
  path,
}: WhatIf): AsyncGenerator<readonly WhatIfSample[]> {
  const [kind] = DETECTOR_KINDS;
  const params = checkModelParams(model, [...path, 'model']);
  const detector = kind.create(params);
  const judge = ({ timestampMs, value }: Sample): Pick<WhatIfSample, 'why' | keyof Judgement> => {
    const excluded = isExcluded(params.excludedTimes, timestampMs);
    const judging = excluded ? copyDetector(kind, detector, params) : detector;
    const judgement = mendJudgement(judging.update(timestampMs, value), value);
    return { ...(excluded ? markExcluded(judgement) : judgement), why: judging.explain() };
  };
  let index = 0;
  for await (const samples of parts) {
    const results: WhatIfSample[] = [];
    for (const sample of samples) {
      const { timestampMs, value } = sample;
      try {
        const judgement = judge(sample);
        const adjustment = adjustThreshold({ timestampMs, deviation: value - judgement.expected });
        const alarms = isAlarming(judgement, value, policy, adjustment);
        results.push({ timestampMs, value, ...judgement, alarms });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new InvalidInputError(`points.${index}: ${error.message}`, [...path, 'points', String(index)]);
      }
      index += 1;
    }
    yield results;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * Whether a point opens an incident somebody is to be notified of: red, past learning, one that matters by the policy, and
 * as rare as labels ask for.
 * @param adjustment as of Labels.thresholdAdjustmentOf
 */
export function isAlarming(
  judgement: Pick<Judgement, 'episode' | 'provisional' | 'score' | 'expected'>,
  value: number,
  policy: AlertPolicy,
  adjustment: number,
): boolean {
  const { episode, provisional, score } = judgement;
  if (!episode || provisional || score < raiseSensitivity(RED_SCORE, adjustment)) return false;
  return matters(judgement, value, policy);
}

/** Whether a deviation is one a policy asks to be notified of. */
export function matters(
  { expected }: Pick<Judgement, 'expected'>,
  value: number,
  policy: AlertPolicy,
): boolean {
  const deviation = value - expected;
  if (policy.direction === 'ABOVE' && deviation < 0) return false;
  if (policy.direction === 'BELOW' && deviation > 0) return false;
  const size = Math.abs(deviation);
  return size >= policy.minDeviation && size >= policy.minDeviationRatio * Math.abs(expected);
}
