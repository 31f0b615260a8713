/**
 * What one tick's resolvers ask for, asked of the database together. Nothing is remembered beyond the tick: the
 * context of a subscription lives for hours.
 */
import DataLoader from 'dataloader';
import type pg from 'pg';
import { readLatestSamples, readSamples, type SampleWindow } from '../db/read-samples.ts';
import { readSeries, type SeriesPoint, type SeriesRange } from '../db/read-series.ts';
import type { StoredSample } from '../db/stored-sample.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';

/** A metric with what every selection of it may need, so that none has to be fetched again. */
export type LoadedMetric = NonNullable<Awaited<ReturnType<typeof findMetrics>>[number]>;

export interface Loaders {
  /** Metrics by their number; null when deleted meanwhile. */
  readonly metric: DataLoader<number, LoadedMetric | null>;
  readonly latest: DataLoader<number, StoredSample | null>;
  /** The samples of a window for one metric. */
  samples(window: SampleWindow, metricNumber: number): Promise<readonly StoredSample[]>;
  series(range: SeriesRange, metricNumber: number): Promise<readonly SeriesPoint[]>;
}

export function createLoaders({ pool, prisma }: { pool: pg.Pool; prisma: PrismaClient }): Loaders {
  const samples = createKeyedLoader((window: SampleWindow, numbers) => readSamples(pool, numbers, window));
  const series = createKeyedLoader((range: SeriesRange, numbers) => readSeries(pool, numbers, range));
  return {
    metric: createLoader(async (numbers) => {
      const metrics = await findMetrics(prisma, numbers);
      return new Map(metrics.map((metric) => [metric.number, metric]));
    }),
    latest: createLoader((numbers) => readLatestSamples(pool, numbers)),
    samples: async (window, metricNumber) => (await samples(window).load(metricNumber)) ?? [],
    series: async (range, metricNumber) => (await series(range).load(metricNumber)) ?? [],
  };
}

function findMetrics(prisma: PrismaClient, numbers: readonly number[]) {
  return prisma.metric.findMany({
    where: { number: { in: [...numbers] } },
    include: { progress: true, resource: true },
  });
}

function createLoader<T>(read: (numbers: readonly number[]) => Promise<ReadonlyMap<number, T>>) {
  return new DataLoader<number, T | null>(
    async (numbers) => {
      const found = await read([...new Set(numbers)]);
      return numbers.map((number) => found.get(number) ?? null);
    },
    { cache: false },
  );
}

/** One loader per distinct question of the tick: fields with equal arguments are answered together. */
function createKeyedLoader<Question, T>(
  read: (question: Question, numbers: readonly number[]) => Promise<ReadonlyMap<number, T>>,
) {
  const loaders = new Map<string, DataLoader<number, T | null>>();
  return (question: Question) => {
    const key = JSON.stringify(question);
    const known = loaders.get(key);
    if (known !== undefined) return known;
    const loader = createLoader((numbers) => {
      loaders.delete(key);
      return read(question, numbers);
    });
    loaders.set(key, loader);
    return loader;
  };
}
