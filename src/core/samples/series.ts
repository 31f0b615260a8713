/** What a chart is made of. */

export interface SeriesRange {
  /** Both ends belong to the range; null for open. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Most samples per metric, at least 2. */
  readonly maxPoints: number;
  /** A sample with at least this score is an anomaly. */
  readonly anomalyScore: number;
}

/** Points as columns of equal length, in time order. */
export interface SeriesColumns {
  readonly timestampsMs: readonly number[];
  readonly values: readonly number[];
  readonly scores: readonly (number | null)[];
  readonly expected: readonly (number | null)[];
  readonly lows: readonly (number | null)[];
  readonly highs: readonly (number | null)[];
}

/** Of a metric without points. */
export const NO_POINTS: SeriesColumns = {
  timestampsMs: [],
  values: [],
  scores: [],
  expected: [],
  lows: [],
  highs: [],
};
