/**
 * One line of OpenTSDB's telnet protocol: `put <name> <unix time> <value> <tag>=<value> …`.
 * http://opentsdb.net/docs/build/html/api_telnet/put.html
 *
 * Netdata, collectd (`write_tsdb`) and Icinga (`OpenTsdbWriter`) send it. It has four fields or more and a line of Graphite
 * three, so that both may come to one port. Times are in seconds, or in milliseconds where they need more than 32 bits, as in
 * OpenTSDB; values are written as Graphite's are.
 */
import { writeSeriesName } from '../../sources/pushed-name.ts';
import {
  type GraphitePoint,
  type GraphiteProblem,
  NO_VALUE,
  parseDecimal,
  parseValue,
  splitFields,
} from './parse-line.ts';

const PUT = /^[ \t]*put(?:[ \t]+[^ \t\r]+){3}/;
const MAX_SECONDS = 0xffff_ffff;

/** Whether a line is one of OpenTSDB. A metric of Graphite may be called put: two fields follow then. */
export function isPut(line: string): boolean {
  return PUT.test(line);
}

export function parsePut(line: string): GraphitePoint | typeof NO_VALUE | GraphiteProblem {
  const [, metric = '', timeText = '', valueText = '', ...tagTexts] = splitFields(line) ?? [];
  const value = parseValue(valueText);
  if (value === null) return 'bad_value';
  const time = parseDecimal(timeText);
  const timestampMs = time === null ? NaN : Math.round(time > MAX_SECONDS ? time : time * 1000);
  if (!Number.isSafeInteger(timestampMs)) return 'bad_timestamp';
  const tags = new Map<string, string>();
  for (const text of tagTexts) {
    // Values of Icinga may hold more equals signs.
    const end = text.indexOf('=');
    if (end < 1) return 'bad_tag';
    // An empty value is as good as none.
    if (end < text.length - 1) tags.set(text.slice(0, end), text.slice(end + 1));
  }
  return value === NO_VALUE ? NO_VALUE : { metric: writeSeriesName(metric, tags), timestampMs, value };
}
