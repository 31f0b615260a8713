/** What a datum says was measured: a value, counted values, a summary, or counted values with their summary. */
import { aggregatePairs, type Aggregate } from '../model/aggregate.ts';
import { CloudwatchError, combined, invalid, missing, tooMany } from '../model/cloudwatch-error.ts';
import type { CloudwatchLimits } from '../model/limits.ts';
import { double, list, structure, type Infer } from '../model/shape.ts';

const STATISTIC_SET_SHAPE = structure({ SampleCount: double, Sum: double, Minimum: double, Maximum: double });
export const MEASUREMENT_MEMBERS = {
  Value: double,
  StatisticValues: STATISTIC_SET_SHAPE,
  Values: list(double),
  Counts: list(double),
} as const;
type Measurement = Infer<{ readonly kind: 'structure'; readonly members: typeof MEASUREMENT_MEMBERS }>;

/** ±2^360, AWS' range of a value. */
const LARGEST_VALUE = 2 ** 360;

/**
 * A Value excludes the others. Values with StatisticValues are a distribution as the CloudWatch agent sends it: the
 * summary is exact, the values say how it is spread.
 * @throws CloudwatchError naming what is missing, excluded or out of range
 */
export function checkMeasurement(datum: Measurement, path: string, limits: CloudwatchLimits): Aggregate {
  const set = isEmptySet(datum.StatisticValues) ? undefined : datum.StatisticValues;
  const values = datum.Values?.length === 0 ? undefined : datum.Values;
  if (datum.Value !== undefined) {
    refuseBoth(path, 'StatisticValues', set);
    refuseBoth(path, 'Values', values);
  }
  if (datum.Counts !== undefined && datum.Counts.length > 0 && values === undefined) {
    throw combined(`The parameter ${path}.Counts needs ${path}.Values.`);
  }
  if (datum.Value !== undefined) return aggregatePairs([checkValue(datum.Value, `${path}.Value`), 1]);
  if (values === undefined) {
    if (set !== undefined) return checkSet(set, `${path}.StatisticValues`);
    throw combined(
      `At least one of the parameters ${path}.Value, ${path}.StatisticValues, ${path}.Values must be specified.`,
    );
  }
  const spread = checkValues(values, datum.Counts, path, limits);
  if (set === undefined) return spread;
  const summary = checkSet(set, `${path}.StatisticValues`);
  return summary.minimum === summary.maximum ? summary : { ...summary, pairs: spread.pairs };
}

function refuseBoth(path: string, name: string, other: unknown): void {
  if (other === undefined) return;
  throw combined(
    `The parameters ${path}.Value and ${path}.${name} are mutually exclusive and you have specified both.`,
  );
}

/** A set with no field at all counts as absent. */
function isEmptySet(set: Measurement['StatisticValues']): boolean {
  return set === undefined || Object.values(set).every((part) => part === undefined);
}

/** @throws CloudwatchError for NaN, the infinities and what is beyond ±2^360 */
export function checkValue(value: number | undefined, path: string): number {
  if (value === undefined) throw missing(path);
  if (!(Math.abs(value) <= LARGEST_VALUE)) throw invalid(path, value);
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
  if (values.length > limits.valuesPerDatum) throw tooMany(`${path}.Values`, limits.valuesPerDatum);
  const given = counts === undefined || counts.length === 0 ? null : counts;
  if (given !== null && given.length !== values.length) {
    throw new CloudwatchError(
      'InvalidParameterValue',
      `The parameters ${path}.Values and ${path}.Counts must be of the same size.`,
    );
  }
  return aggregatePairs(
    values.flatMap((value, i) => [
      checkValue(value, `${path}.Values.member.${i + 1}`),
      given === null ? 1 : checkCount(given[i], `${path}.Counts.member.${i + 1}`),
    ]),
  );
}
