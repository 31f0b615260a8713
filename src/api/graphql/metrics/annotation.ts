/** Annotations: notes of people on a resource at a time. */
import { NotFoundError } from '../../../errors.ts';
import type { Annotation, Prisma, PrismaClient } from '../../../generated/prisma/client.ts';
import { builder } from '../builder/builder.ts';
import { defineIdInput, resultUnion } from '../builder/field-options.ts';
import { ResourceRef } from '../inventory/resource.ts';
import { MetricRef } from './metric.ts';
import {
  checkRange,
  readOneOf,
  readOneOfIds,
  readRange,
  whereContains,
  whereOneOf,
} from '../builder/filter-input.ts';
import { isTime, isUuid } from '../builder/cursor.ts';
import { readIdOf } from '../builder/node-id.ts';
import { checkPageLength, type PageArgs, readPage, THING_PAGE } from '../builder/page.ts';

/** A chart that has more flags than this shows none of them. */
const MAX_OF_A_METRIC = 1000;

const AnnotationRef = builder.prismaNode('Annotation', {
  description: 'A note somebody wrote on a resource at a time. It goes with the last monitored metric of it.',
  nullable: true,
  id: { field: 'id' },
  fields: (t) => ({
    timestamp: t.expose('timestamp', { type: 'DateTime', description: 'The time it is about.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was written.' }),
    device: t.exposeString('device', { description: 'What it was written on.' }),
    user: t.exposeString('user', { description: 'Who wrote it, as they call themselves.' }),
    server: t.exposeString('server', { description: 'Canonical name of its resource, as `Metric.server`.' }),
    resource: t.field({
      type: ResourceRef,
      nullable: true,
      select: { accountId: true, server: true },
      description: 'The resource it is on; null where that is known by its name alone.',
      resolve: async ({ accountId, server }, _args, { loaders }) =>
        (await loaders.resourcesOf.load(server))?.find((one) => one.accountId === accountId) ?? null,
    }),
    // Not nullable: `message` of a failure beside it in a result is not, and the two have to agree.
    message: t.string({
      description: 'What it says; empty where it is data alone.',
      resolve: ({ message }) => message ?? '',
    }),
    data: t.expose('data', {
      type: 'JSON',
      nullable: true,
      description: 'What its program wants to find again.',
    }),
  }),
});

const CreateAnnotationInputRef = builder.inputType('CreateAnnotationInput', {
  description: 'A note to write. A message or data, or both.',
  fields: (t) => ({
    server: t.string({
      required: true,
      description: 'Canonical name of a resource with a metric, as `Metric.server`.',
    }),
    timestamp: t.field({ type: 'DateTime', required: true, description: 'The time it is about.' }),
    device: t.string({ required: true, description: 'What it is written on; 255 characters at most.' }),
    user: t.string({ required: true, description: 'Who writes it; 255 characters at most.' }),
    message: t.string({ description: 'What it says; 10,000 characters at most.' }),
    data: t.field({ type: 'JSON', description: 'Anything; 20,000 characters of JSON at most.' }),
  }),
});

const DeleteAnnotationInputRef = defineIdInput(
  'DeleteAnnotationInput',
  'Annotation',
  'The annotation to delete.',
);

const AnnotationFilterRef = builder.inputType('AnnotationFilter', {
  description: 'Which annotations; all conditions have to hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'With one of these ids.' }),
    servers: t.stringList({ description: 'On one of these resources, by their canonical names.' }),
    devices: t.stringList({ description: 'Written on one of these.' }),
    users: t.stringList({ description: 'Written by one of these users.' }),
    messageContains: t.string({ description: 'With this in what they say, capitals or not.' }),
    from: t.field({ type: 'DateTime', description: 'About this time or later.' }),
    to: t.field({ type: 'DateTime', description: 'About this time or earlier.' }),
  }),
});

builder.queryField('annotations', (t) =>
  t.connection(
    {
      type: AnnotationRef,
      nullable: true,
      description: `Annotations, the last written first. Pages of ${THING_PAGE.most} at most.`,
      args: {
        filter: t.arg({ type: AnnotationFilterRef, description: 'Which of them; all when left out.' }),
        server: t.arg.string({
          description: 'Only on this resource, by its canonical name.',
          deprecationReason: 'Use `filter.servers`.',
        }),
        device: t.arg.string({
          description: 'Only written on this.',
          deprecationReason: 'Use `filter.devices`.',
        }),
        user: t.arg.string({
          description: 'Only written by this user.',
          deprecationReason: 'Use `filter.users`.',
        }),
        from: t.arg({
          type: 'DateTime',
          description: 'Only about this time or later.',
          deprecationReason: 'Use `filter.from`.',
        }),
        to: t.arg({
          type: 'DateTime',
          description: 'Only about this time or earlier.',
          deprecationReason: 'Use `filter.to`.',
        }),
      },
      resolve: (_root, { filter, server, device, user, from, to, ...args }, { prisma }) =>
        readAnnotations(prisma, args, {
          AND: [toWhere(filter ?? {}, { server, device, user }), { timestamp: readRange(from, to) }],
        }),
    },
    { name: 'AnnotationConnection', description: 'One page of annotations.' },
    { name: 'AnnotationEdge', description: 'An annotation and its place in the list.' },
  ),
);

builder.prismaObjectFields(MetricRef, (t) => ({
  annotations: t.field({
    type: [AnnotationRef],
    nullable: true,
    description: `Notes on its resource, by the time they are about; the newest ${MAX_OF_A_METRIC}.`,
    args: {
      first: t.arg.int({ description: `How many, the newest of them: ${MAX_OF_A_METRIC} at most.` }),
      from: t.arg({ type: 'DateTime', description: 'Only about this time or later.' }),
      to: t.arg({ type: 'DateTime', description: 'Only about this time or earlier.' }),
    },
    resolve: ({ number }, { first, from, to }, { loaders }) => {
      checkRange(from, to);
      const range = { fromMs: from?.getTime() ?? null, toMs: to?.getTime() ?? null };
      const limit = checkPageLength({ first }, { fallback: MAX_OF_A_METRIC, most: MAX_OF_A_METRIC });
      return loaders.annotations({ ...range, limit }, number);
    },
  }),
}));

builder.mutationField('createAnnotation', (t) =>
  t.field({
    type: AnnotationRef,
    description: 'Writes a note on a resource at a time. It cannot be edited.',
    errors: resultUnion([NotFoundError], 'The annotation, or why it was not written.'),
    args: { input: t.arg({ type: CreateAnnotationInputRef, required: true, description: 'What to write.' }) },
    resolve: (_root, { input }, { annotations }) =>
      annotations.createAnnotation({ ...input, message: input.message ?? null, data: input.data }),
  }),
);

builder.mutationField('deleteAnnotation', (t) =>
  t.field({
    type: AnnotationRef,
    description: 'Deletes a note; gives it as it was.',
    errors: resultUnion([NotFoundError], 'The annotation as it was, or why it is still there.'),
    args: { input: t.arg({ type: DeleteAnnotationInputRef, required: true, description: 'Which one.' }) },
    resolve: (_root, { input }, { annotations }) =>
      annotations.deleteAnnotation(readIdOf('Annotation', input.id, ['input', 'id'])),
  }),
);

type AnnotationFilter = typeof AnnotationFilterRef.$inferInput;

/** @param alone the former arguments for one value; both have to hold @throws InvalidInputError naming the field */
function toWhere(
  filter: AnnotationFilter,
  alone: Record<'server' | 'device' | 'user', string | null | undefined>,
): Prisma.AnnotationWhereInput {
  const path = (name: keyof AnnotationFilter) => ['filter', name];
  return {
    ...whereOneOf('id', readOneOfIds('Annotation', filter.ids, path('ids'))),
    ...whereOneOf('server', readOneOf(filter.servers, path('servers'), alone.server)),
    ...whereOneOf('device', readOneOf(filter.devices, path('devices'), alone.device)),
    ...whereOneOf('user', readOneOf(filter.users, path('users'), alone.user)),
    ...whereContains('message', filter.messageContains),
    timestamp: readRange(filter.from, filter.to, ['filter']),
  };
}

interface AnnotationKey {
  readonly createdAt: Date;
  readonly id: string;
}

/** A page by when they were written, newest first. */
function readAnnotations(prisma: PrismaClient, args: PageArgs, where: Prisma.AnnotationWhereInput) {
  return readPage({
    args,
    size: THING_PAGE,
    parseCursor: parseAnnotationCursor,
    writeCursor: ({ createdAt, id }: Annotation) => `${createdAt.getTime()}.${id}`,
    read: ({ after, before, limit, fromEnd }) =>
      prisma.annotation.findMany({
        where: { AND: [where, beside(after, 'lt'), beside(before, 'gt')] },
        orderBy: fromEnd ? [{ createdAt: 'asc' }, { id: 'asc' }] : [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit,
      }),
    countAll: () => prisma.annotation.count({ where }),
  });
}

function beside(key: AnnotationKey | null, side: 'lt' | 'gt'): Prisma.AnnotationWhereInput {
  if (key === null) return {};
  const { createdAt, id } = key;
  return { OR: [{ createdAt: { [side]: createdAt } }, { createdAt, id: { [side]: id } }] };
}

function parseAnnotationCursor(text: string): AnnotationKey | null {
  const [, time, id] = /^(\d{1,15})\.(.+)$/.exec(text) ?? [];
  const createdAt = Number(time);
  return isTime(createdAt) && isUuid(id) ? { createdAt: new Date(createdAt), id } : null;
}
