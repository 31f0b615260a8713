/** PutMetricData: the whole request is checked before anything of it is queued. */
import type { Addition } from '../store/addition.ts';
import { aggregatePairs, type Aggregate } from '../model/aggregate.ts';
import { combined, invalid, missing } from '../model/cloudwatch-error.ts';
import type { CloudwatchLimits } from '../model/limits.ts';
import {
  checkDimensions,
  checkNamespace,
  checkText,
  DIMENSION_SHAPE,
  hashSeries,
  type SeriesName,
} from '../model/metric-name.ts';
import type { OperationContext } from '../model/operation.ts';
import { double, integer, list, string, structure, timestamp, type Infer } from '../model/shape.ts';
import { findUnitCode } from '../model/units.ts';

const STATISTIC_SET_SHAPE = structure({ SampleCount: double, Sum: double, Minimum: double, Maximum: double });
const DATUM_SHAPE = structure({
  MetricName: string,
  Dimensions: list(DIMENSION_SHAPE),
  Timestamp: timestamp,
  Value: double,
  StatisticValues: STATISTIC_SET_SHAPE,
  Values: list(double),
  Counts: list(double),
  Unit: string,
  StorageResolution: integer,
});
export const PUT_METRIC_DATA_INPUT = structure({
  Namespace: string,
  MetricData: list(DATUM_SHAPE),
  // Known only to be refused: entities are of AWS' console.
  EntityMetricData: list(structure({})),
});

type Datum = Infer<typeof DATUM_SHAPE>;

export interface CheckContext {
  readonly accountId: number;
  readonly nowMs: number;
  readonly limits: CloudwatchLimits;
}

/** ±2^360, AWS' range of a value. */
const LARGEST_VALUE = 2 ** 360;
const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** Answers once the data are on disk. */
export async function putMetricData(
  input: Infer<typeof PUT_METRIC_DATA_INPUT>,
  context: OperationContext,
): Promise<Readonly<Record<string, never>>> {
  const additions = checkPutMetricData(input, { ...context, nowMs: context.now().getTime() });
  await context.intake.put({ accountId: context.accountId, writer: context.accessKeyId, additions });
  return {};
}

/** @throws CloudwatchError at the first thing wrong, naming it: nothing may be stored then */
export function checkPutMetricData(
  input: Infer<typeof PUT_METRIC_DATA_INPUT>,
  context: CheckContext,
): readonly Addition[] {
  const { limits } = context;
  const namespace = checkNamespace(input.Namespace, 'Namespace');
  if (namespace.startsWith('AWS/') && !limits.awsNamespaces) {
    throw invalid('Namespace', namespace, 'Namespaces that begin with AWS/ are reserved.');
  }
  if (input.EntityMetricData !== undefined && input.EntityMetricData.length > 0) {
    throw invalid('EntityMetricData', input.EntityMetricData.length, 'Entities are not supported.');
  }
  const data = input.MetricData;
  if (data === undefined || data.length === 0) throw missing('MetricData');
  if (data.length > limits.dataPerRequest) {
    throw invalid('MetricData', data.length, `There may be at most ${limits.dataPerRequest} data.`);
  }
  return data.map((datum, i) => checkDatum(datum, `MetricData.member.${i + 1}`, namespace, context));
}

function checkDatum(datum: Datum, path: string, namespace: string, context: CheckContext): Addition {
  const { limits, accountId } = context;
  const series: SeriesName = {
    namespace,
    metricName: checkText(datum.MetricName, `${path}.MetricName`),
    dimensions: checkDimensions(datum.Dimensions, `${path}.Dimensions`, limits.dimensionsPerMetric),
  };
  const resolutionMs = checkResolution(datum.StorageResolution, `${path}.StorageResolution`);
  const givenMs = checkTime(datum.Timestamp, `${path}.Timestamp`, context);
  return {
    series,
    hash: hashSeries(accountId, series),
    timestampMs: Math.floor(givenMs / resolutionMs) * resolutionMs,
    unit: checkUnit(datum.Unit, `${path}.Unit`) ?? 0,
    aggregate: checkMeasurement(datum, path, limits),
  };
}

function checkResolution(seconds: number | undefined, path: string): number {
  if (seconds === undefined || seconds === 60) return MINUTE_MS;
  if (seconds === 1) return SECOND_MS;
  throw invalid(path, seconds, 'It must be 1 or 60.');
}

function checkTime(time: Date | undefined, path: string, { nowMs, limits }: CheckContext): number {
  if (time === undefined) return nowMs;
  const ms = time.getTime();
  const ahead = (ms - nowMs) / SECOND_MS;
  if (!(ahead <= limits.futureSeconds && -ahead <= limits.pastSeconds)) {
    throw invalid(
      path,
      time,
      `It must lie within the last ${limits.pastSeconds} and the next ${limits.futureSeconds} seconds.`,
    );
  }
  return ms;
}

/**
 * @returns the stored code; null when no unit is given or it is blank
 * @throws CloudwatchError when it is none of the 27, case included
 */
export function checkUnit(unit: string | undefined, path: string): number | null {
  if (unit === undefined || unit.trim() === '') return null;
  const code = findUnitCode(unit);
  if (code === null) throw invalid(path, unit, 'It is not one of the units of CloudWatch.');
  return code;
}

/** Exactly one of Value, StatisticValues and Values says what was measured. */
function checkMeasurement(datum: Datum, path: string, limits: CloudwatchLimits): Aggregate {
  const set = isEmptySet(datum.StatisticValues) ? undefined : datum.StatisticValues;
  const values = datum.Values?.length === 0 ? undefined : datum.Values;
  const given = [datum.Value, set, values].filter((part) => part !== undefined).length;
  if (given === 0) throw missing(`${path}.Value`);
  if (given > 1) {
    throw combined(
      `The parameters ${path}.Value, ${path}.StatisticValues and ${path}.Values are mutually exclusive.`,
    );
  }
  if (datum.Counts !== undefined && datum.Counts.length > 0 && values === undefined) {
    throw combined(`The parameter ${path}.Counts needs ${path}.Values.`);
  }
  if (datum.Value !== undefined) return aggregatePairs([checkValue(datum.Value, `${path}.Value`), 1]);
  if (set !== undefined) return checkSet(set, `${path}.StatisticValues`);
  return checkValues(values ?? [], datum.Counts, path, limits);
}

/** A set with no field at all counts as absent. */
function isEmptySet(set: Datum['StatisticValues']): boolean {
  return set === undefined || Object.values(set).every((part) => part === undefined);
}

/** @throws CloudwatchError for NaN, the infinities and what is beyond ±2^360 */
export function checkValue(value: number | undefined, path: string): number {
  if (value === undefined) throw missing(path);
  if (!(Math.abs(value) <= LARGEST_VALUE)) {
    throw invalid(path, String(value), 'It must be a finite number between -2^360 and 2^360.');
  }
  return value;
}

function checkCount(value: number | undefined, path: string): number {
  const count = checkValue(value, path);
  if (count <= 0) throw invalid(path, count, 'It must be greater than 0.');
  return count;
}

function checkSet(set: Infer<typeof STATISTIC_SET_SHAPE>, path: string): Aggregate {
  const sampleCount = checkCount(set.SampleCount, `${path}.SampleCount`);
  const sum = checkValue(set.Sum, `${path}.Sum`);
  const minimum = checkValue(set.Minimum, `${path}.Minimum`);
  const maximum = checkValue(set.Maximum, `${path}.Maximum`);
  if (maximum < minimum)
    throw invalid(`${path}.Maximum`, maximum, `It must not be below Minimum, ${minimum}.`);
  return { sum, sampleCount, minimum, maximum, pairs: minimum === maximum ? [minimum, sampleCount] : null };
}

function checkValues(
  values: readonly number[],
  counts: readonly number[] | undefined,
  path: string,
  limits: CloudwatchLimits,
): Aggregate {
  if (values.length > limits.valuesPerDatum) {
    throw invalid(`${path}.Values`, values.length, `There may be at most ${limits.valuesPerDatum} values.`);
  }
  const given = counts === undefined || counts.length === 0 ? null : counts;
  if (given !== null && given.length !== values.length) {
    throw invalid(`${path}.Counts`, given.length, `There must be as many as Values, ${values.length}.`);
  }
  return aggregatePairs(
    values.flatMap((value, i) => [
      checkValue(value, `${path}.Values.member.${i + 1}`),
      given === null ? 1 : checkCount(given[i], `${path}.Counts.member.${i + 1}`),
    ]),
  );
}
