/**
 * The one name of a pushed series, whichever way it comes: `metric;tag=value;…` with the tags in the order of their
 * keys, as Graphite writes tagged series. What Prometheus would call `metric{tag="value"}` is the same series, and so
 * is one whose sender has its tags in another order.
 * https://graphite.readthedocs.io/en/latest/tags.html
 */
import { createHash } from 'node:crypto';
import { MAX_NAME_LENGTH, UNPRINTABLE } from '../../model.ts';
import { cutText } from '../../platform/bounded-input/storable-text.ts';

/** In UTF-16 units. The longest series of real agents (Kubernetes, k6) have some 350; InfluxDB ends at 65,535 bytes. */
export const MAX_PUSHED_NAME = 4096;

/**
 * A semicolon begins a tag, unless a backslash escapes it. Backslashes mean themselves, but for those right before a semicolon,
 * which are doubled: what ends with one (`C:\`) does not run into the tag behind it.
 */
const SEPARATOR = /(?<!(?<!\\)(?:\\\\)*\\);/;
const UNPRINTABLES = new RegExp(`(?:${UNPRINTABLE.source})+`, 'gu');
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

/**
 * @param metric and @param tags as their sender means them, the tags in any order. What cannot be printed in the value of a tag (a
 * line break in the text of a query) becomes a blank: names may not hold it, and senders cannot help it
 */
export function writeSeriesName(metric: string, tags: Iterable<readonly [string, string]>): string {
  const given = new Map(tags);
  const name = joinTags(metric, given);
  if (!UNPRINTABLE.test(name)) return name;
  const printable = [...given].map(([key, value]) => [key, toPrintable(value)] as const);
  return joinTags(metric, new Map(printable.filter(([, value]) => value !== '')));
}

function toPrintable(value: string): string {
  return UNPRINTABLE.test(value) ? value.replaceAll(UNPRINTABLES, ' ').trim() : value;
}

/** The tags of a series by its canonical name, as their sender means them; none for a name without tags. */
export function readSeriesTags(name: string): ReadonlyMap<string, string> {
  return readSeries(name)?.tags ?? new Map<string, string>();
}

/** The name of a series without its tags, as its sender means it; the whole name where it has none. */
export function readSeriesMetric(name: string): string {
  return readSeries(name)?.metric ?? name;
}

/** Null for what is not a tagged series: whatever it is, it is called so. Of two values of one tag the last counts. */
function readSeries(
  name: string,
): { readonly metric: string; readonly tags: ReadonlyMap<string, string> } | null {
  if (!name.includes(';')) return null;
  const segments = name.split(SEPARATOR);
  const [metric = '', ...written] = segments.map((segment, index) =>
    unescapeSegment(segment, index === segments.length - 1),
  );
  const tags = new Map<string, string>();
  for (const segment of written) {
    const end = segment.indexOf('=');
    if (end < 1) return null;
    tags.set(segment.slice(0, end), segment.slice(end + 1));
  }
  return tags.size === 0 ? null : { metric, tags };
}

/** Half of the backslashes before a semicolon, within it or behind it. */
function unescapeSegment(segment: string, isLast: boolean): string {
  if (!segment.includes('\\')) return segment;
  const parts = segment.split(';');
  return parts
    .map((part, index) => {
      const slashes = countSlashes(part);
      // The one that escapes the semicolon is of an odd number.
      const isWhole = isLast && index === parts.length - 1;
      return isWhole ? part : part.slice(0, part.length - Math.ceil(slashes / 2));
    })
    .join(';');
}

function escapeSegment(text: string, isLast: boolean): string {
  if (!text.includes(';') && !text.endsWith('\\')) return text;
  const parts = text.split(';');
  return parts
    .map((part, index) => {
      const isWhole = isLast && index === parts.length - 1;
      return isWhole ? part : part + '\\'.repeat(countSlashes(part));
    })
    .join('\\;');
}

/** Backslashes at the end. */
function countSlashes(text: string): number {
  let count = 0;
  while (text[text.length - 1 - count] === '\\') count += 1;
  return count;
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
  const shown = cutText(name, MAX_NAME_LENGTH - SHOWN_DIGITS - 1);
  return `${shown}…${hash(name).slice(0, SHOWN_DIGITS)}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sortTags(name: string): string {
  const series = readSeries(name);
  return series === null || series.metric === '' ? name : joinTags(series.metric, series.tags);
}

/** Code units, so that the order does not depend on a language. */
function joinTags(metric: string, tags: ReadonlyMap<string, string>): string {
  const sorted = [...tags].sort(([a], [b]) => (a < b ? -1 : 1));
  let name = escapeSegment(metric, sorted.length === 0);
  for (const [index, [key, value]] of sorted.entries()) {
    name += `;${escapeSegment(`${key}=${value}`, index === sorted.length - 1)}`;
  }
  return name;
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
