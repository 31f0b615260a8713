/** Why an alarm is in its state, in the words and the JSON of AWS. */
import type { AlarmRule, Comparison } from './check-alarm.ts';
import { isBreaching, type AlarmState, type EvaluatedPoint } from './judge-alarm.ts';
import type { AlarmSpec } from './shapes.ts';

export interface Explained {
  readonly reason: string;
  /** JSON. */
  readonly data: string;
}

const MAX_REASON_LENGTH = 1_023;
const MAX_DATA_LENGTH = 4_000;

const WORDS = {
  GreaterThanThreshold: 'greater than',
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
} as const;

/** @param points of the window and what was looked at before it, oldest first */
export function explainState(
  state: AlarmState,
  points: readonly EvaluatedPoint[],
  rule: AlarmRule,
  spec: AlarmSpec,
  now: Date,
): Explained {
  const known = points.filter(({ value }) => value !== null).slice(-rule.evaluationPeriods);
  const reason =
    state === 'INSUFFICIENT_DATA'
      ? `Insufficient Data: ${count(rule.evaluationPeriods, 'datapoint')} ${was(rule.evaluationPeriods)} unknown.`
      : explainComparison(state, known, rule, spec);
  return { reason: reason.slice(0, MAX_REASON_LENGTH), data: writeData(points, known, rule, spec, now) };
}

function explainComparison(
  state: AlarmState,
  known: readonly EvaluatedPoint[],
  rule: AlarmRule,
  spec: AlarmSpec,
): string {
  const { comparison, evaluationPeriods: wanted, datapointsToAlarm: needed } = rule;
  const isBand = 'bandId' in comparison;
  const head = isBand ? 'Thresholds Crossed' : 'Threshold Crossed';
  const absent = Math.max(0, wanted - known.length);
  const treated = rule.treatMissing === 'breaching' ? 'Breaching' : 'NonBreaching';
  if (known.length === 0) {
    const missing = `${count(wanted, 'missing datapoint')} ${was(wanted)} treated as [${treated}]`;
    return `${head}: no datapoints were received for ${count(wanted, 'period')} and ${missing}.`;
  }
  const deciding = known
    .filter((point) => isBreaching(point, comparison) === (state === 'ALARM'))
    .toReversed();
  const listed = `[${deciding.map(showPoint).join(', ')}]`;
  const negated = state === 'ALARM' ? '' : ' not';
  const verb = `${was(deciding.length)}${negated} ${isBand ? showBand(deciding, comparison, negated) : showThreshold(comparison)}`;
  const isCounted = isBand || spec.DatapointsToAlarm !== undefined;
  const isTreated = absent > 0 && (rule.treatMissing === 'breaching' || rule.treatMissing === 'notBreaching');
  const rest = isTreated
    ? ` and ${count(absent, 'missing datapoint')} ${was(absent)} treated as [${treated}]`
    : '';
  if (!isCounted) return `${head}: ${count(deciding.length, 'datapoint')} ${listed} ${verb}${rest}.`;
  const [least, arrow] = state === 'ALARM' ? [needed, 'OK -> ALARM'] : [wanted - needed + 1, 'ALARM -> OK'];
  return (
    `${head}: ${deciding.length} out of the last ${count(wanted, 'datapoint', true)} ${listed} ${verb}${rest} ` +
    `(minimum ${count(least, 'datapoint')} for ${arrow} transition).`
  );
}

function showThreshold(comparison: Comparison): string {
  if (!('threshold' in comparison)) return '';
  return `${WORDS[comparison.operator]} the threshold (${showDouble(comparison.threshold)})`;
}

function showBand(points: readonly EvaluatedPoint[], { operator }: Comparison, negated: string): string {
  const edges = (read: (point: EvaluatedPoint) => number | undefined) =>
    `[${points.map((point) => showDouble(read(point) ?? 0)).join(', ')}]`;
  const lower = `less than the lower thresholds ${edges((point) => point.lower)}`;
  const upper = `greater than the upper thresholds ${edges((point) => point.upper)}`;
  if (operator === 'LessThanLowerThreshold') return lower;
  return operator === 'GreaterThanUpperThreshold' ? upper : `${lower} or${negated} ${upper}`;
}

/** @param isPlural whether the word is plural whatever the number, as AWS writes "the last 1 datapoints" */
function count(number: number, word: string, isPlural = number !== 1): string {
  return `${number} ${word}${isPlural ? 's' : ''}`;
}

function was(number: number): string {
  return number === 1 ? 'was' : 'were';
}

/** 21.5 (26/10/23 16:42:00) */
function showPoint({ value, timeMs }: EvaluatedPoint): string {
  const [, year = '', month = '', day = '', time = ''] =
    /^\d\d(\d\d)-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(new Date(timeMs).toISOString()) ?? [];
  return `${showDouble(value ?? 0)} (${day}/${month}/${year} ${time})`;
}

/** As Java writes it, as AWS does: 2.0, 8.60604416E8, 5.0E-4. */
function showDouble(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return withFraction(String(value));
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${withFraction(digits)}E${Number(exponent)}`;
}

function withFraction(digits: string): string {
  return digits.includes('.') ? digits : `${digits}.0`;
}

/** 2023-10-26T16:42:00.000+0000, as in state data and notifications. */
export function showTime(time: Date): string {
  return time.toISOString().replace('Z', '+0000');
}

function writeData(
  points: readonly EvaluatedPoint[],
  known: readonly EvaluatedPoint[],
  rule: AlarmRule,
  spec: AlarmSpec,
  now: Date,
): string {
  const [first] = known;
  const evaluated = points.slice(-rule.evaluationPeriods).toReversed();
  const data = {
    version: '1.0',
    queryDate: showTime(now),
    ...(first !== undefined && { startDate: showTime(new Date(first.timeMs)) }),
    ...(spec.Unit !== undefined && { unit: spec.Unit }),
    ...(rule.series !== null && { statistic: spec.Statistic ?? spec.ExtendedStatistic }),
    period: rule.periodSeconds,
    ...showRecent(known, rule.comparison),
    evaluatedDatapoints: evaluated.map(({ timeMs, value, sampleCount }) => ({
      timestamp: showTime(new Date(timeMs)),
      ...(sampleCount !== undefined && { sampleCount }),
      ...(value !== null && { value }),
    })),
  };
  const text = JSON.stringify(data);
  if (text.length <= MAX_DATA_LENGTH) return text;
  return JSON.stringify({
    ...data,
    ...showRecent(known.slice(-MAX_SHOWN), rule.comparison),
    evaluatedDatapoints: [],
  });
}

/** Of a window too long for its data to be shown whole. */
const MAX_SHOWN = 10;

function showRecent(known: readonly EvaluatedPoint[], comparison: Comparison): object {
  return {
    recentDatapoints: known.map(({ value }) => value),
    ...('threshold' in comparison
      ? { threshold: comparison.threshold }
      : {
          recentLowerThresholds: known.map(({ lower }) => lower),
          recentUpperThresholds: known.map(({ upper }) => upper),
        }),
  };
}
