/**
 * One line of the Graphite plaintext protocol: `<name> <value> <unix time in seconds>`.
 * https://graphite.readthedocs.io/en/latest/feeding-carbon.html#the-plaintext-protocol
 *
 * Fields are parted by blanks or tabs, as many as one likes. As in carbon, the time -1 stands for the time of
 * arrival. Unlike carbon, what Python's float() takes beyond decimal numbers (inf, 1_000) is refused; nan, which collectd
 * sends for the first value of a rate, says that there is no value. The data
 * path brings a tagged name (`name;host=a`) into the order it keeps. Dots part the folders of a path, so `.a..b.` is the
 * series `a.b`, as in Graphite: an agent with an empty prefix or host writes such names. Tags may hold blanks, which
 * carbon cannot read and Telegraf writes (`graphite_tag_sanitize_mode = "compatible"`): value and time are the last two
 * fields then, and several blanks are one.
 */

/** One point as a line gave it. Whether name and time are acceptable is for the data path to say. */
export interface GraphitePoint {
  readonly metric: string;
  readonly timestampMs: number;
  readonly value: number;
}

/** Why a line was left out. */
export type GraphiteProblem =
  | 'too_long'
  | 'not_utf8'
  | 'field_count'
  | 'bad_value'
  | 'bad_timestamp'
  | 'bad_tag'
  | 'cut_off'
  | 'bad_pickle';

/** The end of a text in C is a blank, too: Ganglia's gmetad sends it behind each line. */
const FIELD = /[^ \t\v\f\r\0]+/g;
/** Each digit can be matched in one way only, so that a hostile line costs no more than its length. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const TIME_OF_ARRIVAL = -1;
/** As printf writes it, with a sign or without. */
const NOT_A_NUMBER = /^[+-]?nan$/i;

/** A whole line that has no value. */
export const NO_VALUE = 'no_value';

/**
 * @param line without its line end
 * @param arrivalMs milliseconds since 1970, for lines that leave their time to us
 * @returns the point, NO_VALUE, what is wrong with the line, or null for a blank one
 */
export function parseGraphiteLine(
  line: string,
  arrivalMs: number,
): GraphitePoint | typeof NO_VALUE | GraphiteProblem | null {
  const fields = splitFields(line);
  if (fields === null) return null;
  const isTagged = fields[0]?.includes(';') ?? false;
  if (fields.length !== 3 && !(fields.length > 3 && isTagged)) return 'field_count';
  const [value = '', time = ''] = fields.slice(-2);
  return readGraphitePoint(fields.slice(0, -2).join(' '), { value, time }, arrivalMs);
}

/** Null for a blank line. */
export function splitFields(line: string): readonly string[] | null {
  return line.match(FIELD);
}

/** The same of a name, a value and a time that were parted already. */
export function readGraphitePoint(
  metric: string,
  given: { readonly value: string; readonly time: string },
  arrivalMs: number,
): GraphitePoint | typeof NO_VALUE | GraphiteProblem {
  const value = parseValue(given.value);
  if (value === null) return 'bad_value';
  const seconds = parseDecimal(given.time);
  if (seconds === null) return 'bad_timestamp';
  const timestampMs = seconds === TIME_OF_ARRIVAL ? arrivalMs : Math.round(seconds * 1000);
  if (!Number.isSafeInteger(timestampMs)) return 'bad_timestamp';
  if (value === NO_VALUE) return NO_VALUE;
  return { metric: toPath(metric), timestampMs, value };
}

/** A name of dots alone stays as it is. */
function toPath(name: string): string {
  const end = name.indexOf(';');
  const path = end < 0 ? name : name.slice(0, end);
  const steps = path.split('.').filter((step) => step !== '');
  return steps.length === 0 ? name : steps.join('.') + name.slice(path.length);
}

/** @returns null for text that is neither a finite decimal number nor nan */
export function parseValue(text: string): number | typeof NO_VALUE | null {
  return NOT_A_NUMBER.test(text) ? NO_VALUE : parseDecimal(text);
}

/** @returns null for text that is no finite decimal number */
export function parseDecimal(text: string): number | null {
  if (!DECIMAL.test(text)) return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}
