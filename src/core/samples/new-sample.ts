/** Samples to be written. */
import type { Judgement, Sample } from '../../model.ts';
import { roundInPlace } from './round-judgement.ts';
import type { ScoredSample } from './stored-sample.ts';

/** One that is stored without a score. */
export interface UnscoredSample extends Sample {
  readonly metricNumber: number;
  readonly rowId: number;
}

/** One with its score: what is published once it is stored. Its place in the log is 0 until the transaction gave it. */
export interface NewScore extends ScoredSample {
  seq: number;
}

/** Written out, with the fields in the order of those read back: this is done for every point. */
export function scoreSample(
  { metricNumber, rowId, timestampMs, value }: UnscoredSample,
  judgement: Judgement,
): NewScore {
  const scored = {
    metricNumber,
    rowId,
    timestampMs,
    value,
    seq: 0,
    score: judgement.score,
    expected: judgement.expected,
    low: judgement.low,
    high: judgement.high,
    rawScore: judgement.rawScore,
    view: judgement.view,
    provisional: judgement.provisional,
    episode: judgement.episode,
    phase: judgement.phase,
  };
  // Who sees it live must see what is stored.
  roundInPlace(scored);
  return scored;
}
