/**
 * A data point of OpenTSDB's HTTP API. Pure.
 * http://opentsdb.net/docs/build/html/api_http/put.html
 */
import { writeSeriesName } from '../../sources/pushed-name.ts';
import type { NamedPoint } from '../ingest.ts';

type DataPointProblem = 'bad_name' | 'bad_timestamp' | 'bad_value' | 'bad_tag';

interface BadDataPoint {
  readonly problem: DataPointProblem;
  /** For people: field, what was expected, what came. */
  readonly reason: string;
}

/** What needs more bits is in milliseconds. */
const MAX_SECONDS = 0xffff_ffff;
/** As Java reads numbers, which OpenTSDB is written in, without its suffixes. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SHOWN_CHARACTERS = 50;

/** @param data one of the objects of a request. Its tags become those of the series. */
export function parseDataPoint(data: unknown): NamedPoint | BadDataPoint {
  if (!isObject(data)) return { problem: 'bad_name', reason: `expected a data point, got ${show(data)}` };
  const { metric, timestamp, value: given, tags = {} } = data;
  if (typeof metric !== 'string' || metric.trim() === '')
    return { problem: 'bad_name', reason: `metric: expected a name, got ${show(metric)}` };
  const time = readNumber(timestamp);
  const timestampMs = time === null ? NaN : Math.round(time > MAX_SECONDS ? time : time * 1000);
  if (!Number.isSafeInteger(timestampMs)) {
    const expected = 'expected seconds or milliseconds since 1970';
    return { problem: 'bad_timestamp', reason: `timestamp: ${expected}, got ${show(timestamp)}` };
  }
  const value = readNumber(given);
  if (value === null) return { problem: 'bad_value', reason: `value: expected a number, got ${show(given)}` };
  const pairs = readTags(tags);
  if (pairs === null) {
    const expected = 'expected an object of names and their values';
    return { problem: 'bad_tag', reason: `tags: ${expected}, got ${show(tags)}` };
  }
  return { metric: writeSeriesName(metric, pairs), timestampMs, value };
}

/** Numbers may stand in quotes. @returns null for what is none, or is not finite */
function readNumber(given: unknown): number | null {
  const number = typeof given === 'string' && NUMBER.test(given.trim()) ? Number(given) : given;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** An empty value is as good as none. @returns null for what are no tags */
function readTags(tags: unknown): readonly (readonly [string, string])[] | null {
  if (tags === null) return [];
  if (!isObject(tags)) return null;
  const pairs: (readonly [string, string])[] = [];
  for (const [name, value] of Object.entries(tags)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null;
    if (name === '') return null;
    if (value !== '') pairs.push([name, String(value)]);
  }
  return pairs;
}

function isObject(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

function show(data: unknown): string {
  // JSON has no word for what is not there.
  return data === undefined ? 'nothing' : JSON.stringify(data).slice(0, SHOWN_CHARACTERS);
}
