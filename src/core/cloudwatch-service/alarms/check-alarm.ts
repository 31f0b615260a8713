/** The checks of PutMetricAlarm, and what an alarm looks at and compares with. */
import { checkDataQueries, type DataQuery, type QueryRules } from '../metrics/data-query.ts';
import { CloudwatchError, combined, invalid, missing } from '../model/cloudwatch-error.ts';
import { checkSeriesName, type SeriesName } from '../model/metric-name.ts';
import { checkValue } from '../metrics/measurement.ts';
import { checkUnit } from '../metrics/put-metric-data.ts';
import type { Infer } from '../model/shape.ts';
import { parseExtendedStatistic, parsePlainStatistic, type Statistic } from '../model/statistic.ts';
import { checkPeriod } from '../model/time-range.ts';
import { checkActions } from './action-arn.ts';
import type { ALARM_SPEC_SHAPE, AlarmSpec, PUT_METRIC_ALARM_INPUT } from './shapes.ts';

const STATIC_OPERATORS = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
] as const;
const BAND_OPERATORS = [
  'LessThanLowerOrGreaterThanUpperThreshold',
  'LessThanLowerThreshold',
  'GreaterThanUpperThreshold',
] as const;
const MISSING_TREATMENTS = ['missing', 'breaching', 'notBreaching', 'ignore'] as const;
export type MissingTreatment = (typeof MISSING_TREATMENTS)[number];

/** An alarm, ready to be evaluated. */
export interface AlarmRule {
  readonly queries: ReadonlyMap<string, DataQuery>;
  /** The query whose value is compared. */
  readonly evaluated: string;
  readonly comparison: Comparison;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissing: MissingTreatment;
  /** A point of fewer samples says too little: the alarm keeps its state. */
  readonly minSamples: number;
  /** The one series looked at; null for an alarm on expressions. */
  readonly series: SeriesName | null;
}
export type Comparison =
  | { readonly operator: (typeof STATIC_OPERATORS)[number]; readonly threshold: number }
  | { readonly operator: (typeof BAND_OPERATORS)[number]; readonly bandId: string };

const SHORT_ALARM_PERIODS = [10, 20, 30];
const DAY_SECONDS = 86_400;
const WEEK_SECONDS = 604_800;
const HOUR_SECONDS = 3_600;

type Input = Infer<typeof PUT_METRIC_ALARM_INPUT>;

/**
 * What the bounds of the request's shape leave open.
 * @throws CloudwatchError naming the first thing that is wrong
 */
export function checkAlarm(input: Input, rules: QueryRules): AlarmRule {
  checkActions(input.OKActions);
  checkActions(input.AlarmActions);
  checkActions(input.InsufficientDataActions);
  checkLowSamples(input.EvaluateLowSampleCountPercentile);
  return readRule(input, rules);
}

/** As checkAlarm, of what is stored: its names and actions were checked when it was put. */
export function readRule(spec: Infer<typeof ALARM_SPEC_SHAPE>, rules: QueryRules): AlarmRule {
  const evaluationPeriods = checkPositive(spec.EvaluationPeriods, 'EvaluationPeriods');
  const datapointsToAlarm = checkPositive(spec.DatapointsToAlarm ?? evaluationPeriods, 'DatapointsToAlarm');
  if (datapointsToAlarm > evaluationPeriods) {
    throw refuse('DatapointsToAlarm must be less than or equal to EvaluationPeriods');
  }
  const looked = spec.Metrics === undefined ? lookAtMetric(spec, rules) : lookAtQueries(spec, rules);
  const seconds = looked.periodSeconds * evaluationPeriods;
  if (seconds > (looked.periodSeconds >= HOUR_SECONDS ? WEEK_SECONDS : DAY_SECONDS)) {
    throw refuse(
      'Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).',
    );
  }
  const comparison = checkComparison(spec, looked.queries);
  const treatMissing = checkTreatment(spec.TreatMissingData);
  const evaluated = findEvaluated(looked.queries, comparison);
  const minSamples = countMinSamples(spec, looked.queries.get(evaluated));
  return { ...looked, evaluated, comparison, evaluationPeriods, datapointsToAlarm, treatMissing, minSamples };
}

type Looked = Pick<AlarmRule, 'queries' | 'periodSeconds' | 'series'>;

function lookAtMetric(spec: AlarmSpec, rules: QueryRules): Looked {
  if (spec.MetricName === undefined) throw refuse('MetricName must not be null');
  if (spec.Namespace === undefined) throw refuse('Namespace must not be null');
  const series = checkSeriesName(spec, '', rules.limits.dimensionsPerMetric);
  const periodSeconds = checkAlarmPeriod(spec.Period);
  const query: DataQuery = {
    id: 'm1',
    kind: 'stat',
    label: null,
    returned: true,
    series,
    periodSeconds,
    stat: spec.Statistic ?? spec.ExtendedStatistic ?? '',
    statistic: checkStatistic(spec),
    unit: checkUnit(spec.Unit, 'Unit'),
  };
  return { queries: new Map([[query.id, query]]), periodSeconds, series };
}

function checkAlarmPeriod(period: number | undefined): number {
  if (period === undefined) throw refuse('Period must not be null');
  if (SHORT_ALARM_PERIODS.includes(period) || period % 60 === 0) return checkPeriod(period, 'Period');
  throw refuse('Period must be 10, 20, 30 or a multiple of 60');
}

function refuse(message: string, cause?: unknown): CloudwatchError {
  return new CloudwatchError('ValidationError', message, { cause });
}

function checkStatistic(spec: AlarmSpec): Statistic {
  if (spec.Statistic !== undefined && spec.ExtendedStatistic !== undefined) {
    throw combined('The parameters Statistic and ExtendedStatistic are mutually exclusive.');
  }
  if (spec.ExtendedStatistic !== undefined)
    return parseExtendedStatistic(spec.ExtendedStatistic, 'ExtendedStatistic');
  if (spec.Statistic === undefined) throw missing('Statistic');
  return { kind: parsePlainStatistic(spec.Statistic, 'Statistic') };
}

const METRIC_MEMBERS = [
  'MetricName',
  'Namespace',
  'Statistic',
  'ExtendedStatistic',
  'Period',
  'Unit',
] as const;

function lookAtQueries(spec: AlarmSpec, rules: QueryRules): Looked {
  const both = METRIC_MEMBERS.find((name) => spec[name] !== undefined);
  if (both !== undefined) throw refuse(`${both} should not be set if list of Metrics is set.`);
  const queries = checkMetrics(spec, rules);
  const periods = [...queries.values()].flatMap(({ periodSeconds }) => periodSeconds ?? []);
  return { queries, periodSeconds: Math.max(1, ...(periods.length === 0 ? [60] : periods)), series: null };
}

function checkMetrics(spec: AlarmSpec, rules: QueryRules): ReadonlyMap<string, DataQuery> {
  try {
    return checkDataQueries(spec.Metrics, 'Metrics', rules);
  } catch (error) {
    throw error instanceof CloudwatchError ? refuse('Invalid metrics list', error) : error;
  }
}

function checkComparison(spec: AlarmSpec, queries: ReadonlyMap<string, DataQuery>): Comparison {
  if (spec.ComparisonOperator === undefined) throw missing('ComparisonOperator');
  const fixed = STATIC_OPERATORS.find((name) => name === spec.ComparisonOperator);
  if (fixed !== undefined) {
    if (spec.ThresholdMetricId !== undefined) {
      throw combined(`The operator ${fixed} takes Threshold, not ThresholdMetricId.`);
    }
    return { operator: fixed, threshold: checkValue(spec.Threshold, 'Threshold') };
  }
  const operator = BAND_OPERATORS.find((name) => name === spec.ComparisonOperator);
  if (operator === undefined) {
    const known = [...STATIC_OPERATORS, ...BAND_OPERATORS].join(', ');
    throw invalid('ComparisonOperator', spec.ComparisonOperator, `It must be one of ${known}.`);
  }
  if (spec.Threshold !== undefined)
    throw combined(`The operator ${operator} takes ThresholdMetricId, not Threshold.`);
  if (spec.ThresholdMetricId === undefined) throw missing('ThresholdMetricId');
  const band = queries.get(spec.ThresholdMetricId);
  const isBand = band?.kind === 'expression' && band.expression.kind === 'call';
  if (!isBand || band.expression.name !== 'ANOMALY_DETECTION_BAND') {
    throw invalid(
      'ThresholdMetricId',
      spec.ThresholdMetricId,
      'No query with this Id is an ANOMALY_DETECTION_BAND.',
    );
  }
  return { operator, bandId: band.id };
}

/** Of the queries returned, the one that is not the band. */
function findEvaluated(queries: ReadonlyMap<string, DataQuery>, comparison: Comparison): string {
  const bandId = 'bandId' in comparison ? comparison.bandId : null;
  const [evaluated, ...more] = [...queries.values()].filter(({ id, returned }) => returned && id !== bandId);
  if (evaluated === undefined || more.length > 0) {
    throw refuse('Exactly one element of the metrics list should return data.');
  }
  return evaluated.id;
}

function checkTreatment(given: string | undefined): MissingTreatment {
  const found = MISSING_TREATMENTS.find((name) => name === (given ?? 'missing'));
  if (found !== undefined) return found;
  throw invalid('TreatMissingData', given, `It must be one of ${MISSING_TREATMENTS.join(', ')}.`);
}

function checkLowSamples(given: string | undefined): void {
  if (given === undefined || given === 'evaluate' || given === 'ignore') return;
  throw invalid('EvaluateLowSampleCountPercentile', given, 'It must be evaluate or ignore.');
}

/**
 * AWS' bound of what a percentile says of few samples: 10 / (1 - p), below the median 10 / p; of p99 it is 1,000.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
 */
function countMinSamples(spec: AlarmSpec, query: DataQuery | undefined): number {
  if (spec.EvaluateLowSampleCountPercentile !== 'ignore' || query?.kind !== 'stat') return 0;
  if (query.statistic.kind !== 'percentile') return 0;
  const { percent } = query.statistic;
  const tail = Math.min(percent, 100 - percent);
  // Twelve digits: 100 - 99.9 is not quite 0.1.
  return tail === 0 ? 0 : Number((1_000 / tail).toPrecision(12));
}

function checkPositive(value: number | undefined, path: string): number {
  if (value === undefined) throw missing(path);
  if (value < 1) throw invalid(path, value, 'It must be at least 1.');
  return value;
}
