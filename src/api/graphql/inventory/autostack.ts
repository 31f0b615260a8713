/** The type Autostack, and the lists of autostacks. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import { readTagFilters } from '../../../core/metrics/stored-tags.ts';
import type { Autostack } from '../../../generated/prisma/client.ts';
import { builder } from '../builder/builder.ts';
import { membersOf, readMemberPage } from './member-page.ts';
import { MetricRef } from '../metrics/metric.ts';
import { readAutostackId } from '../builder/node-id.ts';
import { readPage, THING_PAGE } from '../builder/page.ts';
import { ResourceRef } from './resource.ts';
import { TagFilterRef } from './tag-filter.ts';

export const AutostackRef = builder.prismaNode('Autostack', {
  description: 'A group of resources of one region, chosen by their tags and attributes, and watched as one.',
  nullable: true,
  id: { resolve: ({ id }) => id },
  findUnique: (id) => ({ id }),
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
        description: `Its members by id. Pages of ${THING_PAGE.most} at most.`,
        resolve: (stack, args, context, info) =>
          readMemberPage(args, membersOf(stack), (page) =>
            context.prisma.resource.findMany({
              ...queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']], include: {} }),
              ...page,
            }),
          ),
      },
      { name: 'AutostackMemberConnection', description: 'One page of members.' },
      { name: 'AutostackMemberEdge', description: 'A member and its place in the list.' },
    ),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
  }),
});

builder.prismaObjectField(MetricRef, 'autostack', (t) =>
  t.relation('autostack', {
    type: AutostackRef,
    nullable: true,
    description: 'The group it is a metric of; null for other metrics.',
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
      prisma.autostack.findUnique({ ...query, where: { id: readAutostackId(id) } }),
  }),
);

builder.queryField('autostacks', (t) =>
  t.connection(
    {
      type: AutostackRef,
      description: `Every autostack, by region and name. Pages of ${THING_PAGE.most} at most.`,
      resolve: (_root, args, context, info) =>
        readPage({
          args,
          size: THING_PAGE,
          parseCursor: parseStackCursor,
          writeCursor: ({ region, name }: Autostack) => `${region}/${name}`,
          read: ({ after, before, limit, fromEnd }) => {
            const direction = fromEnd ? 'desc' : 'asc';
            return context.prisma.autostack.findMany({
              ...queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']], include: {} }),
              where: {
                AND: [
                  after === null ? {} : liesBeyond(after, 'gt'),
                  before === null ? {} : liesBeyond(before, 'lt'),
                ],
              },
              orderBy: [{ region: direction }, { name: direction }],
              take: limit,
            });
          },
        }),
    },
    { name: 'AutostackConnection', description: 'One page of autostacks.' },
    { name: 'AutostackEdge', description: 'An autostack and its place in the list.' },
  ),
);

interface StackKey {
  readonly region: string;
  readonly name: string;
}

function parseStackCursor(cursor: string): StackKey | null {
  const slash = cursor.indexOf('/');
  if (slash < 1 || cursor.includes('\0')) return null;
  return { region: cursor.slice(0, slash), name: cursor.slice(slash + 1) };
}

function liesBeyond({ region, name }: StackKey, side: 'gt' | 'lt') {
  return { OR: [{ region: { [side]: region } }, { region, name: { [side]: name } }] };
}
