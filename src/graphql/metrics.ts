/** One metric by its id, and the list of metrics. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { Prisma } from '../generated/prisma/client.ts';
import { builder } from './builder.ts';
import { BarWindowRef, MetricOrderRef } from './enums.ts';
import { chooseCurrentRange, MetricFilterRef, toWhere } from './metric-filter.ts';
import { findKnownPage } from './known-metric.ts';
import { MetricRef } from './metric.ts';
import { METRIC_ORDERS } from './metric-order.ts';
import { readMetricId } from './node-id.ts';
import { readPage, THING_PAGE } from './page.ts';
import { readRankedPage } from './ranked-metrics.ts';

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
        window: t.arg({
          type: BarWindowRef,
          required: true,
          defaultValue: 'DAYS',
          description: 'What `orderBy: ANOMALY` and `filter.minClass` look at; it ends now.',
        }),
      },
      resolve: async (_root, { filter: given, orderBy, window, ...args }, context, info) => {
        const filter = given ?? {};
        const range = chooseCurrentRange(window);
        const findMany = (query: Omit<Prisma.MetricFindManyArgs, 'select' | 'include'>) =>
          context.prisma.metric.findMany({
            ...queryFromInfo({
              context,
              info,
              paths: [['nodes'], ['edges', 'node']],
              include: { progress: true },
            }),
            ...query,
          });
        const countAll = async () =>
          context.prisma.metric.count({ where: await toWhere(filter, range, context) });
        if (orderBy === 'ANOMALY') {
          const find = async (ids: readonly string[]) =>
            findKnownPage(context.registry, ids, info) ??
            (await findMany({ where: { id: { in: [...ids] } } }));
          return { ...(await readRankedPage({ context, args, filter, range, findMany: find })), countAll };
        }
        if (orderBy === 'LAST_TIMESTAMP') await context.saveProgress();
        const order = METRIC_ORDERS[orderBy];
        const wanted = await toWhere(filter, range, context);
        const page = await readPage({
          args,
          size: THING_PAGE,
          parseCursor: order.parseCursor,
          writeCursor: order.writeCursor,
          read: ({ after, before, limit, fromEnd }) =>
            findMany({
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
        return { ...page, countAll };
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
