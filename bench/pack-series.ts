/** The series of which it is seen how many bytes they take: what is pushed, by sets. */
import { join } from 'node:path';
import { makePoint } from './demo-history.ts';
import { createChance, DEMO_SERIES, drawNoise, listFleet } from './demo-series.ts';
import { parseTime, readNames, readSeries } from './nab-series.ts';

export interface Point {
  readonly metric: string;
  readonly timestampMs: number;
  readonly value: number;
}

export interface SeriesSet {
  readonly name: string;
  readonly metrics: readonly string[];
  /** In the order in which they come. */
  readonly points: () => Iterable<Point>;
}

export const END_MS = Date.parse('2026-11-01T00:00:00Z');
export const STEP_MS = 300_000;
const DAY_MS = 86_400_000;
const YEAR_STEPS = 105_120;
const HOST_STEP_MS = 10_000;

/** Five minutes for each point, values with five digits: the shop of the demo, and a fleet of machines. */
export function listDemo(days: number, fleet: number): readonly SeriesSet[] {
  const steps = (days * DAY_MS) / STEP_MS;
  return [
    { name: 'demo', series: DEMO_SERIES },
    { name: 'fleet', series: listFleet(fleet, STEP_MS) },
  ]
    .filter(({ series }) => series.length > 0)
    .map(({ name, series }) => ({
      name,
      metrics: series.map((one) => one.name),
      points: function* () {
        const chances = series.map((_, index) => createChance(index + 1));
        for (let timeMs = END_MS - steps * STEP_MS; timeMs < END_MS; timeMs += STEP_MS)
          for (const [index, one] of series.entries()) {
            const { metric, value } = makePoint(one, timeMs, END_MS, chances[index]);
            yield { metric, timestampMs: timeMs, value };
          }
      },
    }));
}

/** A year of the first metric of the demo. */
export function makeYear(metric: string): SeriesSet {
  return {
    name: 'year',
    metrics: [metric],
    points: function* () {
      const [one] = DEMO_SERIES;
      const chance = createChance(1);
      for (
        let timeMs = END_MS - YEAR_STEPS * STEP_MS;
        one !== undefined && timeMs < END_MS;
        timeMs += STEP_MS
      )
        yield { metric, timestampMs: timeMs, value: makePoint(one, timeMs, END_MS, chance).value };
    },
  };
}

/** A day of what a host says of itself: counts of ticks and bytes over times that are never quite ten seconds. */
export function makeHostDay(): SeriesSet {
  const chance = createChance(7);
  const bytes = (scale: number) => (place: number, seconds: number) =>
    (Math.max(0, Math.round(scale * (1 + drawNoise(chance, place)))) * 4096) / seconds;
  const makers: Readonly<Record<string, (place: number, seconds: number) => number>> = {
    CPUUtilization: (place, seconds) =>
      (100 * Math.round(40 + 12 * drawNoise(chance, place))) / Math.round(200 * seconds),
    MemoryUtilization: (place) =>
      (100 * (4_100_000 + Math.round(900 * drawNoise(chance, place)))) / 8_127_332,
    LoadAverage1: (place) => Math.round(40 + 8 * drawNoise(chance, place >> 3)) / 100,
    DiskReadBytesPerSecond: (place, seconds) => (chance(place) < 0.9 ? 0 : bytes(20)(place, seconds)),
    DiskWriteBytesPerSecond: bytes(60),
    NetworkInBytesPerSecond: bytes(9),
    NetworkOutBytesPerSecond: bytes(7),
    EventLoopDelay: (place) => (10_000_000 + Math.round(chance(place) * 1e6)) / 1e6,
  };
  return {
    name: 'host',
    metrics: Object.keys(makers).map((name) => `host.${name}`),
    points: function* () {
      for (let timeMs = END_MS - DAY_MS; timeMs < END_MS; timeMs += HOST_STEP_MS)
        for (const [index, [name, make]] of Object.entries(makers).entries()) {
          const place = (timeMs / HOST_STEP_MS) * 16 + index;
          const seconds = 10 + Math.round(4 * chance(place + 1)) / 1000;
          yield { metric: `host.${name}`, timestampMs: timeMs, value: make(place, seconds) };
        }
    },
  };
}

/**
 * Series of the Numenta Anomaly Benchmark, those that a list names, moved so that each ends with the others: a month that
 * holds next to nothing costs its tables.
 * @param folder with `data/` in it
 */
export function readDevelopment(folder: string, list: string): SeriesSet {
  const names = readNames(join(folder, list));
  return {
    name: 'development',
    metrics: names,
    points: function* () {
      for (const metric of names) {
        const { rows } = readSeries(folder, metric);
        const lateMs = END_MS - parseTime(rows.at(-1)?.time ?? '');
        for (const { time, value } of rows)
          yield { metric, timestampMs: parseTime(time) + lateMs, value: Number(value) };
      }
    },
  };
}
