/** PutMetricData: the whole request is checked before anything of it is queued. */
import type { Addition } from '../store/addition.ts';
import { OWN_PREFIX } from '../store/own-series.ts';
import { CloudwatchError, invalid, joinErrors, missing, mustBe, tooMany } from '../model/cloudwatch-error.ts';
import type { CloudwatchLimits } from '../model/limits.ts';
import {
  checkName,
  checkDimensions,
  checkDimensionValue,
  checkText,
  DIMENSION_SHAPE,
  hashSeries,
  type SeriesName,
} from '../model/metric-name.ts';
import type { OperationContext } from '../model/operation.ts';
import { integer, list, string, structure, timestamp, type Infer } from '../model/shape.ts';
import { checkMeasurement, MEASUREMENT_MEMBERS } from './measurement.ts';
import { findUnitCode, UNITS } from '../model/units.ts';

const DATUM_SHAPE = structure({
  MetricName: string,
  Dimensions: list(DIMENSION_SHAPE),
  Timestamp: timestamp,
  ...MEASUREMENT_MEMBERS,
  Unit: string,
  StorageResolution: integer,
});
export const PUT_METRIC_DATA_INPUT = structure({
  Namespace: string,
  MetricData: list(DATUM_SHAPE),
  // The entity of each part is left unread: it belongs to AWS' console, and must never cost the data it comes with.
  EntityMetricData: list(structure({ MetricData: list(DATUM_SHAPE) })),
});

type Input = Infer<typeof PUT_METRIC_DATA_INPUT>;
type Datum = Infer<typeof DATUM_SHAPE>;

export interface CheckContext {
  readonly accountId: number;
  readonly nowMs: number;
  readonly limits: CloudwatchLimits;
}

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** Answers once the data are on disk. */
export async function putMetricData(
  input: Input,
  context: OperationContext,
): Promise<Readonly<Record<string, never>>> {
  const additions = checkPutMetricData(input, { ...context, nowMs: context.now().getTime() });
  await context.intake.put({ accountId: context.accountId, writer: context.accessKeyId, additions });
  return {};
}

interface PlacedDatum {
  readonly datum: Datum;
  readonly path: string;
}

/** @throws CloudwatchError naming everything that is wrong, a line each: nothing may be stored then */
export function checkPutMetricData(input: Input, context: CheckContext): readonly Addition[] {
  const { limits } = context;
  const problems: CloudwatchError[] = [];
  const namespace = attempt(problems, () => checkWritable(input.Namespace, limits)) ?? '';
  const data = [
    ...placeData(input.MetricData, 'MetricData'),
    ...(input.EntityMetricData ?? []).flatMap(({ MetricData }, i) =>
      placeData(MetricData, `EntityMetricData.member.${i + 1}.MetricData`),
    ),
  ];
  if (data.length === 0) problems.push(missing('MetricData'));
  if (data.length > limits.dataPerRequest) throw tooMany('MetricData', limits.dataPerRequest);
  const additions: Addition[] = [];
  for (const { datum, path } of data) {
    try {
      additions.push(checkDatum(datum, path, namespace, context));
    } catch (error) {
      if (!(error instanceof CloudwatchError)) throw error;
      problems.push(...listProblems(datum, path, context));
    }
  }
  const [first, ...others] = problems;
  if (first !== undefined) throw joinErrors([first, ...others]);
  return additions;
}

function placeData(data: readonly Datum[] | undefined, path: string): readonly PlacedDatum[] {
  return (data ?? []).map((datum, i) => ({ datum, path: `${path}.member.${i + 1}` }));
}

function checkWritable(given: string | undefined, limits: CloudwatchLimits): string {
  const namespace = checkName(given, 'Namespace');
  if (namespace.startsWith('AWS/') && !limits.awsNamespaces) {
    throw invalid('Namespace', namespace, 'Namespaces that begin with AWS/ are reserved.');
  }
  if (namespace.startsWith(OWN_PREFIX)) {
    throw invalid('Namespace', namespace, `Namespaces that begin with ${OWN_PREFIX} are of this server.`);
  }
  return namespace;
}

/** @returns undefined where the work is refused; the refusal is added to the problems then */
function attempt<T>(problems: CloudwatchError[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CloudwatchError)) throw error;
    problems.push(error);
    return undefined;
  }
}

/** Each part of a datum by itself, so that all of its mistakes are named at once. */
function listProblems(datum: Datum, path: string, context: CheckContext): readonly CloudwatchError[] {
  const problems: CloudwatchError[] = [];
  const { limits } = context;
  attempt(problems, () => checkText(datum.MetricName, `${path}.MetricName`));
  const dimensions = datum.Dimensions ?? [];
  const before = problems.length;
  for (const [i, { Name, Value }] of dimensions.slice(0, limits.dimensionsPerMetric).entries()) {
    attempt(problems, () => checkName(Name, `${path}.Dimensions.member.${i + 1}.Name`));
    attempt(problems, () => checkDimensionValue(Value, `${path}.Dimensions.member.${i + 1}.Value`));
  }
  if (problems.length === before) {
    attempt(problems, () => checkDimensions(dimensions, `${path}.Dimensions`, limits.dimensionsPerMetric));
  }
  attempt(problems, () => checkResolution(datum.StorageResolution, `${path}.StorageResolution`));
  attempt(problems, () => checkTime(datum.Timestamp, `${path}.Timestamp`, context));
  attempt(problems, () => checkUnit(datum.Unit, `${path}.Unit`));
  attempt(problems, () => checkMeasurement(datum, path, limits));
  return problems;
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
  throw mustBe(path, 'be a value in the set [ 1, 60 ]');
}

function checkTime(time: Date | undefined, path: string, { nowMs, limits }: CheckContext): number {
  if (time === undefined) return nowMs;
  const ms = time.getTime();
  const ahead = (ms - nowMs) / SECOND_MS;
  if (Number.isNaN(ahead)) throw invalid(path, time);
  if (ahead > limits.futureSeconds) {
    throw mustBe(path, 'specify a time no more than two hours in the future');
  }
  if (-ahead > limits.pastSeconds) throw mustBe(path, 'specify a time within the past two weeks');
  return ms;
}

/** In the order of AWS' message: the unit that stands for none comes last. */
const UNIT_SET = [...UNITS.slice(1), UNITS[0]].join(', ');

/**
 * @returns the stored code; null when no unit is given or it is blank
 * @throws CloudwatchError when it is none of the 27, case included
 */
export function checkUnit(unit: string | undefined, path: string): number | null {
  if (unit === undefined || unit.trim() === '') return null;
  const code = findUnitCode(unit);
  if (code === null) throw mustBe(path, `be a value in the set [ ${UNIT_SET} ]`);
  return code;
}
