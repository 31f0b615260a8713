/**
 * InfluxDB's line protocol: `measurement[,tag=value…] field=value[,field=value…] [time]`.
 * https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
 *
 * Each numeric field is a point of a metric of its own, named `measurement.field;tag=value…` with the tags by the
 * order of their keys: what Graphite calls a tagged series, so that one series has one name whichever way it comes.
 * Strings and booleans are no metrics and are skipped, and so are NaN and infinity. Pure: no clock, no I/O.
 */
import { writeSeriesName } from '../../sources/pushed-name.ts';
import { scanFields, scanName, scanTags } from './scan.ts';

export const PRECISIONS = ['ns', 'us', 'ms', 's', 'm', 'h'] as const;
/** auto: by the size of each time, as in InfluxDB 3. */
export type Precision = (typeof PRECISIONS)[number] | 'auto';

/** Why a line was left out. */
type LineProblem = 'too_long' | 'not_utf8' | 'bad_name' | 'bad_tag' | 'bad_field' | 'bad_timestamp';

/** One numeric field. Whether name and time are acceptable is for the data path to say. */
interface LinePoint {
  readonly metric: string;
  readonly timestampMs: number;
  readonly value: number;
}

export interface GoodLine {
  readonly points: readonly LinePoint[];
  /** Fields that are no finite numbers, and those that are given again in the same line. */
  readonly skippedFields: number;
}

/** `reason` says what was expected where; columns are counted from 1. */
export interface BadLine {
  readonly problem: LineProblem;
  readonly reason: string;
  /** How many lines are left out for it; 1 when not said. */
  readonly lines?: number;
}

const INTEGER = /^-?\d{1,19}$/;
/** What is escaped in the name of a series that has tags. */
const ESCAPED = /;|\\$/;
/** Milliseconds of one unit, for units that are not finer. */
const MS_OF_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
/** Times below, by their size, are of the unit: of the year 2128 in the finest of them. */
const AUTO_LIMITS = [
  [5e9, 's'],
  [5e12, 'ms'],
  [5e15, 'us'],
] as const;
/** Decimal digits to take off for milliseconds. */
const FINER_DIGITS = { ns: 6, us: 3 } as const;

/**
 * @param line without its line end; a carriage return at its end is no part of it
 * @param options.arrivalMs the time of lines that have none, in milliseconds since 1970
 * @returns the points, what is wrong with the line, or null for a blank one or a comment
 */
export function parseLine(
  line: string,
  { precision, arrivalMs }: { readonly precision: Precision; readonly arrivalMs: number },
): GoodLine | BadLine | null {
  const text = line.trimEnd();
  const start = text.search(/\S/);
  if (start < 0 || text[start] === '#') return null;
  const name = scanName(text, start);
  if (name === null) return bad('bad_name', 'expected a measurement', start);
  const tags = scanTags(text, name.end);
  if ('problem' in tags) return bad('bad_tag', tags.problem, tags.end);
  const fields = scanFields(text, tags.end);
  if ('problem' in fields) return bad('bad_field', fields.problem, fields.end);
  const timestampMs = readTime(text.slice(fields.end).trim(), precision, arrivalMs);
  if (timestampMs === null) {
    return bad(
      'bad_timestamp',
      `expected a whole number${precision === 'auto' ? '' : ` of ${precision}`}, or nothing`,
      fields.end + 1,
    );
  }
  // Written once for all fields, unless it runs into their names.
  const series = writeSeriesName('', tags.value);
  const points = fields.value.numbers.map(([field, value]) => {
    const own = `${name.value}.${field}`;
    const metric = series !== '' && ESCAPED.test(own) ? writeSeriesName(own, tags.value) : own + series;
    return { metric, timestampMs, value };
  });
  return { points, skippedFields: fields.value.skipped };
}

function bad(problem: LineProblem, reason: string, end: number): BadLine {
  return { problem, reason: `${reason} at column ${end + 1}` };
}

/** Nanoseconds do not fit a double: what is finer than a millisecond is taken off as text. */
function readTime(text: string, precision: Precision, arrivalMs: number): number | null {
  if (text === '') return arrivalMs;
  if (!INTEGER.test(text)) return null;
  if (precision === 'auto') return readTime(text, guessPrecision(text), arrivalMs);
  if (precision === 'ns' || precision === 'us') {
    const whole = Number(text.slice(0, -FINER_DIGITS[precision]));
    // "-5" loses all its digits but the sign.
    return Number.isNaN(whole) ? 0 : whole;
  }
  const timestampMs = Number(text) * MS_OF_UNIT[precision];
  return Number.isSafeInteger(timestampMs) ? timestampMs : null;
}

function guessPrecision(text: string): Exclude<Precision, 'auto'> {
  const size = Math.abs(Number(text));
  return AUTO_LIMITS.find(([below]) => size < below)?.[1] ?? 'ns';
}
