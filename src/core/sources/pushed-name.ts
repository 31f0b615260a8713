/**
 * The one name of a pushed series, whichever way it comes: `metric;tag=value;…` with the tags in the order of their
 * keys, as Graphite writes tagged series. What Prometheus would call `metric{tag="value"}` is the same series, and so
 * is one whose sender has its tags in another order.
 * https://graphite.readthedocs.io/en/latest/tags.html
 */
import { createHash } from 'node:crypto';
import { MAX_NAME_LENGTH } from '../../model.ts';

/** In UTF-16 units. The longest series of real agents (Kubernetes, k6) have some 350; InfluxDB ends at 65,535 bytes. */
export const MAX_PUSHED_NAME = 4096;

/** A semicolon that no backslash stands before begins a tag. */
export const SEPARATOR = /(?<!\\);/;
const LABEL = /([^=,"]+)=\s*"((?:\\.|[^"\\])*)"\s*(?:,|$)/y;
const SHOWN_DIGITS = 32;
const HASHED = /^sha256:[0-9a-f]{64}$/;

/** The name itself where it has no tags, or none that can be read. Of two values of one tag the last counts. */
export function toCanonicalName(name: string): string {
  if (name.endsWith('"}')) {
    const series = readOpenMetrics(name);
    if (series !== null) return writeSeriesName(series.metric, series.tags);
  }
  return name.includes(';') ? sortTags(name) : name;
}

/** @param metric and @param tags as their sender means them, the tags in any order: a semicolon in them is escaped */
export function writeSeriesName(metric: string, tags: Iterable<readonly [string, string]>): string {
  const escape = (text: string) => text.replaceAll(';', '\\;');
  return joinTags(escape(metric), new Map(Array.from(tags, ([key, value]) => [escape(key), escape(value)])));
}

/** The tags of a series by its canonical name, as their sender means them; none for a name without tags. */
export function readSeriesTags(name: string): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  const [, ...segments] = name.split(SEPARATOR);
  for (const segment of segments) {
    const end = segment.indexOf('=');
    // Not a tagged series: whatever it is, it is called so.
    if (end < 1) return new Map();
    tags.set(unescapeTag(segment.slice(0, end)), unescapeTag(segment.slice(end + 1)));
  }
  return tags;
}

function unescapeTag(text: string): string {
  return text.replaceAll('\\;', ';');
}

/**
 * What makes a pushed metric the same metric within its account: its name, or a hash of one that an index cannot hold
 * (a name that looks like a hash is hashed, too).
 */
export function toPushedIdentity(name: string): string {
  return name.length <= MAX_NAME_LENGTH && !HASHED.test(name) ? name : `sha256:${hash(name)}`;
}

/** The canonical resource name of a pushed metric without a resource: its name, or the beginning of it and a hash. */
export function toPushedServer(name: string): string {
  if (name.length <= MAX_NAME_LENGTH) return name;
  // No half of a character is left at the cut.
  const shown = name.slice(0, MAX_NAME_LENGTH - SHOWN_DIGITS - 1).replace(/[\ud800-\udbff]$/, '');
  return `${shown}…${hash(name).slice(0, SHOWN_DIGITS)}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sortTags(name: string): string {
  const [metric = '', ...segments] = name.split(SEPARATOR);
  const tags = new Map<string, string>();
  for (const segment of segments) {
    const end = segment.indexOf('=');
    // Not a tagged series: whatever it is, it is called so.
    if (end < 1) return name;
    tags.set(segment.slice(0, end), segment.slice(end + 1));
  }
  return metric === '' ? name : joinTags(metric, tags);
}

/** Code units, so that the order does not depend on a language. */
function joinTags(metric: string, tags: ReadonlyMap<string, string>): string {
  const sorted = [...tags].sort(([a], [b]) => (a < b ? -1 : 1));
  return metric + sorted.map(([key, value]) => `;${key}=${value}`).join('');
}

/** Null for what is not `metric{label="value",…}`. A label with an empty value is as good as none. */
function readOpenMetrics(
  name: string,
): { readonly metric: string; readonly tags: ReadonlyMap<string, string> } | null {
  const start = name.indexOf('{');
  const metric = name.slice(0, start).trim();
  if (start < 1 || metric === '' || metric.includes(';')) return null;
  const labels = name.slice(start + 1, -1);
  const tags = new Map<string, string>();
  for (let end = 0; end < labels.length; end = LABEL.lastIndex) {
    LABEL.lastIndex = end;
    const [, key = '', value] = LABEL.exec(labels) ?? [];
    if (key.trim() === '' || value === undefined) return null;
    if (value !== '') tags.set(key.trim(), unescape(value));
  }
  return { metric, tags };
}

/** Of a backslash, a quote and a newline, as in Prometheus; any other backslash is one. */
function unescape(value: string): string {
  return value.replace(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
