/**
 * What StatsD's own server does: counts, gauges, timers and sets of an interval become points at its end, under the names its
 * backends give them. Memory is bounded by the number of series and of values in one interval. No clock, no I/O.
 */
import { nameStatsdSeries, type StatsdMetric } from './parse-line.ts';

/** Maximum number of series, and of values of timers and sets in one interval. */
export const MAX_SERIES = 100_000;
export const MAX_VALUES = 1_000_000;
/** A counter without events is 0 for so long, then nobody counts any more. */
const IDLE_MS = 3_600_000;
/** With more series than these, gauges nobody moves are forgotten, too: one moved later begins at 0. */
const CROWDED_SERIES = MAX_SERIES / 2;
const UPPER_SHARE = 0.9;

export interface StatsdPoint {
  readonly metric: string;
  readonly timestampMs: number;
  readonly value: number;
}

interface Series {
  readonly metric: StatsdMetric;
  /** Of a counter in this interval, of a gauge altogether. */
  value: number;
  /** Events of a timer, those that were not sent included. */
  events: number;
  /** Of a timer in this interval. */
  values: number[];
  /** Of a set in this interval. */
  readonly members: Set<string>;
  /** Whether anything came in this interval, and when something last did. */
  isTouched: boolean;
  touchedMs: number;
}

export class StatsdAggregator {
  /** By kind, name and tags. */
  readonly #series = new Map<string, Series>();
  #values = 0;

  /** @returns false when there are too many series or values: the metric is not counted */
  add(metric: StatsdMetric, nowMs: number): boolean {
    const series = this.#find(metric, nowMs);
    if (series === null || this.#values + metric.values.length > MAX_VALUES) return false;
    series.isTouched = true;
    series.touchedMs = nowMs;
    for (const text of metric.values) this.#addValue(series, metric, text);
    return true;
  }

  /**
   * The points of the interval that ends now; the next one begins.
   * @param intervalMs how long it was, above 0
   */
  flush(nowMs: number, intervalMs: number): StatsdPoint[] {
    const points: StatsdPoint[] = [];
    const isCrowded = this.#series.size > CROWDED_SERIES;
    for (const [key, series] of this.#series) {
      const isIdle = nowMs - series.touchedMs > IDLE_MS;
      if (isIdle && (isCrowded || series.metric.kind !== 'gauge')) this.#series.delete(key);
      else
        for (const [suffix, value] of summarize(series, intervalMs)) {
          points.push({ metric: nameStatsdSeries(series.metric, suffix), timestampMs: nowMs, value });
        }
      reset(series);
    }
    this.#values = 0;
    return points;
  }

  #find(metric: StatsdMetric, nowMs: number): Series | null {
    const key = `${metric.kind} ${nameStatsdSeries(metric, '')}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= MAX_SERIES) return null;
    const series: Series = {
      metric: { ...metric, values: [] },
      value: 0,
      events: 0,
      values: [],
      members: new Set(),
      isTouched: false,
      touchedMs: nowMs,
    };
    this.#series.set(key, series);
    return series;
  }

  #addValue(series: Series, { kind, rate }: StatsdMetric, text: string): void {
    if (kind === 'counter') series.value += Number(text) / rate;
    // A sign moves a gauge: it is set to something below zero by setting it to zero first.
    else if (kind === 'gauge') series.value = /^[+-]/.test(text) ? series.value + Number(text) : Number(text);
    else {
      this.#values += 1;
      if (kind === 'set') series.members.add(text);
      else {
        series.values.push(Number(text));
        series.events += 1 / rate;
      }
    }
  }
}

/** Suffixes of its series with their values. */
function summarize(
  series: Series,
  intervalMs: number,
): readonly (readonly [suffix: string, value: number])[] {
  const { metric, value, values, events, members, isTouched } = series;
  // Nothing counted is a count of 0; of the other kinds nothing is known of an interval in which nothing came.
  if (metric.kind === 'counter') return [['.rate', value / (intervalMs / 1000)]];
  if (!isTouched) return [];
  if (metric.kind === 'gauge') return [['', value]];
  if (metric.kind === 'set') return [['.count', members.size]];
  const sorted = Float64Array.from(values).sort();
  const at = (index: number) => sorted[Math.max(0, index)] ?? 0;
  const { length } = sorted;
  return [
    ['.count', events],
    ['.mean', sorted.reduce((sum, one) => sum + one, 0) / length],
    // As StatsD: the mean of the two in the middle, and a share that is rounded to the nearest count.
    ['.median', (at(Math.ceil(length / 2) - 1) + at(Math.floor(length / 2))) / 2],
    ['.upper_90', at(Math.round(UPPER_SHARE * length) - 1)],
    ['.upper', at(length - 1)],
  ];
}

function reset(series: Series): void {
  if (series.metric.kind !== 'gauge') series.value = 0;
  series.events = 0;
  series.values = [];
  series.members.clear();
  series.isTouched = false;
}
