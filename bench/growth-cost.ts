/** What a point costs: CPU of the engine in this process and of its database, over shapes of batches that stay the same. */
import type { Pusher } from './ingest-push.ts';
import { readDatabaseCpuSeconds } from './measure-cpu.ts';
import { printFigure } from './measure.ts';

/** How the points of a batch are spread: as many in all, and as many pushes, in every shape and at every size. */
export interface Shape {
  readonly name: string;
  /** Metrics of a batch. */
  readonly metrics: number;
  /** Consecutive points of each. */
  readonly points: number;
}

export interface Cost {
  readonly cpuUs: number;
  readonly databaseUs: number;
  readonly pointsPerSecond: number;
}

/** What is pushed to, and how far the time of each metric has come. */
export interface Pushed {
  readonly pusher: Pusher;
  readonly names: readonly string[];
  /** Seconds since the start of every metric. */
  row: number;
  /** The metric whose turn it is. */
  at: number;
}

export const START_MS = Date.parse('2026-03-20T00:00:00Z');
const POINTS_PER_PUSH = 100;

/** Batch by batch, each of the next metrics, from the first one again when all have had theirs. @returns how many */
export async function pushPoints(pushed: Pushed, shape: Shape, points: number): Promise<number> {
  const { pusher, names } = pushed;
  let count = 0;
  while (count < points) {
    const batch: Promise<void>[] = [];
    for (let row = pushed.row; row < pushed.row + shape.points; row += 1) {
      for (let from = pushed.at; from < pushed.at + shape.metrics; from += POINTS_PER_PUSH) {
        const portion = names.slice(from, from + POINTS_PER_PUSH);
        const values = portion.map((_, index) => makeValue(row, from + index));
        batch.push(pusher.push({ names: portion, values, timestampMs: START_MS + row * 1000 }));
        count += portion.length;
      }
    }
    await Promise.all(batch);
    pushed.at += shape.metrics;
    if (pushed.at >= names.length) startOver(pushed, shape);
  }
  return count;
}

function startOver(pushed: Pushed, shape: Shape): void {
  pushed.at = 0;
  pushed.row += shape.points;
}

/** Ends a pass in which not every metric got its points: what follows begins with the first one, later. */
export function endPass(pushed: Pushed, shape: Shape): void {
  if (pushed.at > 0) startOver(pushed, shape);
}

function makeValue(row: number, metric: number): number {
  return 50 + 20 * Math.sin((row + metric) / 30) + ((row * 7919 + metric * 104_729) % 997) / 100;
}

/** @param work what pushes points, and waits for all that belongs to their cost. It returns how many */
export async function measureCost(connection: string, work: () => Promise<number>): Promise<Cost> {
  const before = {
    own: process.cpuUsage(),
    database: await readDatabaseCpuSeconds(connection),
    at: performance.now(),
  };
  const points = await work();
  const seconds = (performance.now() - before.at) / 1000;
  const own = process.cpuUsage(before.own);
  const database = (await readDatabaseCpuSeconds(connection)) - before.database;
  return {
    cpuUs: (own.user + own.system) / points,
    databaseUs: (database * 1e6) / points,
    pointsPerSecond: points / seconds,
  };
}

/** The smallest, whatever it is called, is what the others are held against. */
export interface Smallest {
  readonly name: string;
  readonly cost: Cost;
}

export function printCost(beside: string, cost: Cost, smallest: Smallest): void {
  const sum = (one: Cost) => one.cpuUs + one.databaseUs;
  const against = { name: smallest.name, value: sum(smallest.cost) };
  printFigure({ name: `CPU of a point beside ${beside}`, value: sum(cost), unit: 'µs', against });
  printFigure({ name: `of it in PostgreSQL, beside ${beside}`, value: cost.databaseUs, unit: 'µs' });
  printFigure({ name: `points beside ${beside}`, value: cost.pointsPerSecond, unit: 'points/s' });
}
