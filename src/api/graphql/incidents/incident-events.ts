/** The subscriptions to incidents and to messages. */
import { builder } from '../builder/builder.ts';
import { IncidentRef } from './incident.ts';
import { loadChanged } from '../builder/load-changed.ts';
import { readIdOf, readMetricIds } from '../builder/node-id.ts';
import { NotificationRef } from './notification.ts';

builder.subscriptionField('incidents', (t) =>
  t.field({
    type: IncidentRef,
    description:
      'An incident, whenever it began or changed: another state, a higher peak, seen, acknowledged. Several changes in a row may come as one.',
    args: {
      metricIds: t.arg.idList({ description: 'Only of these metrics; of all when left out.' }),
      ruleId: t.arg.id({ description: 'Only of this rule.' }),
    },
    subscribe: (_root, { metricIds, ruleId }, { incidents, prisma }) => {
      const metrics = readMetricIds(metricIds, ['metricIds']);
      const where = {
        ...(metrics === null ? {} : { metricId: { in: [...metrics] } }),
        ...(ruleId == null ? {} : { ruleId: readIdOf('NotificationRule', ruleId, ['ruleId']) }),
      };
      return loadChanged(incidents.incidentFeed.subscribe(null), (id) =>
        prisma.incident.findFirst({ where: { id, ...where } }),
      );
    },
    resolve: (incident) => incident,
  }),
);

builder.subscriptionField('notifications', (t) =>
  t.field({
    type: NotificationRef,
    description:
      'A message, whenever it was written, joined by further incidents, delivered, or could not be. Several changes in a row may come as one.',
    subscribe: (_root, _args, { incidents, prisma }) =>
      loadChanged(incidents.messageFeed.subscribe(null), (id) =>
        prisma.notification.findUnique({ where: { id } }),
      ),
    resolve: (notification) => notification,
  }),
);
