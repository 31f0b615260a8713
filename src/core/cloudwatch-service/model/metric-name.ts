/** What names a series: namespace, metric name, dimensions; their checks, and the key they make. */
import { createHash } from 'node:crypto';
import { CloudwatchError, invalid, joinErrors, missing, mustBe, tooMany } from './cloudwatch-error.ts';
import { isStorable } from '../../../platform/bounded-input/storable-text.ts';
import { list, string, structure, type Infer } from './shape.ts';

export const DIMENSION_SHAPE = structure({ Name: string, Value: string });
export const METRIC_SHAPE = structure({
  Namespace: string,
  MetricName: string,
  Dimensions: list(DIMENSION_SHAPE),
});

export interface Dimension {
  readonly name: string;
  readonly value: string;
}

/** A series within an account. Dimensions are sorted by name, so that two equal ones look equal. */
export interface SeriesName {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: readonly Dimension[];
}

const MAX_NAME_LENGTH = 255;
const MAX_DIMENSION_VALUE_LENGTH = 1_024;
const CONTROL = /\p{Cc}/u;
const PLAIN_ASCII = /^[\x20-\x7e]*$/;

/** @throws CloudwatchError naming `path` unless 1 to `longest` characters, none of them a control character */
export function checkText(value: string | undefined, path: string, longest = MAX_NAME_LENGTH): string {
  if (value === undefined || value === '') throw missing(path);
  if (value.length > longest) throw mustBe(path, `be shorter than ${longest + 1} characters`);
  if (CONTROL.test(value)) throw invalid(path, value, 'It must not contain control characters.');
  // Over the wire it is refused before; GraphQL comes here at once.
  if (!isStorable(value)) throw invalid(path, value, 'It must not contain half of a surrogate pair.');
  return value;
}

/** @throws CloudwatchError naming every rule the text breaks: ASCII, 1 to `longest` characters */
function checkPlainText(value: string | undefined, path: string, longest = MAX_NAME_LENGTH): string {
  if (value !== undefined && !PLAIN_ASCII.test(value) && !CONTROL.test(value)) {
    const foreign = new CloudwatchError(
      'InvalidParameterValue',
      `The value for parameter ${path} contains non-ASCII characters.`,
    );
    throw value.length > longest
      ? joinErrors([foreign, mustBe(path, `be shorter than ${longest + 1} characters`)])
      : foreign;
  }
  return checkText(value, path, longest);
}

/**
 * The name of a namespace or of a dimension; a metric's may be any text.
 * @throws CloudwatchError naming `path` unless ASCII, at most 255 characters, not beginning with a colon
 */
export function checkName(value: string | undefined, path: string): string {
  const plain = checkPlainText(value, path);
  if (plain.startsWith(':')) throw invalid(path, plain, 'It must not begin with a colon.');
  return plain;
}

export function checkDimensionValue(value: string | undefined, path: string): string {
  const plain = checkPlainText(value, path, MAX_DIMENSION_VALUE_LENGTH);
  if (plain.trim() === '') throw invalid(path, plain, 'It must have a character that is not blank.');
  return plain;
}

/**
 * Sorted by name.
 * @param most limits.dimensionsPerMetric
 * @throws CloudwatchError naming the dimension that is too long, absent, or named twice
 */
export function checkDimensions(
  given: readonly Infer<typeof DIMENSION_SHAPE>[] | undefined,
  path: string,
  most: number,
): readonly Dimension[] {
  if (given === undefined || given.length === 0) return [];
  if (given.length > most) throw tooMany(path, most);
  const seen = new Set<string>();
  const dimensions = given.map(({ Name, Value }, i) => {
    const at = `${path}.member.${i + 1}`;
    const name = checkName(Name, `${at}.Name`);
    if (seen.has(name)) throw invalid(`${at}.Name`, name, 'A dimension may be given once.');
    seen.add(name);
    return { name, value: checkDimensionValue(Value, `${at}.Value`) };
  });
  return dimensions.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param prefix put before the parameters' names in messages, e.g. "MetricStat.Metric." */
export function checkSeriesName(
  given: Infer<typeof METRIC_SHAPE>,
  prefix: string,
  mostDimensions: number,
): SeriesName {
  return {
    namespace: checkName(given.Namespace, `${prefix}Namespace`),
    metricName: checkText(given.MetricName, `${prefix}MetricName`),
    dimensions: checkDimensions(given.Dimensions, `${prefix}Dimensions`, mostDimensions),
  };
}

/** The text under the hash: a JSON list, which no two different series share. */
function writeSeriesKey(accountId: number, name: SeriesName): string {
  const pairs = name.dimensions.map((dimension) => [dimension.name, dimension.value]);
  return JSON.stringify([accountId, name.namespace, name.metricName, pairs]);
}

/** 32 bytes: SHA-256 of writeSeriesKey. */
export function hashSeries(accountId: number, name: SeriesName): Buffer {
  return createHash('sha256').update(writeSeriesKey(accountId, name)).digest();
}

export function showDimensions(name: SeriesName): Infer<typeof DIMENSION_SHAPE>[] {
  return name.dimensions.map((dimension) => ({ Name: dimension.name, Value: dimension.value }));
}
