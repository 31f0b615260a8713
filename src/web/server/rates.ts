/** What counters say over time: how fast they rise. */
import type { ServerQuery } from '../generated/graphql.ts';

export type Counter = ServerQuery['serverInfo']['counters'][number];

/** All counters at one moment. */
export interface Reading {
  readonly timeMs: number;
  readonly values: ReadonlyMap<string, number>;
}

/** Two minutes of readings every two seconds. */
const MAX_READINGS = 60;

/** Adds up the parts of counters that are split by a reason. */
export function readCounters(counters: readonly Counter[], timeMs: number): Reading {
  const values = new Map<string, number>();
  for (const { name, value } of counters) values.set(name, (values.get(name) ?? 0) + value);
  return { timeMs, values };
}

/** Keeps the newest; a server that was started anew counts from 0, and so does the list. */
export function keepReading(readings: readonly Reading[], next: Reading): readonly Reading[] {
  const last = readings.at(-1);
  const restarted =
    last !== undefined &&
    (next.values.get('points_accepted') ?? 0) < (last.values.get('points_accepted') ?? 0);
  return restarted ? [next] : [...readings, next].slice(-MAX_READINGS);
}

/** Per second, one number for each pair of readings, oldest first. */
export function listRates(readings: readonly Reading[], name: string): readonly number[] {
  return readings.slice(1).map((reading, index) => {
    const before = readings[index];
    const seconds = (reading.timeMs - (before?.timeMs ?? reading.timeMs)) / 1000;
    const risen = (reading.values.get(name) ?? 0) - (before?.values.get(name) ?? 0);
    return seconds > 0 ? Math.max(0, risen / seconds) : 0;
  });
}
