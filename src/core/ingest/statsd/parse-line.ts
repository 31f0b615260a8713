/**
 * One line of StatsD, with what DogStatsD adds: `name[;tag=value…]:value[:value…]|type[|@rate][|#tag:value,…]`.
 * https://github.com/statsd/statsd/blob/master/docs/metric_types.md
 * https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/
 *
 * Types: c (counter), g (gauge; with a sign it is moved), ms, h and d (values of which statistics are made), s (set). Pure: no
 * clock, no I/O.
 */
import { writeSeriesName } from '../../sources/pushed-name.ts';

/** Why a line was left out. */
export type StatsdProblem =
  'too_long' | 'not_utf8' | 'bad_name' | 'bad_value' | 'bad_type' | 'bad_rate' | 'bad_timestamp';

export interface StatsdMetric {
  readonly kind: 'counter' | 'gauge' | 'timer' | 'set';
  /** `name` without its tags, and what its tags add to any name made of it. */
  readonly name: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** Of a set, texts; of a gauge, with their signs. */
  readonly values: readonly string[];
  /** Share of the events that was sent, above 0 and at most 1. */
  readonly rate: number;
}

/** Events and service checks of DogStatsD: no metrics. */
export const NO_METRIC = 'no_metric';

const KINDS: ReadonlyMap<string, StatsdMetric['kind']> = new Map([
  ['c', 'counter'],
  ['g', 'gauge'],
  ['ms', 'timer'],
  ['h', 'timer'],
  ['d', 'timer'],
  ['s', 'set'],
]);
/** Each digit can be matched in one way only. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Maximum number of values of one line: DogStatsD's clients pack some dozens. */
const MAX_VALUES = 10_000;

/** @param line without its line end; null for a blank one */
export function parseStatsdLine(line: string): StatsdMetric | StatsdProblem | typeof NO_METRIC | null {
  const text = line.trim();
  if (text === '') return null;
  if (text.startsWith('_e{') || text.startsWith('_sc|')) return NO_METRIC;
  const [head = '', type = '', ...sections] = text.split('|');
  const colon = head.indexOf(':');
  if (colon < 1) return 'bad_name';
  const kind = KINDS.get(type);
  if (kind === undefined) return 'bad_type';
  const values = kind === 'set' ? [head.slice(colon + 1)] : head.slice(colon + 1).split(':', MAX_VALUES);
  if (kind !== 'set' && !values.every(isDecimal)) return 'bad_value';
  let rate = 1;
  let tags: StatsdMetric['tags'] = [];
  for (const section of sections) {
    if (section.startsWith('@')) rate = readRate(section.slice(1));
    else if (section.startsWith('#')) tags = readTags(section.slice(1));
    // A point of the past, counted elsewhere: it is none of this interval.
    else if (section.startsWith('T')) return 'bad_timestamp';
  }
  if (Number.isNaN(rate)) return 'bad_rate';
  const [name, ownTags] = splitName(head.slice(0, colon));
  return { kind, name: cleanName(name), tags: [...ownTags, ...tags], values, rate };
}

/** The name of a series of the metric, as the backends of StatsD call it; @param suffix such as `.mean` */
export function nameStatsdSeries(
  { kind, name, tags }: Pick<StatsdMetric, 'kind' | 'name' | 'tags'>,
  suffix: string,
): string {
  return writeSeriesName(`stats.${kind}s.${name}${suffix}`, tags);
}

function isDecimal(text: string): boolean {
  return DECIMAL.test(text) && Number.isFinite(Number(text));
}

/** NaN for what is none. */
function readRate(text: string): number {
  const rate = isDecimal(text) ? Number(text) : Number.NaN;
  return rate > 0 && rate <= 1 ? rate : Number.NaN;
}

/** Tags within the name, as StatsD takes them for Graphite (`name;tag=value`) and Telegraf for InfluxDB (`name,tag=value`). */
function splitName(text: string): readonly [name: string, tags: StatsdMetric['tags']] {
  for (const separator of [';', ',']) {
    const [name = '', ...parts] = text.split(separator);
    const tags = parts.map(
      (part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const,
    );
    const isTagged = name !== '' && parts.length > 0 && parts.every((part) => part.indexOf('=') > 0);
    if (isTagged) return [name, tags];
  }
  return [text, []];
}

/** As StatsD has it: blanks and slashes would be something else in Graphite. */
function cleanName(name: string): string {
  return name.replaceAll(/\s+/g, '_').replaceAll('/', '-');
}

/** A tag without a value is true. */
function readTags(text: string): StatsdMetric['tags'] {
  return text
    .split(',')
    .filter((tag) => tag !== '')
    .map((tag) => {
      const colon = tag.indexOf(':');
      return colon < 1 ? ([tag, 'true'] as const) : ([tag.slice(0, colon), tag.slice(colon + 1)] as const);
    });
}
