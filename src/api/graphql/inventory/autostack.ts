/** The type Autostack, and the lists of autostacks. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import { countAutostacks, ORDER_PARTS, readAutostacks } from '../../../core/inventory/read-resources.ts';
import { readTagFilters } from '../../../core/metrics/stored-tags.ts';
import { builder } from '../builder/builder.ts';
import { readKeysetPage } from './keyset-page.ts';
import { readMembers } from './member-page.ts';
import { MetricRef } from '../metrics/metric.ts';
import { readIdOf } from '../builder/node-id.ts';
import { THING_PAGE } from '../builder/page.ts';
import { AutostackFilterRef, AutostackOrderRef, toAutostackSelection } from './inventory-filter.ts';
import { ResourceConnectionRef, ResourceRef } from './resource.ts';
import { TagFilterRef } from './tag-filter.ts';

const DEFAULT_ORDER = 'REGION';

export const AutostackRef = builder.prismaNode('Autostack', {
  description:
    'A group of resources of one region, chosen by their tags and attributes, and monitored as one.',
  nullable: true,
  id: { field: 'id' },
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name; one of a kind in its region.' }),
    region: t.exposeString('region', { description: 'Where its members are.' }),
    resourceType: t.exposeString('resourceType', { description: 'What its members are.' }),
    filters: t.field({
      type: [TagFilterRef],
      description: 'What chooses its members: every filter has to match.',
      resolve: ({ filters }) => [...readTagFilters(filters)],
    }),
    includeStopped: t.exposeBoolean('includeStopped', {
      description: 'Whether resources that do not run are members too.',
    }),
    listedAt: t.expose('listedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its members were last looked up; null while they never were.',
    }),
    problem: t.exposeString('problem', {
      nullable: true,
      description: 'Why its members are not what its filters say; null while they are.',
    }),
    memberCount: t.int({
      description: 'How many members it has.',
      select: { _count: { select: { members: { where: { leftAt: null } } } } },
      resolve: ({ _count }) => _count.members,
    }),
    metrics: t.relation('metrics', {
      query: { orderBy: [{ name: 'asc' }, { id: 'asc' }] },
      description: 'Its metrics by name.',
    }),
    members: t.connection(
      {
        type: ResourceRef,
        nullable: true,
        description: `Its members by id. Pages of ${THING_PAGE.most} at most.`,
        resolve: (stack, args, context) => readMembers(stack, args, context),
      },
      ResourceConnectionRef,
    ),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
  }),
});

builder.prismaObjectField(MetricRef, 'autostack', (t) =>
  t.relation('autostack', {
    type: AutostackRef,
    nullable: true,
    description: 'The group it is a metric of; null for other metrics.',
    resolve: (query, { autostackId }, _args, { loaders }) => loaders.related.autostack(query, autostackId),
  }),
);

builder.prismaObjectFields(ResourceRef, (t) => ({
  autostacks: t.field({
    type: [AutostackRef],
    select: (_args, _context, nested) => ({
      stacks: {
        where: { leftAt: null },
        orderBy: { autostack: { name: 'asc' } },
        select: { autostack: nested(true) },
      },
    }),
    description: 'The autostacks it is a member of now, by name.',
    resolve: ({ stacks }) => stacks.map(({ autostack }) => autostack),
  }),
}));

builder.queryField('autostack', (t) =>
  t.prismaField({
    type: AutostackRef,
    nullable: true,
    description: 'The autostack with this id; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'As read from `Autostack.id`.' }) },
    resolve: (query, _root, { id }, { prisma }) =>
      prisma.autostack.findUnique({ ...query, where: { id: readIdOf('Autostack', id, ['id']) } }),
  }),
);

builder.queryField('autostacks', (t) =>
  t.connection(
    {
      type: AutostackRef,
      nullable: true,
      description: `Every autostack. Pages of ${THING_PAGE.most} at most.`,
      args: {
        filter: t.arg({ type: AutostackFilterRef, description: 'Which of them; all when left out.' }),
        orderBy: t.arg({
          type: AutostackOrderRef,
          defaultValue: DEFAULT_ORDER,
          description: 'In which order.',
        }),
      },
      resolve: async (_root, { filter, orderBy, ...args }, context, info) => {
        const order = orderBy ?? DEFAULT_ORDER;
        const selection = toAutostackSelection(filter ?? {}, context.caller);
        return readKeysetPage({
          args,
          order,
          parts: ORDER_PARTS.autostack[order],
          readPlaces: (page) => readAutostacks(context.pool, { ...page, selection, order }),
          findMany: (ids) =>
            context.prisma.autostack.findMany({
              ...queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']], include: {} }),
              where: { id: { in: [...ids] } },
            }),
          countAll: () => countAutostacks(context.pool, selection),
        });
      },
    },
    { name: 'AutostackConnection', description: 'One page of autostacks.' },
    { name: 'AutostackEdge', description: 'An autostack and its place in the list.' },
  ),
);
