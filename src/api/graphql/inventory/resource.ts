/** The type Resource. The list of resources is in resources.ts. */
import { readTags } from '../../../core/metrics/stored-tags.ts';
import type { MetricStatus } from '../../../model.ts';
import { builder } from '../builder/builder.ts';
import { DatasourceRef, MetricStatusRef } from '../builder/enums.ts';
import { parseResourceKey, readResourceId, writeResourceKey } from '../builder/node-id.ts';
import { nameServer } from '../../../core/sources/series-resource.ts';
import { ResourceTypeRef, SupportedMetricRef } from './resource-type.ts';
import { TagRef } from './tag.ts';

const MAX_STATES = 100;

const ResourceStateRef = builder
  .objectRef<{ readonly at: Date; readonly state: string }>('ResourceState')
  .implement({
    description: 'A state a resource came to.',
    fields: (t) => ({
      at: t.expose('at', { type: 'DateTime', description: 'When it was first seen in it.' }),
      state: t.exposeString('state', { description: 'running, available, …' }),
    }),
  });

/** From well to ill: the state of a resource is that of its worst metric. */
const SEVERITY: readonly MetricStatus[] = [
  'UNMONITORED',
  'ACTIVE',
  'PENDING_DATA',
  'CREATE_PENDING',
  'ERROR',
];

export const ResourceRef = builder.prismaNode('Resource', {
  description: 'The thing metrics belong to: an instance, a queue, the host.',
  nullable: true,
  id: { resolve: (resource) => writeResourceKey(resource) },
  findUnique: (id) => findResourceKey(id),
  fields: (t) => ({
    datasource: t.expose('datasource', { type: DatasourceRef, description: 'The source that knows it.' }),
    resourceId: t.exposeString('resourceId', { description: 'What its own world calls it.' }),
    name: t.exposeString('name', { nullable: true, description: 'Its friendly name.' }),
    type: t.exposeString('type', { description: 'A name of `resourceTypes`.' }),
    resourceType: t.field({
      type: ResourceTypeRef,
      nullable: true,
      description: 'What its source says of its type; null where it lists none, as for pushed metrics.',
      resolve: ({ datasource, type }, _args, { sources }) => {
        const found = sources
          .get(datasource)
          ?.catalogue()
          .find(({ name }) => name === type);
        return found === undefined ? null : { ...found, datasource };
      },
    }),
    region: t.exposeString('region', {
      description:
        'Where it is; local for the host, the bucket for InfluxDB, default for Prometheus, empty for pushed metrics.',
    }),
    namespace: t.exposeString('namespace', { description: 'Namespace of its metrics.' }),
    server: t.string({
      description:
        'Canonical name, as in `Metric.server`: region/namespace/id, or what it is called in pushed points.',
      resolve: (resource) => nameServer(resource),
    }),
    state: t.exposeString('state', {
      nullable: true,
      description: 'running, available, …; null where the source knows none.',
    }),
    tags: t.field({
      type: [TagRef],
      description: 'Its labels; of a pushed, InfluxDB or Prometheus resource those that all its series have.',
      resolve: ({ tags }) => [...readTags(tags)],
    }),
    status: t.field({
      type: MetricStatusRef,
      select: { metrics: { select: { status: true } } },
      description: 'The worst of its metrics: ERROR, CREATE_PENDING, PENDING_DATA, ACTIVE, UNMONITORED.',
      resolve: ({ metrics }) => findWorst(metrics.map(({ status }) => status)),
    }),
    metrics: t.relation('metrics', {
      query: { orderBy: [{ name: 'asc' }, { id: 'asc' }] },
      description: 'Its metrics by name.',
    }),
    stateHistory: t.field({
      type: [ResourceStateRef],
      select: { states: { orderBy: { at: 'desc' as const }, take: MAX_STATES } },
      description: `The states it was seen in, oldest first: the last ${MAX_STATES} changes.`,
      resolve: ({ states }) => states.toReversed(),
    }),
    supportedMetrics: t.field({
      type: [SupportedMetricRef],
      description: 'What can be monitored of it.',
      resolve: ({ datasource, type }, _args, { sources }) =>
        sources
          .get(datasource)
          ?.catalogue()
          .find(({ name }) => name === type)?.metrics ?? [],
    }),
  }),
});

/** Every list of resources by pages: of all, of an autostack, of one that is not made yet. */
export const ResourceConnectionRef = builder.connectionObject({
  type: ResourceRef,
  name: 'ResourceConnection',
  description: 'One page of resources.',
});

builder.queryField('resource', (t) =>
  t.prismaField({
    type: ResourceRef,
    nullable: true,
    description: 'The resource with this id; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'As read from `Resource.id`.' }) },
    resolve: (query, _root, { id }, { prisma }) => {
      const { datasource, ...unique } = readResourceId(id);
      return prisma.resource.findUnique({ ...query, where: { identity: unique, datasource } });
    },
  }),
);

/** @param id what `writeResourceKey` gave */
function findResourceKey(id: string) {
  const key = parseResourceKey(id);
  if (key === null) throw new Error(`not the key of a resource: ${id}`);
  const { datasource, ...unique } = key;
  return { identity: unique, datasource };
}

function findWorst(statuses: readonly MetricStatus[]): MetricStatus {
  const worst = Math.max(0, ...statuses.map((status) => SEVERITY.indexOf(status)));
  return SEVERITY[worst] ?? 'UNMONITORED';
}
