/**
 * What one tick's resolvers ask for, asked of the database together. Nothing is remembered beyond the tick: the
 * context of a subscription lives for hours.
 */
import DataLoader from 'dataloader';
import type pg from 'pg';
import { type AnnotationWindow, readAnnotations } from '../../../core/annotations/read-annotations.ts';
import { type AnomalyStart, findLabelsAt } from '../../../core/annotations/labels-at.ts';
import {
  type BarCount,
  type BarOwner,
  readBarCounts,
  readBars,
  type StoredBar,
  type StoredBarRange,
} from '../../../core/bars/read-bars.ts';
import { countMembersOf, type MemberWindow, readMembersOf } from '../../../core/inventory/read-members.ts';
import { findIncidentsAt, type MetricTime } from '../../../core/incidents/incidents-at.ts';
import {
  countIncidentsOf,
  type IncidentWindow,
  readIncidentsOf,
} from '../../../core/incidents/read-incidents.ts';
import { findSilencesOf, type SilencedMetric } from '../../../core/incidents/silences.ts';
import {
  countSamples,
  type CountedSamples,
  readLatestSamples,
  readSamples,
  type SampleWindow,
} from '../../../core/samples/read-samples.ts';
import { type AnomalySpan, readAnomalySpans } from '../../../core/samples/read-anomaly-span.ts';
import { readSeries } from '../../../core/samples/read-series.ts';
import { NO_POINTS, type SeriesColumns, type SeriesRange } from '../../../core/samples/series.ts';
import type { StoredSample } from '../../../core/samples/stored-sample.ts';
import type {
  Annotation,
  AnomalyLabel,
  Incident,
  PrismaClient,
  Resource,
  Silence,
} from '../../../generated/prisma/client.ts';
import { createKeyedLoader, createLoader } from './keyed-loader.ts';
import { createRelatedLoaders, type RelatedLoaders } from './related-loaders.ts';

/** A metric with what every selection of it may need, so that none has to be fetched again. */
type LoadedMetric = NonNullable<Awaited<ReturnType<typeof findMetrics>>[number]>;

export interface Loaders {
  /** Metrics by their number; null when deleted meanwhile. */
  readonly metric: DataLoader<number, LoadedMetric | null>;
  /** The resources metrics of a server have, by the canonical name; several accounts may have one of the same name. */
  readonly resourcesOf: DataLoader<string, readonly Resource[] | null>;
  readonly latest: DataLoader<number, StoredSample | null>;
  /** Incidents that last at a moment of a metric. */
  readonly incidentsAt: DataLoader<MetricTime, readonly Incident[]>;
  /** Silences that last now, of a metric or its resource. */
  readonly silencesOf: DataLoader<SilencedMetric, readonly Silence[]>;
  /** The label of an anomaly that began at a time. */
  readonly labelAt: DataLoader<AnomalyStart, AnomalyLabel | null>;
  /** The anomaly an anomalous sample is a part of. */
  readonly anomalySpan: DataLoader<MetricTime, AnomalySpan | null>;
  /** How many incidents a metric has, by its uuid. */
  incidentCount(metricId: string): Promise<number>;
  sampleCount(range: CountedSamples, metricNumber: number): Promise<number>;
  /** The samples of a window for one metric. */
  samples(window: SampleWindow, metricNumber: number): Promise<readonly StoredSample[]>;
  series(range: SeriesRange, metricNumber: number): Promise<SeriesColumns>;
  /** The bars of one metric (by its number), resource or autostack (by their uuids). */
  bars(question: BarQuestion, key: number | string): Promise<readonly StoredBar[]>;
  barCounts(question: BarQuestion, key: number | string): Promise<readonly BarCount[]>;
  /** The notes on the resource of one metric. */
  annotations(window: AnnotationWindow, metricNumber: number): Promise<readonly Annotation[]>;
  incidents(window: IncidentWindow, metricId: string): Promise<readonly Incident[]>;
  /** The members of an autostack, by its uuid. */
  members(window: MemberWindow, stackId: string): Promise<readonly Resource[]>;
  memberCount(stackId: string): Promise<number>;
  readonly related: RelatedLoaders;
}

export interface BarQuestion {
  readonly owner: BarOwner;
  readonly range: StoredBarRange;
}

export function createLoaders({ pool, prisma }: { pool: pg.Pool; prisma: PrismaClient }): Loaders {
  const samples = createKeyedLoader((window: SampleWindow, numbers) => readSamples(pool, numbers, window));
  const series = createKeyedLoader((range: SeriesRange, numbers) => readSeries(pool, numbers, range));
  const bars = createKeyedLoader(({ owner, range }: BarQuestion, keys: readonly (number | string)[]) =>
    readBars(pool, owner, keys, range),
  );
  const barCounts = createKeyedLoader(({ owner, range }: BarQuestion, keys: readonly (number | string)[]) =>
    readBarCounts(pool, owner, keys, range),
  );
  const annotations = createKeyedLoader((window: AnnotationWindow, numbers) =>
    readAnnotations(pool, numbers, window),
  );
  const incidents = createKeyedLoader((window: IncidentWindow, ids: readonly string[]) =>
    readIncidentsOf(pool, ids, window),
  );
  const sampleCounts = createKeyedLoader((range: CountedSamples, numbers) =>
    countSamples(pool, numbers, range),
  );
  const incidentCounts = createLoader((ids: readonly string[]) => countIncidentsOf(pool, ids));
  const members = createKeyedLoader((window: MemberWindow, ids: readonly string[]) =>
    readMembersOf({ pool, prisma }, ids, window),
  );
  const memberCounts = createLoader((ids: readonly string[]) => countMembersOf(pool, ids));
  return {
    related: createRelatedLoaders(prisma),
    metric: createLoader(async (numbers) => {
      const metrics = await findMetrics(prisma, numbers);
      return new Map(metrics.map((metric) => [metric.number, metric]));
    }),
    resourcesOf: createLoader((servers: readonly string[]) => findResourcesOf(prisma, servers)),
    incidentsAt: new DataLoader(async (moments) => [...(await findIncidentsAt(prisma, moments))], {
      cache: false,
    }),
    silencesOf: new DataLoader(async (metrics) => [...(await findSilencesOf(prisma, metrics))], {
      cache: false,
    }),
    labelAt: new DataLoader(async (starts) => [...(await findLabelsAt(prisma, starts))], { cache: false }),
    anomalySpan: new DataLoader(async (samples) => [...(await readAnomalySpans(pool, samples))], {
      cache: false,
    }),
    incidentCount: async (metricId) => (await incidentCounts.load(metricId)) ?? 0,
    sampleCount: async (range, metricNumber) => (await sampleCounts(range).load(metricNumber)) ?? 0,
    latest: createLoader((numbers) => readLatestSamples(pool, numbers)),
    samples: async (window, metricNumber) => (await samples(window).load(metricNumber)) ?? [],
    bars: async (question, key) => (await bars(question).load(key)) ?? [],
    barCounts: async (question, key) => (await barCounts(question).load(key)) ?? [],
    annotations: async (window, metricNumber) => (await annotations(window).load(metricNumber)) ?? [],
    incidents: async (window, metricId) => (await incidents(window).load(metricId)) ?? [],
    members: async (window, stackId) => (await members(window).load(stackId)) ?? [],
    memberCount: async (stackId) => (await memberCounts.load(stackId)) ?? 0,
    series: async (range, metricNumber) => (await series(range).load(metricNumber)) ?? NO_POINTS,
  };
}

async function findResourcesOf(
  prisma: PrismaClient,
  servers: readonly string[],
): Promise<ReadonlyMap<string, readonly Resource[]>> {
  const metrics = await prisma.metric.findMany({
    where: { server: { in: [...servers] }, resourceId: { not: null } },
    distinct: ['server', 'resourceId'],
    orderBy: [{ server: 'asc' }, { resourceId: 'asc' }],
    select: { server: true, resource: true },
  });
  const found = new Map<string, Resource[]>();
  for (const { server, resource } of metrics) {
    if (resource === null) continue;
    const ofServer = found.get(server) ?? [];
    found.set(server, ofServer);
    ofServer.push(resource);
  }
  return found;
}

function findMetrics(prisma: PrismaClient, numbers: readonly number[]) {
  return prisma.metric.findMany({
    where: { number: { in: [...numbers] } },
    include: { progress: true, resource: true },
  });
}
