/** The type NotificationRule, its parts, and the queries for rules. Making and changing them is beside it. */
import { readScope, readWindows, type RuleScope } from '../../../core/incidents/rule.ts';
import { MAX_RULES } from '../../../core/incidents/rules.ts';
import { hideTargetPath } from '../../../core/notify/send.ts';
import { builder } from '../builder/builder.ts';
import { DirectionRef } from '../builder/enums.ts';
import { AnomalyRateGroupRef, ChannelKindRef } from './incident-enums.ts';
import { MaintenanceWindowRef } from './maintenance-window.ts';
import { readIdOf, writeNodeId } from '../builder/node-id.ts';
import { AutostackRef } from '../inventory/autostack.ts';
import { ResourceRef } from '../inventory/resource.ts';
import { MetricRef } from '../metrics/metric.ts';
import { TagFilterRef } from '../inventory/tag-filter.ts';

const NotificationScopeRef = builder.objectRef<RuleScope>('NotificationScope').implement({
  description:
    'Which metrics a rule looks at: all conditions that are not null have to hold; none is every metric.',
  fields: (t) => ({
    metricIds: t.idList({
      nullable: true,
      description: 'Ids of metrics.',
      resolve: ({ metricIds }) => metricIds?.map((id) => writeNodeId('Metric', id)) ?? null,
    }),
    servers: t.stringList({
      nullable: true,
      description: 'Canonical names of resources, as `Metric.server`.',
      resolve: ({ servers }) => (servers === undefined ? null : [...servers]),
    }),
    autostackId: t.id({
      nullable: true,
      description: 'Id of an autostack: its own metrics.',
      resolve: ({ autostackId }) =>
        autostackId === undefined ? null : writeNodeId('Autostack', autostackId),
    }),
    metrics: t.field({
      type: [MetricRef],
      nullable: true,
      description: 'The metrics of `metricIds`, less those that were deleted.',
      resolve: async ({ metricIds }, _args, { loaders, registry }) => {
        if (metricIds === undefined) return null;
        const numbers = metricIds.flatMap((id) => registry.byId(id)?.number ?? []);
        const metrics = await Promise.all(numbers.map((number) => loaders.metric.load(number)));
        return metrics.filter((metric) => metric !== null);
      },
    }),
    resources: t.field({
      type: [ResourceRef],
      nullable: true,
      description:
        'The resources of `servers`, those of every account of the name; less those that are not known.',
      resolve: async ({ servers }, _args, { loaders }) => {
        if (servers === undefined) return null;
        return (await Promise.all(servers.map((name) => loaders.resourcesOf.load(name)))).flatMap(
          (resources) => resources ?? [],
        );
      },
    }),
    autostack: t.prismaField({
      type: AutostackRef,
      nullable: true,
      description: 'The autostack of `autostackId`; null once it was deleted.',
      resolve: (query, { autostackId }, _args, { prisma }) =>
        autostackId === undefined
          ? null
          : prisma.autostack.findUnique({ ...query, where: { id: autostackId } }),
    }),
    namePattern: t.string({
      nullable: true,
      description: 'Pattern of whole names of metrics, with the wildcards of tag filters.',
      resolve: ({ namePattern }) => namePattern ?? null,
    }),
    tags: t.field({
      type: [TagFilterRef],
      nullable: true,
      description: 'Conditions on the tags of the resource.',
      resolve: ({ tags }) => tags ?? null,
    }),
  }),
});

export const NotificationChannelRef = builder.prismaNode('NotificationChannel', {
  description: 'One way the messages of a rule go. Its secrets are never shown.',
  nullable: true,
  id: { field: 'id', description: 'Also keeps the channel when the rule is updated.' },
  fields: (t) => ({
    kind: t.expose('kind', { type: ChannelKindRef, description: 'How messages go.' }),
    target: t.string({
      description: 'Where it leads, without what may be secret.',
      resolve: ({ kind, target }) => hideTargetPath(kind, target),
    }),
  }),
});

export const NotificationRuleRef = builder.prismaNode('NotificationRule', {
  description: 'Which anomalies become incidents, and who is notified.',
  nullable: true,
  id: { field: 'id' },
  fields: (t) => ({
    name: t.exposeString('name', { description: 'One of a kind.' }),
    enabled: t.exposeBoolean('enabled', { description: 'Whether it looks at anything.' }),
    scope: t.field({
      type: NotificationScopeRef,
      description: 'Which metrics it looks at.',
      resolve: ({ scope }) => readScope(scope),
    }),
    sensitivity: t.exposeFloat('sensitivity', {
      description: 'Least anomaly score; labels may ask for more.',
    }),
    direction: t.expose('direction', {
      type: DirectionRef,
      description: 'Which deviations matter.',
    }),
    minDeviation: t.exposeFloat('minDeviation', {
      description: "Smallest deviation from the expected value that matters, in the metric's unit.",
    }),
    minDeviationRatio: t.exposeFloat('minDeviationRatio', {
      description: 'Smallest deviation that matters, as a share of the expected value.',
    }),
    confirmSeconds: t.exposeInt('confirmSeconds', {
      description: 'How long a metric has to be anomalous before its incident fires.',
    }),
    confirmPoints: t.exposeInt('confirmPoints', {
      description: 'How many points of a metric have to be anomalous before its incident fires.',
    }),
    recoverySeconds: t.exposeInt('recoverySeconds', {
      description: 'How long the metric has to be normal until it is resolved.',
    }),
    quietSeconds: t.exposeInt('quietSeconds', {
      description: 'Time between two messages about one server, by the clock on the wall.',
    }),
    staleSeconds: t.exposeInt('staleSeconds', { description: 'Points older than this are not notified of.' }),
    learningGuard: t.exposeBoolean('learningGuard', {
      description: 'Whether provisional scores, of models that are still learning, are ignored.',
    }),
    notifyEnd: t.exposeBoolean('notifyEnd', { description: 'Whether there is a message at the end too.' }),
    maintenanceWindows: t.field({
      type: [MaintenanceWindowRef],
      description: 'When it sends no notifications.',
      resolve: ({ maintenanceWindows }) => [...readWindows(maintenanceWindows)],
    }),
    timeZone: t.exposeString('timeZone', {
      nullable: true,
      description:
        "IANA name of the zone of local times in its messages; null for that of the metric's region.",
    }),
    subject: t.exposeString('subject', { nullable: true, description: 'Template; null for the default.' }),
    body: t.exposeString('body', { nullable: true, description: 'Template; null for the default.' }),
    runbookUrl: t.exposeString('runbookUrl', {
      nullable: true,
      description: 'Address of what to do about its incidents, which its messages link to.',
    }),
    channels: t.relation('channels', {
      query: { orderBy: { position: 'asc' } },
      description: 'Where its messages go; without any it only keeps incidents.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

/** Which kinds of incidents there are beside the anomalies of single metrics. */
builder.prismaObjectFields(NotificationRuleRef, (t) => ({
  notifyNoData: t.exposeBoolean('notifyNoData', {
    description: 'Whether metrics that stop reporting are incidents, too.',
  }),
  noDataSeconds: t.exposeInt('noDataSeconds', {
    description: 'Time without a sample after which a metric has stopped reporting at the earliest.',
  }),
  anomalyRatePercent: t.exposeFloat('anomalyRatePercent', {
    nullable: true,
    description:
      'Share of the metrics of a group that has to be anomalous at once for an incident of its own, in per cent; null for no such incidents.',
  }),
  anomalyRateMinMetrics: t.exposeInt('anomalyRateMinMetrics', {
    description: 'How many metrics of a group have to be anomalous at least, whatever their share.',
  }),
  anomalyRateSeconds: t.exposeInt('anomalyRateSeconds', {
    description: 'How long `anomalyRatePercent` has to be reached before such an incident fires.',
  }),
  anomalyRateGroup: t.expose('anomalyRateGroup', {
    type: AnomalyRateGroupRef,
    description: 'Of which metrics `anomalyRatePercent` is the share.',
  }),
  notifyOutliers: t.exposeBoolean('notifyOutliers', {
    description: 'Whether metrics that behave unlike the same metric of other resources are incidents, too.',
  }),
  outlierSeconds: t.exposeInt('outlierSeconds', {
    description: 'How far back a metric is compared with those of other resources, to find outliers.',
  }),
  outlierTolerance: t.exposeFloat('outlierTolerance', {
    description:
      'How many robust standard deviations a metric has to be from the median of its group to be an outlier.',
  }),
  outlierMinShare: t.exposeFloat('outlierMinShare', {
    description: 'For which share of `outlierSeconds` a metric has to be beyond `outlierTolerance`.',
  }),
  notifyAnomalies: t.exposeBoolean('notifyAnomalies', {
    description: 'Whether anomalies of single metrics are notified of; they are incidents all the same.',
  }),
}));

builder.queryField('notificationRule', (t) =>
  t.prismaField({
    type: NotificationRuleRef,
    nullable: true,
    description: 'The rule with this id; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'As read from `NotificationRule.id`.' }) },
    resolve: (query, _root, { id }, { prisma }) =>
      prisma.notificationRule.findUnique({
        ...query,
        where: { id: readIdOf('NotificationRule', id, ['id']) },
      }),
  }),
);

builder.queryField('notificationRules', (t) =>
  t.prismaField({
    type: [NotificationRuleRef],
    description: `Every rule, by name; there are ${MAX_RULES} at most.`,
    resolve: (query, _root, _args, { prisma }) =>
      prisma.notificationRule.findMany({ ...query, orderBy: { name: 'asc' }, take: MAX_RULES }),
  }),
);
