/** Samples of three hosts, pushed to the service, and what plain arrays make of them. */
import { expect } from 'vitest';
import { at, type Service } from './service.ts';

export const MINUTES = 40;
export const HOSTS = ['a', 'b', 'c'];
const ZONES = ['x', 'y'];

/** A sample: of which host, how many minutes ago, in which unit. */
export interface Pushed {
  readonly host: string;
  readonly ago: number;
  readonly value: number;
  readonly unit: 'Percent' | 'Count';
}
/** The same in every run: some minutes have many samples, some none, one host has two units. */
export const PUSHED: readonly Pushed[] = Array.from({ length: 400 }, (_, i) => {
  const host = HOSTS[i % 3] ?? 'a';
  const ago = 1 + ((i * i * 31 + i * 7) % MINUTES);
  return {
    host,
    ago,
    value: ((i * 7919) % 201) - 100,
    unit: host === 'c' && i % 2 === 0 ? 'Count' : 'Percent',
  };
});
export const zoneOf = (host: string) => ZONES[HOSTS.indexOf(host) % 2] ?? 'x';
const timeOf = ({ ago }: Pushed) => at(-ago).getTime();

export async function pushSamples(service: Service): Promise<void> {
  for (let from = 0; from < PUSHED.length; from += 150) {
    await service.ask('PutMetricData', {
      Namespace: 'Shop',
      MetricData: PUSHED.slice(from, from + 150).map(({ host, ago, value, unit }) => ({
        MetricName: 'load',
        Dimensions: dimensionsOf(host),
        Timestamp: at(-ago),
        Value: value,
        Unit: unit,
      })),
    });
  }
}

function dimensionsOf(host: string) {
  return [
    { Name: 'zone', Value: zoneOf(host) },
    { Name: 'host', Value: host },
  ];
}

const add = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
/** Of a list that is not empty. */
export const STATISTICS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Sum: add,
  Average: (values) => add(values) / values.length,
  Minimum: (values) => Math.min(...values),
  Maximum: (values) => Math.max(...values),
  SampleCount: (values) => values.length,
  p50: (values) => pick(values, 0.5),
  p90: (values) => pick(values, 0.9),
};

function pick(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** Time of the period → what the samples in it give, oldest first. */
export function summarize(
  samples: readonly Pushed[],
  {
    startMs,
    endMs,
    periodSeconds,
    stat,
  }: { startMs: number; endMs: number; periodSeconds: number; stat: string },
): readonly (readonly [number, number])[] {
  const periods = new Map<number, number[]>();
  for (const sample of samples) {
    const timeMs = timeOf(sample);
    if (timeMs < startMs || timeMs >= endMs) continue;
    const period = startMs + Math.floor((timeMs - startMs) / (periodSeconds * 1000)) * periodSeconds * 1000;
    periods.set(period, [...(periods.get(period) ?? []), sample.value]);
  }
  return [...periods]
    .sort(([a], [b]) => a - b)
    .map(([time, values]) => [time, STATISTICS[stat]?.(values) ?? NaN] as const);
}

export const ofHost = (host: string, unit?: string) =>
  PUSHED.filter((sample) => sample.host === host && (unit === undefined || sample.unit === unit));
export const metricOf = (host: string) => ({
  Namespace: 'Shop',
  MetricName: 'load',
  Dimensions: dimensionsOf(host),
});

export function expectSame(found: readonly (readonly [number, number])[], expected: typeof found): void {
  expect(found.map(([time]) => time)).toEqual(expected.map(([time]) => time));
  for (const [i, [, value]] of found.entries()) expect(value).toBeCloseTo(expected[i]?.[1] ?? NaN, 9);
}
