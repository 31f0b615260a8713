/** The series of the CloudWatch service. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import { builder } from '../builder/builder.ts';
import { DimensionInputRef } from '../builder/dimension-input.ts';
import { readPage, THING_PAGE } from '../builder/page.ts';

const DimensionRef = builder.prismaObject('CloudwatchDimension', {
  name: 'Dimension',
  description: 'One of the names and values that tell apart the CloudWatch metrics of one name.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    value: t.exposeString('value', { description: 'Its value.' }),
  }),
});

const CloudwatchMetricRef = builder.prismaObject('CloudwatchSeries', {
  name: 'CloudwatchMetric',
  description: 'A metric somebody put into the CloudWatch service of this server.',
  fields: (t) => ({
    namespace: t.exposeString('namespace', { description: 'Its namespace.' }),
    name: t.exposeString('name', { description: 'Its name.' }),
    dimensions: t.relation('dimensions', {
      type: DimensionRef,
      query: { orderBy: { name: 'asc' } },
      description: 'Its dimensions by name.',
    }),
    lastSeen: t.expose('lastSeen', {
      type: 'DateTime',
      description: 'When data last arrived, to a few minutes.',
    }),
  }),
});

const LARGEST_ID = 2_147_483_647;

builder.queryField('cloudwatchMetrics', (t) =>
  t.connection(
    {
      type: CloudwatchMetricRef,
      description: `The metrics of the CloudWatch service, in the order they were first seen. Pages of ${THING_PAGE.most} at most.`,
      args: {
        namespace: t.arg.string({ description: 'Only those of this namespace.' }),
        name: t.arg.string({ description: 'Only those of this name.' }),
        dimensions: t.arg({
          type: [DimensionInputRef],
          description: 'Only those that have every one of these dimensions, and perhaps more.',
        }),
      },
      resolve: async (_root, { namespace, name, dimensions, ...args }, context, info) => {
        const accountId = await context.cloudwatch.findFirstAccount();
        const where = {
          accountId,
          ...(namespace == null ? {} : { namespace }),
          ...(name == null ? {} : { name }),
          AND: (dimensions ?? []).map((wanted) => ({
            dimensions: {
              some: { name: wanted.name, ...(wanted.value == null ? {} : { value: wanted.value }) },
            },
          })),
        };
        return readPage({
          args,
          size: THING_PAGE,
          parseCursor: parseId,
          writeCursor: writeId,
          read: ({ after, before, limit, fromEnd }) =>
            context.prisma.cloudwatchSeries.findMany({
              ...queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']], include: {} }),
              where: { ...where, id: { gt: after ?? 0, lt: before ?? LARGEST_ID } },
              orderBy: { id: fromEnd ? 'desc' : 'asc' },
              take: limit,
            }),
          countAll: () => context.prisma.cloudwatchSeries.count({ where }),
        });
      },
    },
    { name: 'CloudwatchMetricConnection', description: 'One page of CloudWatch metrics.' },
    { name: 'CloudwatchMetricEdge', description: 'A CloudWatch metric and its place in the list.' },
  ),
);

function writeId({ id }: { readonly id: number }): string {
  return String(id);
}

function parseId(cursor: string): number | null {
  const id = /^\d{1,10}$/.test(cursor) ? Number(cursor) : NaN;
  return id <= LARGEST_ID ? id : null;
}
