/**
 * Labels of results: AWS' default ones, and labels with dynamic parts.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
 */
import type { TimeSeries } from '../math/values.ts';
import type { DataQuery } from './data-query.ts';

/** The metric's name; with its statistic, and its period, where the request's metrics differ in these. */
export function nameMetrics(queries: Iterable<DataQuery>): ReadonlyMap<string, string> {
  const stats = [...queries].filter((query) => query.kind === 'stat');
  const statistics = new Set(stats.map(({ stat }) => stat));
  const periods = new Set(stats.map(({ periodSeconds }) => periodSeconds));
  return new Map(
    stats.map(({ id, series, stat, periodSeconds }) => [
      id,
      [
        series.metricName,
        ...(statistics.size > 1 ? [stat] : []),
        ...(periods.size > 1 ? [String(periodSeconds)] : []),
      ].join(' '),
    ]),
  );
}

export interface LabelContext {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  /** East of UTC; of the times in labels. */
  readonly offsetMinutes: number;
  readonly nowMs: number;
}

const DYNAMIC = /\$\{(?:PROP\('([^']*)'\)|([A-Z_]+))\}/g;

/** Whether the label has a part that is filled in for each series. */
export function isDynamic(label: string): boolean {
  return label.search(DYNAMIC) >= 0;
}

/** @param label parts that are not known stay as they are written */
export function fillLabel(label: string, series: TimeSeries, context: LabelContext): string {
  return label.replaceAll(
    DYNAMIC,
    (written: string, property: string | undefined, word: string | undefined) => {
      if (property !== undefined) return readProperty(property, series, context);
      if (word === 'LABEL') return series.label;
      return describePoints(word ?? '', [...series.points], context) ?? written;
    },
  );
}

function readProperty(
  property: string,
  { metric, periodSeconds }: TimeSeries,
  context: LabelContext,
): string {
  if (property.startsWith('Dim.')) {
    const name = property.slice('Dim.'.length);
    return metric?.dimensions.find((dimension) => dimension.name === name)?.value ?? '';
  }
  const known: Readonly<Record<string, string>> = {
    AccountId: context.account,
    AccountLabel: context.account,
    MetricName: metric?.metricName ?? '',
    Namespace: metric?.namespace ?? '',
    Period: String(periodSeconds),
    Region: context.region,
    Stat: metric?.stat ?? '',
  };
  return Object.hasOwn(known, property) ? (known[property] ?? '') : '';
}

type Point = readonly [time: number, value: number];

const PICKS: Readonly<Record<string, (points: readonly Point[]) => Point | undefined>> = {
  FIRST: (points) => points[0],
  LAST: (points) => points.at(-1),
  MIN: (points) => pick(points, (value, best) => value < best),
  MAX: (points) => pick(points, (value, best) => value > best),
};

function pick(
  points: readonly Point[],
  isBetter: (value: number, best: number) => boolean,
): Point | undefined {
  let best = points[0];
  for (const point of points) if (best !== undefined && isBetter(point[1], best[1])) best = point;
  return best;
}

/** @returns null for a word that is none of AWS' */
function describePoints(word: string, points: readonly Point[], context: LabelContext): string | null {
  const [, name = '', form] = /^(FIRST|LAST|MIN|MAX)(_TIME|_TIME_RELATIVE)?$/.exec(word) ?? [];
  const chosen = PICKS[name];
  if (chosen !== undefined) {
    const point = chosen(points);
    if (point === undefined) return '--';
    if (form === '_TIME') return writeTime(point[0], context);
    return form === undefined ? writeNumber(point[1]) : writeAge(context.nowMs - point[0]);
  }
  const sum = points.reduce((total, [, value]) => total + value, 0);
  switch (word) {
    case 'SUM':
      return writeNumber(sum);
    case 'AVG':
      return points.length === 0 ? '--' : writeNumber(sum / points.length);
    case 'DATAPOINT_COUNT':
      return String(points.length);
    default:
      return describeRange(word, points, context);
  }
}

/** From the oldest to the newest, or from the smallest to the largest: how far their values are apart, or both times. */
function describeRange(word: string, points: readonly Point[], context: LabelContext): string | null {
  const [, from = '', to = '', times] = /^(FIRST|MIN)_(LAST|MAX)(_TIME)?_RANGE$/.exec(word) ?? [];
  const [start, end] = [PICKS[from]?.(points), PICKS[to]?.(points)];
  if (PICKS[from] === undefined || (from === 'FIRST') !== (to === 'LAST')) return null;
  if (start === undefined || end === undefined) return '--';
  if (times === undefined) return writeNumber(Math.abs(end[1] - start[1]));
  return `${writeTime(start[0], context)} - ${writeTime(end[0], context)}`;
}

const SIGNIFICANT_DIGITS = 6;

function writeNumber(value: number): string {
  return String(Number(value.toPrecision(SIGNIFICANT_DIGITS)));
}

function writeTime(timeMs: number, { offsetMinutes }: LabelContext): string {
  return new Date(timeMs + offsetMinutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

function writeAge(ageMs: number): string {
  const minutes = Math.max(0, Math.floor(ageMs / 60_000));
  const hours = Math.floor(minutes / 60);
  return `${hours > 0 ? `${hours}h ` : ''}${minutes % 60}m ago`;
}
