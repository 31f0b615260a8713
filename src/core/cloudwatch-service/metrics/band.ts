/** The band a series was expected in, from Lapwing's own detector. */
import type { DetectorKind } from '../../../detector/detector.ts';
import { copyDetector, isExcluded } from '../../../detector/excluded-times.ts';
import type { TimeSeries } from '../math/values.ts';
import type { DataQuery } from './data-query.ts';
import { NO_CONFIGURATION, type DetectorConfiguration } from './detector-configuration.ts';
import type { TimeRange } from '../model/time-range.ts';

/** The detector's own band is this many deviations wide on each side. */
const DETECTOR_WIDTH = 2;

export interface Band {
  readonly upper: TimeSeries;
  readonly lower: TimeSeries;
}

/**
 * Runs the detector over the history and the range in time order, so that each point's band is what was expected
 * before the point was seen. Points of the first rows, when nothing is learned yet, have no band. Of excluded times
 * nothing is learned; their points have a band nevertheless.
 * @param history the series with what lies before the range; learned from, not shown
 * @param width in deviations; 2 is the detector's own band, 4 twice as wide
 */
export function findBand(
  history: TimeSeries,
  range: TimeRange,
  width: number,
  kind: DetectorKind,
  { excluded, timeZone }: DetectorConfiguration = NO_CONFIGURATION,
): Band {
  const params = timeZone === null ? {} : { timeZone };
  const detector = kind.create(params);
  const upper = new Map<number, number>();
  const lower = new Map<number, number>();
  for (const [time, value] of history.points) {
    const isLearned = !isExcluded(excluded, time);
    const isShown = time >= range.startMs && detector.rows + 1 >= FEWEST_ROWS;
    if (!isLearned && !isShown) continue;
    const judge = isLearned ? detector : copyDetector(kind, detector, params);
    const { expected, low, high } = judge.update(time, value);
    if (!isShown) continue;
    const top = expected + ((high - expected) * width) / DETECTOR_WIDTH;
    const bottom = expected - ((expected - low) * width) / DETECTOR_WIDTH;
    if (!Number.isFinite(top) || !Number.isFinite(bottom)) continue;
    upper.set(time, top);
    lower.set(time, bottom);
  }
  return {
    upper: { ...history, label: `${history.label} (upper)`, points: upper },
    lower: { ...history, label: `${history.label} (lower)`, points: lower },
  };
}

/** Fewer points say nothing about what to expect. */
const FEWEST_ROWS = 10;

/** AWS trains on at most two weeks. */
const TRAINING_MS = 14 * 86_400_000;

/** A whole number of each query's period: the periods of the longer range must fall on those of the shorter one. */
export function measureTraining(queries: ReadonlyMap<string, DataQuery>): number {
  let stepSeconds = 60;
  for (const { periodSeconds } of queries.values()) {
    if (periodSeconds !== null) stepSeconds = leastCommonMultiple(stepSeconds, periodSeconds);
  }
  return Math.floor(TRAINING_MS / 1000 / stepSeconds) * stepSeconds * 1000;
}

function leastCommonMultiple(a: number, b: number): number {
  let [divisor, rest] = [a, b];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return (a / divisor) * b;
}
