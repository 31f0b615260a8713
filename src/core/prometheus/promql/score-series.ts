/** The series there are: of each metric what it was, what it was expected to be, and how anomalous. */
import type { StoredSample } from '../../samples/stored-sample.ts';
import type { LabelMatcher } from './label-matcher.ts';
import { NAME_LABEL } from './parse-selector.ts';
import type { ReadMetric } from './read-metric-labels.ts';
import { type Labels, sortLabels } from './series-labels.ts';

export interface ScoreSeries {
  readonly name: string;
  readonly help: string;
  /** Whether unscored samples are in it, too. */
  readonly hasUnscored: boolean;
  /** Null where the sample is none of the series. */
  readonly read: (sample: StoredSample) => number | null;
}

export const SCORE_SERIES: readonly ScoreSeries[] = [
  {
    name: 'lapwing_anomaly_score',
    help: 'How anomalous a sample was, 0 to 1: from 0.9999 on yellow, from 0.99999 on red.',
    hasUnscored: false,
    read: ({ score }) => score,
  },
  {
    name: 'lapwing_expected',
    help: 'The value that was expected, in the unit of the metric.',
    hasUnscored: false,
    read: ({ expected }) => expected,
  },
  {
    name: 'lapwing_expected_high',
    help: 'The upper end of the expected range, in the unit of the metric.',
    hasUnscored: false,
    read: ({ high }) => high,
  },
  {
    name: 'lapwing_expected_low',
    help: 'The lower end of the expected range, in the unit of the metric.',
    hasUnscored: false,
    read: ({ low }) => low,
  },
  {
    name: 'lapwing_value',
    help: 'The value of the metric, in its unit; scored or not.',
    hasUnscored: true,
    read: ({ value }) => value,
  },
];

/** One series of one metric. */
export interface ChosenSeries {
  readonly metricNumber: number;
  readonly series: ScoreSeries;
  /** With its name. */
  readonly labels: Labels;
}

/** @returns the series of a metric whose names pass; a metric that is not monitored has its value alone */
export function listSeries(
  { number, isMonitored, labels }: ReadMetric,
  matchers: readonly LabelMatcher[],
): readonly ChosenSeries[] {
  const ofName = matchers.filter(({ label }) => label === NAME_LABEL);
  return SCORE_SERIES.filter(
    ({ name, hasUnscored }) => (isMonitored || hasUnscored) && ofName.every(({ matches }) => matches(name)),
  ).map((series) => ({
    metricNumber: number,
    series,
    labels: sortLabels([[NAME_LABEL, series.name], ...labels]),
  }));
}
