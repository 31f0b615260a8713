/** The subscriptions to incidents and to messages. */
import { builder } from '../builder/builder.ts';
import { AFTER_DESCRIPTION, followChanges } from '../builder/changes.ts';
import { readIdOf, readIdsOf } from '../builder/node-id.ts';
import { IncidentFilterRef, IncidentRef, toIncidentWhere } from './incident.ts';
import { NotificationFilterRef, NotificationRef, toNotificationWhere } from './notification.ts';
import { whereOneOf } from '../builder/filter-input.ts';

builder.subscriptionField('incidents', (t) =>
  t.field({
    type: IncidentRef,
    description:
      'An incident, whenever it began or changed: another state, a higher peak, seen, acknowledged. Several changes in a row may come as one.',
    args: {
      filter: t.arg({
        type: IncidentFilterRef,
        description:
          'Only incidents that are so when the change is read; all when left out. What is so no more does not come: without `states` one sees an incident end.',
      }),
      after: t.arg.string({ description: AFTER_DESCRIPTION }),
      metricIds: t.arg.idList({
        description: 'Only of these metrics; of all when left out.',
        deprecationReason: 'Use `filter: { metricIds }`.',
      }),
      ruleId: t.arg.id({
        description: 'Only of this rule.',
        deprecationReason: 'Use `filter: { ruleIds }`.',
      }),
    },
    subscribe: (_root, { filter, after, metricIds, ruleId }, context) => {
      const { incidents, prisma } = context;
      const conditions = [
        toIncidentWhere(filter ?? {}),
        whereOneOf('metricId', readIdsOf('Metric', metricIds, ['metricIds'])),
        ruleId == null ? {} : { ruleId: readIdOf('NotificationRule', ruleId, ['ruleId']) },
      ];
      return followChanges(context, after, {
        feed: incidents.incidentFeed,
        read: (seen, take) =>
          prisma.incident.findMany({
            where: { AND: conditions, changeNumber: { gt: seen } },
            orderBy: { changeNumber: 'asc' },
            take,
          }),
      });
    },
    resolve: (incident) => incident,
  }),
);

builder.subscriptionField('notifications', (t) =>
  t.field({
    type: NotificationRef,
    description:
      'A message, whenever it was written, joined by further incidents, delivered, or could not be. Several changes in a row may come as one.',
    args: {
      filter: t.arg({
        type: NotificationFilterRef,
        description:
          'Only messages that are so when the change is read; all when left out. What is so no more does not come: without `states` one sees a message delivered.',
      }),
      after: t.arg.string({ description: AFTER_DESCRIPTION }),
    },
    subscribe: (_root, { filter, after }, context) => {
      const where = toNotificationWhere(filter ?? {});
      return followChanges(context, after, {
        feed: context.incidents.messageFeed,
        read: (seen, take) =>
          context.prisma.notification.findMany({
            where: { ...where, changeNumber: { gt: seen } },
            orderBy: { changeNumber: 'asc' },
            take,
          }),
      });
    },
    resolve: (notification) => notification,
  }),
);
