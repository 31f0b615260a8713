/** The subscription to changes of status. */
import { builder } from '../builder/builder.ts';
import { AFTER_DESCRIPTION, followChanges } from '../builder/changes.ts';
import { DatasourceRef, MetricStatusRef } from '../builder/enums.ts';
import { readOneOf, readOneOfIds, whereOneOf } from '../builder/filter-input.ts';
import { readIdsOf } from '../builder/node-id.ts';
import { MetricRef } from './metric.ts';

const MetricStatusFilterRef = builder.inputType('MetricStatusFilter', {
  description: 'Which metrics; all conditions have to hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'With one of these ids.' }),
    names: t.stringList({ description: 'With one of these names.' }),
    sources: t.field({ type: [DatasourceRef], description: 'Of one of these sources.' }),
    statuses: t.field({ type: [MetricStatusRef], description: 'In one of these statuses.' }),
    servers: t.stringList({ description: 'Of one of these resources, by their canonical names.' }),
  }),
});

builder.subscriptionField('metricStatus', (t) =>
  t.field({
    type: MetricRef,
    description:
      'A metric, whenever its status changed. Several changes in a row may come as one; a deleted metric no longer comes.',
    args: {
      filter: t.arg({
        type: MetricStatusFilterRef,
        description: 'Only metrics that are so when the change is read; all when left out.',
      }),
      after: t.arg.string({ description: AFTER_DESCRIPTION }),
      ids: t.arg.idList({
        description: 'Only these metrics; all when left out.',
        deprecationReason: 'Use `filter: { ids }`.',
      }),
    },
    subscribe: (_root, { filter, after, ids }, context) => {
      const conditions = [toStatusWhere(filter ?? {}), whereOneOf('id', readIdsOf('Metric', ids, ['ids']))];
      return followChanges(context, after, {
        feed: context.statusFeed,
        read: (seen, take) =>
          context.prisma.metric.findMany({
            where: { AND: conditions, changeNumber: { gt: seen } },
            include: { progress: true, resource: true },
            orderBy: { changeNumber: 'asc' },
            take,
          }),
      });
    },
    resolve: (metric) => metric,
  }),
);

/** @throws InvalidInputError naming the field */
function toStatusWhere(filter: typeof MetricStatusFilterRef.$inferInput) {
  const path = (name: keyof typeof filter) => ['filter', name];
  return {
    ...whereOneOf('id', readOneOfIds('Metric', filter.ids, path('ids'))),
    ...whereOneOf('name', readOneOf(filter.names, path('names'))),
    ...whereOneOf('datasource', readOneOf(filter.sources, path('sources'))),
    ...whereOneOf('status', readOneOf(filter.statuses, path('statuses'))),
    ...whereOneOf('server', readOneOf(filter.servers, path('servers'))),
  };
}
