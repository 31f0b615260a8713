/** What of a group was anomalous: of incidents of many metrics at once. */
import { readGroup } from '../../../core/incidents/rates/read-group.ts';
import type { AnomalousGroup, GroupMetric } from '../../../core/notify/message.ts';
import { builder } from '../builder/builder.ts';
import { MetricRef } from '../metrics/metric.ts';
import { IncidentRef } from './incident.ts';

const IncidentGroupMetricRef = builder.objectRef<GroupMetric>('IncidentGroupMetric').implement({
  description: 'A metric of a group, as it was when the incident fired.',
  fields: (t) => ({
    metric: t.prismaField({
      type: MetricRef,
      nullable: true,
      description: 'Null once it was deleted.',
      resolve: (query, { metricId }, _args, { loaders }) => loaders.related.metric(query, metricId),
    }),
    metricName: t.exposeString('metricName', { description: 'Its name.' }),
    instance: t.exposeString('instance', { description: 'Friendly name and server of its resource.' }),
    anomalyScore: t.exposeFloat('score', { description: 'The highest score it had had.' }),
    value: t.exposeFloat('value', { description: 'Its value when it became anomalous.' }),
  }),
});

const IncidentGroupRef = builder.objectRef<AnomalousGroup>('IncidentGroup').implement({
  description: 'Metrics that were anomalous at once.',
  fields: (t) => ({
    anomalousCount: t.exposeInt('anomalousCount', {
      description: 'Metrics that were anomalous when the incident fired.',
    }),
    metricCount: t.exposeInt('metricCount', {
      description: 'Monitored metrics of the group, those that were not anomalous among them.',
    }),
    percent: t.float({
      description: 'Share of `metricCount` that `anomalousCount` is, in per cent.',
      resolve: ({ anomalousCount, metricCount }) => (100 * anomalousCount) / metricCount,
    }),
    peakCount: t.exposeInt('peakCount', { description: 'The most that were anomalous at once so far.' }),
    worst: t.expose('worst', {
      type: [IncidentGroupMetricRef],
      description: 'Those with the highest scores, the highest first; 10 at most.',
    }),
  }),
});

builder.prismaObjectFields(IncidentRef, (t) => ({
  group: t.field({
    type: IncidentGroupRef,
    nullable: true,
    select: { group: true },
    description: 'Of `ANOMALY_RATE`, what was anomalous at once; null of other kinds.',
    resolve: ({ group }) => (group === null ? null : readGroup(group)),
  }),
}));
