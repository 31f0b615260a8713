/**
 * Times a model learns nothing from. Their rows are judged by what it knew before, with a copy of it, and the next row
 * is judged as if they had never come.
 */
import type { Judgement, ModelParams, TimeSpan } from '../model.ts';
import type { Detector, DetectorKind } from './detector.ts';
import { JUST_BELOW_RED } from './likelihood.ts';

export function isExcluded(times: readonly TimeSpan[] | undefined, timestampMs: number): boolean {
  return times?.some(({ startMs, endMs }) => timestampMs >= startMs && timestampMs < endMs) === true;
}

/** A judgement of an excluded row: provisional, below red, and no part of any incident. */
export function markExcluded(judgement: Judgement): Judgement {
  const score = Math.min(JUST_BELOW_RED, judgement.score);
  return { ...judgement, score, provisional: true, episode: false, phase: 'EXCLUDED' };
}

/** The detector once more, in the state it is in: what the copy learns, the detector does not. Costs as much as 20 rows. */
export function copyDetector(kind: DetectorKind, detector: Detector, params: ModelParams): Detector {
  const copy = kind.restore(detector.snapshot(), params);
  if (copy === null) throw new Error(`the detector ${kind.name} cannot read its own snapshot`);
  return copy;
}

/** In order, apart from each other; what overlaps or touches is one span. */
export function mergeSpans(times: readonly TimeSpan[]): readonly TimeSpan[] {
  const merged: TimeSpan[] = [];
  for (const { startMs, endMs } of times.toSorted((a, b) => a.startMs - b.startMs)) {
    const last = merged.at(-1);
    if (last === undefined || startMs > last.endMs) merged.push({ startMs, endMs });
    else merged[merged.length - 1] = { startMs: last.startMs, endMs: Math.max(last.endMs, endMs) };
  }
  return merged;
}

/** What of the spans lies up to and with a time. @param times as of mergeSpans */
export function clipSpans(times: readonly TimeSpan[], untilMs: number): readonly TimeSpan[] {
  return times
    .filter(({ startMs }) => startMs <= untilMs)
    .map(({ startMs, endMs }) => ({ startMs, endMs: Math.min(endMs, untilMs + 1) }));
}
