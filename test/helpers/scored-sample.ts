import type { ScoredSample } from '../../src/core/samples/stored-sample.ts';

/** A sample of metric 1 for where only its place in the log matters. */
export function makeScoredSample(seq: number): ScoredSample {
  return {
    metricNumber: 1,
    rowId: seq,
    timestampMs: seq * 1000,
    value: seq,
    seq,
    score: 0.5,
    expected: 0,
    low: 0,
    high: 0,
    rawScore: 0.5,
    view: null,
    provisional: false,
    episode: false,
    phase: null,
  };
}
