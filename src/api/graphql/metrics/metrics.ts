/** One metric by its id, and the list of metrics. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import { DEFAULT_WINDOW } from '../../../core/bars/bar-window.ts';
import { InvalidInputError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { BarWindowRef, MetricOrderRef } from '../builder/enums.ts';
import { chooseCurrentRange, MetricFilterRef } from './metric-filter.ts';
import { findKnownById, findKnownPage } from './registry-metric.ts';
import { MetricRef } from './metric.ts';
import { MetricSpecInputRef, nameSource, readSpec } from './metric-input.ts';
import { readMetricId } from '../builder/node-id.ts';
import { readOrderedPage } from './ordered-metrics.ts';
import { THING_PAGE } from '../builder/page.ts';
import { asksTotalCount } from '../builder/selection.ts';
import { readRankedPage } from './ranked-metrics.ts';

const DEFAULT_ORDER = 'NAME';

builder.queryField('metric', (t) =>
  t.prismaField({
    type: MetricRef,
    nullable: true,
    description: 'The metric with this id; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'As read from `Metric.id`.' }) },
    resolve: async (query, _root, { id: given }, { prisma, registry }, info) => {
      const id = readMetricId(given);
      return findKnownById(registry, id, info) ?? prisma.metric.findUnique({ ...query, where: { id } });
    },
  }),
);

builder.queryField('metricBySpec', (t) =>
  t.prismaField({
    type: MetricRef,
    nullable: true,
    description: 'The metric `monitorMetric` would monitor, as it is now; null when it is not known.',
    args: { spec: t.arg({ type: MetricSpecInputRef, required: true, description: 'Which metric.' }) },
    resolve: (query, _root, { spec: given }, { monitor, prisma }) => {
      const { datasource, spec } = readSpec(given, ['spec']);
      try {
        const id = monitor.findBySpec(datasource, spec);
        return id === null ? null : prisma.metric.findUnique({ ...query, where: { id } });
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        // Sources name fields of the spec they were given.
        throw new InvalidInputError(error.message, ['spec', ...nameSource(given), ...error.inputPath]);
      }
    },
  }),
);

builder.queryField('metrics', (t) =>
  t.connection(
    {
      type: MetricRef,
      nullable: true,
      description: `Every known metric, monitored or not. Pages of ${THING_PAGE.most} at most.`,
      args: {
        filter: t.arg({ type: MetricFilterRef, description: 'Which of them; all when left out.' }),
        orderBy: t.arg({
          type: MetricOrderRef,
          defaultValue: DEFAULT_ORDER,
          description: 'In which order.',
        }),
        window: t.arg({
          type: BarWindowRef,
          defaultValue: DEFAULT_WINDOW,
          description: 'What `orderBy: ANOMALY` and `filter.minClass` look at; it ends now.',
        }),
      },
      resolve: async (_root, { filter: given, orderBy, window, ...args }, context, info) => {
        const filter = given ?? {};
        const order = orderBy ?? DEFAULT_ORDER;
        const range = chooseCurrentRange(window ?? DEFAULT_WINDOW);
        const findMany = async (ids: readonly string[]) =>
          findKnownPage(context.registry, ids, info) ??
          (await context.prisma.metric.findMany({
            ...queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']], include: {} }),
            where: { id: { in: [...ids] } },
          }));
        const list = { context, args, filter, range, findMany, counted: asksTotalCount(info) };
        if (order === 'LAST_TIMESTAMP') await context.saveProgress();
        return order === 'ANOMALY' ? readRankedPage(list) : readOrderedPage({ ...list, order });
      },
    },
    { name: 'MetricConnection', description: 'One page of metrics.' },
    { name: 'MetricEdge', description: 'A metric and its place in the list.' },
  ),
);
