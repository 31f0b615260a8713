/**
 * An ExportMetricsServiceRequest in OTLP's JSON: its data points in their order.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: names in lowerCamelCase, integers of 64 bits as text or
 * as numbers, NaN and infinity as text; names nobody knows are passed over. Pure.
 */
import {
  type Attributes,
  type BadPoint,
  type DataPoint,
  type GoodPoint,
  type MetricHead,
  nameSeries,
  readNanoseconds,
  TEMPORALITIES,
} from './name-series.ts';
import { AttributeError, type AttributeValue, checkDepth, toMap, writeValue } from './parse-attributes.ts';

type Fields = Readonly<Record<string, unknown>>;

const DATA_NAMES = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;
/** Of the points of each: fields that are left out where they are 0. The sum of a histogram may be missing. */
const ZEROS: Readonly<Record<(typeof DATA_NAMES)[number], Fields>> = {
  gauge: {},
  sum: {},
  histogram: { count: 0 },
  exponentialHistogram: { count: 0 },
  summary: { count: 0, sum: 0 },
};
const NO_RECORDED_VALUE = 1;
const WHOLE = /^-?\d{1,20}$/;

/** A field is not what it is to be. */
class FieldError extends Error {
  override readonly name = 'FieldError';
}

/** Every JSON value gives something: what is wrong with it is a bad point in its place. */
export function* readOtlpJson(request: unknown): Generator<GoodPoint | BadPoint> {
  try {
    for (const resourceMetrics of listOf(toFields(request, 'request'), 'resourceMetrics')) {
      yield* readResourceMetrics(resourceMetrics);
    }
  } catch (error) {
    yield explain(error, '');
  }
}

function* readResourceMetrics(resourceMetrics: unknown): Generator<GoodPoint | BadPoint> {
  try {
    const fields = toFields(resourceMetrics, 'resourceMetrics');
    const resource = readResource(fields.resource);
    for (const scopeMetrics of listOf(fields, 'scopeMetrics'))
      yield* readScopeMetrics(scopeMetrics, resource);
  } catch (error) {
    yield explain(error, '');
  }
}

function* readScopeMetrics(scopeMetrics: unknown, resource: Attributes): Generator<GoodPoint | BadPoint> {
  try {
    const fields = toFields(scopeMetrics, 'scopeMetrics');
    const scope = fields.scope == null ? '' : textOf(toFields(fields.scope, 'scope'), 'name');
    for (const metric of listOf(fields, 'metrics')) yield* readMetric(metric, { resource, scope });
  } catch (error) {
    yield explain(error, '');
  }
}

function* readMetric(
  metric: unknown,
  context: Pick<MetricHead, 'resource' | 'scope'>,
): Generator<GoodPoint | BadPoint> {
  let name = '';
  try {
    const fields = toFields(metric, 'metrics');
    name = textOf(fields, 'name');
    const unit = textOf(fields, 'unit');
    const dataName = DATA_NAMES.find((known) => fields[known] != null);
    if (dataName === undefined) {
      yield { problem: 'no_data', reason: `${show(name)}: expected one of ${DATA_NAMES.join(', ')}` };
      return;
    }
    const data = toFields(fields[dataName], dataName);
    const temporality = readTemporality(data.aggregationTemporality);
    const isMonotonic = data.isMonotonic === true;
    const head: MetricHead = { ...context, name, unit: unit === '' ? null : unit, temporality, isMonotonic };
    for (const point of listOf(data, 'dataPoints')) yield readPoint(point, head, ZEROS[dataName]);
  } catch (error) {
    yield explain(error, name);
  }
}

function readPoint(point: unknown, head: MetricHead, zeros: Fields): GoodPoint | BadPoint {
  try {
    return nameSeries(head, readDataPoint({ ...zeros, ...toFields(point, 'dataPoints') }));
  } catch (error) {
    return explain(error, head.name);
  }
}

function readDataPoint(fields: Fields): DataPoint {
  const quantiles = listOf(fields, 'quantileValues').map((one) => {
    const { quantile, value } = toFields(one, 'quantileValues');
    return [numberOf(quantile ?? 0, 'quantile'), numberOf(value ?? 0, 'value')] as const;
  });
  return {
    attributes: readAttributes(fields, (error) => {
      throw error;
    }),
    timestampMs: readNanoseconds(wholeOf(fields.timeUnixNano ?? 0, 'timeUnixNano')),
    isEmpty: (Number(fields.flags ?? 0) & NO_RECORDED_VALUE) !== 0,
    value: readValue(fields),
    count: fields.count == null ? null : Number(wholeOf(fields.count, 'count')),
    sum: fields.sum == null ? null : numberOf(fields.sum, 'sum'),
    quantiles,
  };
}

/** The SDK for JavaScript writes its numbers by JSON.stringify, which makes NaN and infinity a null. */
function readValue({ asDouble, asInt }: Fields): number | null {
  if (asDouble != null) return numberOf(asDouble, 'asDouble');
  if (asInt != null) return Number(wholeOf(asInt, 'asInt'));
  return asDouble === null || asInt === null ? NaN : null;
}

/** An attribute that cannot be a tag is left out: of a resource most are not used. */
function readResource(resource: unknown): Attributes {
  return resource == null ? new Map() : readAttributes(toFields(resource, 'resource'), () => undefined);
}

/** @param onBad is given what is wrong with an attribute that is then left out */
function readAttributes(fields: Fields, onBad: (error: AttributeError) => void): Attributes {
  const attributes = new Map<string, string>();
  for (const one of listOf(fields, 'attributes')) {
    const keyValue = toFields(one, 'attributes');
    try {
      attributes.set(textOf(keyValue, 'key'), writeValue(readAnyValue(keyValue.value, 0)));
    } catch (error) {
      if (!(error instanceof AttributeError)) throw error;
      onBad(error);
    }
  }
  return attributes;
}

function readAnyValue(value: unknown, depth: number): AttributeValue {
  if (value == null) return null;
  const { stringValue, bytesValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, ...others } =
    toFields(value, 'value');
  if (typeof stringValue === 'string') return stringValue;
  if (typeof bytesValue === 'string') return bytesValue;
  if (typeof boolValue === 'boolean') return boolValue;
  if (intValue != null) return wholeOf(intValue, 'intValue');
  if (doubleValue != null) return numberOf(doubleValue, 'doubleValue');
  if (arrayValue != null) {
    checkDepth(depth);
    return listOf(toFields(arrayValue, 'arrayValue'), 'values').map((one) => readAnyValue(one, depth + 1));
  }
  if (kvlistValue != null) {
    checkDepth(depth);
    const pairs = listOf(toFields(kvlistValue, 'kvlistValue'), 'values').map((one) => {
      const pair = toFields(one, 'values');
      return [textOf(pair, 'key'), readAnyValue(pair.value, depth + 1)] as const;
    });
    return toMap(pairs);
  }
  if (Object.keys(others).length === 0) return null;
  throw new AttributeError('expected attributes of a known type');
}

/** A number; by its name, too, as some libraries write enums. */
function readTemporality(value: unknown): MetricHead['temporality'] {
  if (typeof value === 'number') return TEMPORALITIES[value] ?? 'unspecified';
  const name = /^AGGREGATION_TEMPORALITY_(\w+)$/.exec(String(value))?.[1]?.toLowerCase();
  return TEMPORALITIES.find((known) => known === name) ?? 'unspecified';
}

function toFields(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new FieldError(`${name}: expected an object`);
}

function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value)) return value;
  throw new FieldError(`${name}: expected a list`);
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name] ?? '';
  if (typeof value === 'string') return value;
  throw new FieldError(`${name}: expected a text`);
}

function numberOf(value: unknown, name: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && (!Number.isNaN(number) || value === 'NaN')) return number;
  throw new FieldError(`${name}: expected a number`);
}

function wholeOf(value: unknown, name: string): bigint {
  if (typeof value === 'string' && WHOLE.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw new FieldError(`${name}: expected a whole number`);
}

function explain(error: unknown, name: string): BadPoint {
  const of = name === '' ? '' : `${show(name)}: `;
  if (error instanceof AttributeError) return { problem: 'bad_attribute', reason: of + error.message };
  if (error instanceof FieldError) return { problem: 'malformed', reason: of + error.message };
  throw error;
}

function show(name: string): string {
  return JSON.stringify(name.slice(0, 60));
}
