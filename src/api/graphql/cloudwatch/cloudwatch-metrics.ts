/** The series of the CloudWatch service. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { Prisma } from '../../../generated/prisma/client.ts';
import { builder } from '../builder/builder.ts';
import { type DimensionInput, DimensionInputRef } from '../builder/dimension-input.ts';
import { readOneOf, readRange, whereContains, whereOneOf } from '../builder/filter-input.ts';
import { readPage, THING_PAGE } from '../builder/page.ts';

const DimensionRef = builder.prismaObject('CloudwatchDimension', {
  name: 'Dimension',
  description: 'One of the names and values that distinguish the CloudWatch metrics of one name.',
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

const CloudwatchMetricFilterRef = builder.inputType('CloudwatchMetricFilter', {
  description: 'Which CloudWatch metrics; all conditions have to hold.',
  fields: (t) => ({
    namespaces: t.stringList({ description: 'Of one of these namespaces.' }),
    names: t.stringList({ description: 'With one of these names.' }),
    nameContains: t.string({ description: 'With this in their name, capitals or not.' }),
    dimensions: t.field({
      type: [DimensionInputRef],
      description: 'That have every one of these dimensions, and perhaps more.',
    }),
    lastSeenFrom: t.field({
      type: 'DateTime',
      description: 'Whose data last arrived at this time or later.',
    }),
  }),
});

builder.queryField('cloudwatchMetrics', (t) =>
  t.connection(
    {
      type: CloudwatchMetricRef,
      nullable: true,
      description: `The metrics of the CloudWatch service, in the order they were first seen. Pages of ${THING_PAGE.most} at most.`,
      args: {
        filter: t.arg({ type: CloudwatchMetricFilterRef, description: 'Which of them; all when left out.' }),
        namespace: t.arg.string({
          description: 'Only those of this namespace.',
          deprecationReason: 'Use `filter.namespaces`.',
        }),
        name: t.arg.string({
          description: 'Only those of this name.',
          deprecationReason: 'Use `filter.names`.',
        }),
        dimensions: t.arg({
          type: [DimensionInputRef],
          description: 'Only those that have every one of these dimensions, and perhaps more.',
          deprecationReason: 'Use `filter.dimensions`.',
        }),
      },
      resolve: async (_root, { filter, namespace, name, dimensions, ...args }, context, info) => {
        const accountId = await context.cloudwatch.findFirstAccount();
        const where = {
          accountId,
          AND: [
            ...toConditions(filter ?? {}, { namespace, name }),
            ...[...(filter?.dimensions ?? []), ...(dimensions ?? [])].map(hasDimension),
          ],
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

type CloudwatchMetricFilter = typeof CloudwatchMetricFilterRef.$inferInput;

/** @param alone the former arguments for one value; both have to hold @throws InvalidInputError naming the field */
function toConditions(
  filter: CloudwatchMetricFilter,
  alone: { readonly namespace?: string | null | undefined; readonly name?: string | null | undefined },
): Prisma.CloudwatchSeriesWhereInput[] {
  return [
    whereOneOf('namespace', readOneOf(filter.namespaces, ['filter', 'namespaces'], alone.namespace)),
    whereOneOf('name', readOneOf(filter.names, ['filter', 'names'], alone.name)),
    whereContains('name', filter.nameContains),
    { lastSeen: readRange(filter.lastSeenFrom, null) },
  ];
}

function hasDimension({ name, value }: DimensionInput): Prisma.CloudwatchSeriesWhereInput {
  return { dimensions: { some: { name, ...(value == null ? {} : { value }) } } };
}

function writeId({ id }: { readonly id: number }): string {
  return String(id);
}

function parseId(cursor: string): number | null {
  const id = /^\d{1,10}$/.test(cursor) ? Number(cursor) : NaN;
  return id <= LARGEST_ID ? id : null;
}
