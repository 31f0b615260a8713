/** One metric by its id, and the list of metrics. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { Prisma } from '../generated/prisma/client.ts';
import { builder } from './builder.ts';
import { DatasourceRef, MetricOrderRef, MetricStatusRef } from './enums.ts';
import { MetricRef } from './metric.ts';
import { METRIC_ORDERS } from './metric-order.ts';
import { readMetricId } from './node-id.ts';
import { readPage, THING_PAGE } from './page.ts';

const MetricFilterRef = builder.inputType('MetricFilter', {
  description: 'Which metrics; all conditions have to hold.',
  fields: (t) => ({
    nameContains: t.string({ description: 'With this in their name, capitals or not.' }),
    datasource: t.field({ type: DatasourceRef, description: 'Of this source.' }),
    status: t.field({ type: MetricStatusRef, description: 'In this status.' }),
    server: t.string({ description: 'Of this resource, by its canonical name.' }),
    location: t.string({ description: 'In this region.' }),
  }),
});

builder.queryField('metric', (t) =>
  t.prismaField({
    type: MetricRef,
    nullable: true,
    description: 'The metric with this id; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'As read from `Metric.id`.' }) },
    resolve: (query, _root, { id }, { prisma }) =>
      prisma.metric.findUnique({ ...query, where: { id: readMetricId(id) } }),
  }),
);

builder.queryField('metrics', (t) =>
  t.connection(
    {
      type: MetricRef,
      description: `Every known metric, monitored or not. Pages of ${THING_PAGE.most} at most.`,
      args: {
        filter: t.arg({ type: MetricFilterRef, description: 'Which of them; all when left out.' }),
        orderBy: t.arg({
          type: MetricOrderRef,
          required: true,
          defaultValue: 'NAME',
          description: 'In which order.',
        }),
      },
      resolve: async (_root, { filter, orderBy, ...args }, context, info) => {
        const order = METRIC_ORDERS[orderBy];
        const wanted = toWhere(filter ?? {});
        const page = await readPage({
          args,
          size: THING_PAGE,
          parseCursor: order.parseCursor,
          writeCursor: order.writeCursor,
          read: ({ after, before, limit, fromEnd }) =>
            context.prisma.metric.findMany({
              ...queryFromInfo({
                context,
                info,
                paths: [['nodes'], ['edges', 'node']],
                include: { progress: true },
              }),
              where: {
                AND: [
                  wanted,
                  after === null ? {} : order.follows(after),
                  before === null ? {} : order.precedes(before),
                ],
              },
              orderBy: fromEnd ? order.backward : order.forward,
              take: limit,
            }),
        });
        return { ...page, countAll: () => context.prisma.metric.count({ where: wanted }) };
      },
    },
    {
      name: 'MetricConnection',
      description: 'One page of metrics.',
      fields: (page) => ({
        totalCount: page.int({
          description: 'How many metrics the filter lets through, on all pages.',
          resolve: ({ countAll }) => countAll(),
        }),
      }),
    },
    { name: 'MetricEdge', description: 'A metric and its place in the list.' },
  ),
);

function toWhere(filter: typeof MetricFilterRef.$inferInput): Prisma.MetricWhereInput {
  const { nameContains, datasource, status, server, location } = filter;
  return {
    ...(nameContains == null ? {} : { name: { contains: escapeLike(nameContains), mode: 'insensitive' } }),
    ...(datasource == null ? {} : { datasource }),
    ...(status == null ? {} : { status }),
    ...(server == null ? {} : { server }),
    ...(location == null ? {} : { location }),
  };
}

/** Prisma hands `contains` to LIKE as it is, where % and _ would match anything. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
