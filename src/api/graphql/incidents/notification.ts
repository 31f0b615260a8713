/** The type Notification, the list of messages, and the mutation that sends one again. */
import { NotFoundError } from '../../../errors.ts';
import type { Prisma } from '../../../generated/prisma/client.ts';
import { hideTargetPath } from '../../../core/notify/send.ts';
import { builder } from '../builder/builder.ts';
import { defineIdInput, resultUnion } from '../builder/field-options.ts';
import { CHANGE_CURSOR } from '../builder/changes.ts';
import { ChannelKindRef, NotificationKindRef, NotificationStateRef } from './incident-enums.ts';
import { IncidentRef } from './incident.ts';
import { readOneOf, readOneOfIds, readRange, whereOneOf } from '../builder/filter-input.ts';
import { readIdOf } from '../builder/node-id.ts';
import { readNumberedPage } from '../builder/numbered-page.ts';
import { THING_PAGE } from '../builder/page.ts';

const SHOWN_INCIDENTS = 100;

export const NotificationRef = builder.prismaNode('Notification', {
  description: 'One message for one channel, about one incident or many. Kept for 30 days.',
  nullable: true,
  id: { field: 'id' },
  fields: (t) => ({
    kind: t.expose('kind', { type: NotificationKindRef, description: 'What it is about.' }),
    state: t.expose('state', { type: NotificationStateRef, description: 'How far it has come.' }),
    rule: t.relation('rule', {
      nullable: true,
      description: 'The rule it is of; null once that was deleted.',
    }),
    ruleName: t.exposeString('ruleName', { description: 'Name the rule had.' }),
    channel: t.expose('channelKind', {
      type: ChannelKindRef,
      description: 'The kind of channel it goes by.',
    }),
    target: t.string({
      description: 'Where it goes, without what may be secret.',
      resolve: ({ channelKind, target }) => hideTargetPath(channelKind, target),
    }),
    subject: t.exposeString('subject', {
      nullable: true,
      description: 'What was written when it was last tried; null before.',
    }),
    body: t.exposeString('body', {
      nullable: true,
      description: 'What was written when it was last tried; null before.',
    }),
    incidentCount: t.exposeInt('incidentCount', { description: 'How many incidents it is about.' }),
    incidents: t.field({
      type: [IncidentRef],
      description: `The first of them, ${SHOWN_INCIDENTS} at most.`,
      select: {
        incidents: {
          select: { incident: true },
          orderBy: { incident: { number: 'asc' } },
          take: SHOWN_INCIDENTS,
        },
      },
      resolve: ({ incidents }) => incidents.map(({ incident }) => incident),
    }),
    attempts: t.exposeInt('attempts', { description: 'How often it was tried.' }),
    lastError: t.exposeString('lastError', { nullable: true, description: 'Why the last try failed.' }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it is tried next; null when it is not.',
      resolve: ({ state, dueAt }) => (state === 'WAITING' ? dueAt : null),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was written.' }),
    sentAt: t.expose('sentAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its channel took it.',
    }),
    changeCursor: t.string(CHANGE_CURSOR),
  }),
});

export const NotificationFilterRef = builder.inputType('NotificationFilter', {
  description: 'Which messages; all conditions have to hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'With one of these ids.' }),
    states: t.field({
      type: [NotificationStateRef],
      description: 'In one of these states; FAILED are the dead letters.',
    }),
    kinds: t.field({ type: [NotificationKindRef], description: 'About one of these.' }),
    ruleIds: t.idList({ description: 'Of one of these rules.' }),
    channels: t.field({ type: [ChannelKindRef], description: 'Delivered in one of these ways.' }),
    from: t.field({ type: 'DateTime', description: 'Written at this time or later.' }),
    to: t.field({ type: 'DateTime', description: 'Written at this time or earlier.' }),
    kind: t.field({
      type: NotificationKindRef,
      description: 'About this.',
      deprecationReason: 'Use `kinds`.',
    }),
    ruleId: t.id({ description: 'Of this rule.', deprecationReason: 'Use `ruleIds`.' }),
  }),
});

builder.queryField('notifications', (t) =>
  t.connection(
    {
      type: NotificationRef,
      nullable: true,
      description: `Messages of the last 30 days, the newest first. Pages of ${THING_PAGE.most} at most.`,
      args: {
        filter: t.arg({ type: NotificationFilterRef, description: 'Which of them; all when left out.' }),
      },
      resolve: (_root, { filter, ...args }, { prisma }) => {
        const where = toNotificationWhere(filter ?? {});
        return readNumberedPage(
          args,
          (number, order, take) =>
            prisma.notification.findMany({ where: { ...where, number }, orderBy: { number: order }, take }),
          () => prisma.notification.count({ where }),
        );
      },
    },
    { name: 'NotificationConnection', description: 'One page of messages.' },
    { name: 'NotificationEdge', description: 'A message and its place in the list.' },
  ),
);

type NotificationFilter = typeof NotificationFilterRef.$inferInput;

/** @throws InvalidInputError naming the field */
export function toNotificationWhere(filter: NotificationFilter): Prisma.NotificationWhereInput {
  const path = (name: keyof NotificationFilter) => ['filter', name];
  const { ruleId, from, to } = filter;
  return {
    AND: [
      whereOneOf('id', readOneOfIds('Notification', filter.ids, path('ids'))),
      whereOneOf('state', readOneOf(filter.states, path('states'))),
      whereOneOf('kind', readOneOf(filter.kinds, path('kinds'), filter.kind)),
      whereOneOf('channelKind', readOneOf(filter.channels, path('channels'))),
      whereOneOf('ruleId', readOneOfIds('NotificationRule', filter.ruleIds, path('ruleIds'))),
      ruleId == null ? {} : { ruleId: readIdOf('NotificationRule', ruleId, path('ruleId')) },
      { createdAt: readRange(from, to, ['filter']) },
    ],
  };
}

const RetryNotificationInputRef = defineIdInput(
  'RetryNotificationInput',
  'Notification',
  'The message to try again.',
);

builder.mutationField('retryNotification', (t) =>
  t.prismaField({
    type: NotificationRef,
    description: 'Tries a message that was given up for another day.',
    errors: resultUnion([NotFoundError], 'The message, or why it is not tried again.'),
    args: {
      input: t.arg({ type: RetryNotificationInputRef, required: true, description: 'Which message.' }),
    },
    resolve: async (query, _root, { input }, { incidents, prisma }) => {
      const id = readIdOf('Notification', input.id, ['input', 'id']);
      await incidents.receipts.retryNotification(id);
      return prisma.notification.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);
