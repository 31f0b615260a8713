/** The type Incident, one by its id, and the lists of incidents. */
import { readIncidents } from '../../../core/incidents/read-incidents.ts';
import type { Incident, Prisma } from '../../../generated/prisma/client.ts';
import { builder } from '../builder/builder.ts';
import { CHANGE_CURSOR } from '../builder/changes.ts';
import { AnomalyAspectRef, DatasourceRef } from '../builder/enums.ts';
import {
  IncidentEndReasonRef,
  IncidentKindRef,
  IncidentMuteRef,
  IncidentStateRef,
} from './incident-enums.ts';
import { ResourceRef } from '../inventory/resource.ts';
import { MetricRef } from '../metrics/metric.ts';
import { readOneOf, readOneOfIds, readRange, whereContains, whereOneOf } from '../builder/filter-input.ts';
import { readIdOf } from '../builder/node-id.ts';
import { THING_PAGE } from '../builder/page.ts';
import { readIncidentPage } from './incident-page.ts';

const FrozenBandRef = builder.objectRef<Incident>('IncidentExpectation').implement({
  description: 'What was expected at the point that made an incident fire.',
  fields: (t) => ({
    value: t.exposeFloat('expected', { description: 'The likeliest value.' }),
    low: t.exposeFloat('low', { description: 'Lower end of the band.' }),
    high: t.exposeFloat('high', { description: 'Upper end of the band.' }),
  }),
});

const IncidentPeakRef = builder.objectRef<Incident>('IncidentPeak').implement({
  description: 'The point of an incident with the highest score so far.',
  fields: (t) => ({
    anomalyScore: t.exposeFloat('peakScore', { description: 'Its score.' }),
    value: t.exposeFloat('peakValue', { description: 'Its value.' }),
    timestamp: t.expose('peakAt', { type: 'DateTime', description: 'Its time.' }),
  }),
});

export const IncidentRef = builder.prismaNode('Incident', {
  description:
    'A period in which a metric was anomalous, or did not report, or in which many metrics were anomalous at once, by a notification rule. What it says of rule and metric outlives both.',
  nullable: true,
  id: { field: 'id' },
  fields: (t) => ({
    rule: t.relation('rule', {
      nullable: true,
      description: 'The rule that opened it; null once that was deleted.',
      resolve: (query, { ruleId }, _args, { loaders }) => loaders.related.rule(query, ruleId),
    }),
    ruleName: t.exposeString('ruleName', { description: 'Name the rule had.' }),
    metric: t.relation('metric', {
      nullable: true,
      description:
        'The metric; null once it was deleted. Of `ANOMALY_RATE`, the worst one when it began, of which `metricName`, `server`, `location` and `datasource` are.',
      resolve: (query, { metricId }, _args, { loaders }) => loaders.related.metric(query, metricId),
    }),
    resource: t.field({
      type: ResourceRef,
      nullable: true,
      select: (_args, _context, nested) => ({ metric: { select: { resource: nested(true) } } }),
      description: 'The resource of its metric, where that is known; null once the metric was deleted.',
      resolve: ({ metric }) => metric?.resource ?? null,
    }),
    metricName: t.exposeString('metricName', { description: 'Name of the metric.' }),
    instance: t.exposeString('instance', {
      description:
        'Friendly name and server of its resource; of `ANOMALY_RATE` of all that a rule looks at, the name of the rule.',
    }),
    server: t.exposeString('server', { description: 'As `Metric.server`.' }),
    location: t.exposeString('location', { description: 'Region; empty where there is none.' }),
    datasource: t.expose('datasource', { type: DatasourceRef, description: 'Where its points come from.' }),
    kind: t.expose('kind', { type: IncidentKindRef, description: 'What is wrong with the metric.' }),
    state: t.expose('state', { type: IncidentStateRef, description: 'Where it is in its life.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      description:
        'Time of its first anomalous point; of `NO_DATA`, of the last sample before it; of `ANOMALY_RATE`, when the share was reached; of `OUTLIER`, when it was found.',
    }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of its first normal point, or when it was closed; null while it is open.',
    }),
    endReason: t.expose('endReason', {
      type: IncidentEndReasonRef,
      nullable: true,
      description: 'Why it is over; null while it is open.',
    }),
    anomalyScore: t.exposeFloat('score', {
      description: 'Score of the point that made it fire; of `NO_DATA` and `OUTLIER` 0.',
    }),
    value: t.exposeFloat('value', {
      description:
        'Value of the point that made it fire; of `NO_DATA`, of the last sample; of `OUTLIER`, the mean over the time that was compared.',
    }),
    expected: t.field({
      type: FrozenBandRef,
      description: 'What was expected of the point that made it fire.',
      resolve: (incident) => incident,
    }),
    aspect: t.expose('aspect', {
      type: AnomalyAspectRef,
      nullable: true,
      description:
        'What was anomalous at the point that made it fire; null of incidents from before it was kept.',
    }),
    peak: t.field({
      type: IncidentPeakRef,
      description: 'Its point with the highest score.',
      resolve: (incident) => incident,
    }),
  }),
});

/** What became of it: who was notified, and who took it on. */
builder.prismaObjectFields(IncidentRef, (t) => ({
  mutedBy: t.expose('mutedBy', {
    type: IncidentMuteRef,
    nullable: true,
    description: 'Why no notification was sent; null when one was, or while it is pending.',
  }),
  notifiedAt: t.expose('notifiedAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When the channels of the rule were given their message.',
  }),
  seen: t.exposeBoolean('seen', { description: 'Whether somebody has looked at it.' }),
  acknowledgedAt: t.expose('acknowledgedAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When somebody took it on.',
  }),
  acknowledgedBy: t.exposeString('acknowledgedBy', {
    nullable: true,
    description: 'Who took it on, as they call themselves; null where they did not say.',
  }),
  changeCursor: t.string(CHANGE_CURSOR),
}));

const IncidentConnectionRef = builder.connectionObject({
  type: IncidentRef,
  name: 'IncidentConnection',
  description: 'One page of incidents.',
});

export const IncidentFilterRef = builder.inputType('IncidentFilter', {
  description: 'Which incidents; all conditions have to hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'With one of these ids.' }),
    states: t.field({ type: [IncidentStateRef], description: 'In one of these states.' }),
    kinds: t.field({ type: [IncidentKindRef], description: 'Of one of these kinds.' }),
    metricIds: t.idList({ description: 'Of these metrics.' }),
    metricNameContains: t.string({ description: 'Of metrics with this in their name, capitals or not.' }),
    servers: t.stringList({ description: 'Of one of these resources, by their canonical names.' }),
    sources: t.field({ type: [DatasourceRef], description: 'Of metrics of one of these sources.' }),
    ruleIds: t.idList({ description: 'Of one of these rules.' }),
    server: t.string({
      description: 'Of this resource, by its canonical name.',
      deprecationReason: 'Use `servers`.',
    }),
    ruleId: t.id({ description: 'Of this rule.', deprecationReason: 'Use `ruleIds`.' }),
    seen: t.boolean({ description: 'Whether somebody has looked at them.' }),
    acknowledged: t.boolean({ description: 'Whether somebody took them on.' }),
    from: t.field({ type: 'DateTime', description: 'That began at this time or later.' }),
    to: t.field({ type: 'DateTime', description: 'That began at this time or earlier.' }),
  }),
});

builder.queryField('incident', (t) =>
  t.prismaField({
    type: IncidentRef,
    nullable: true,
    description: 'The incident with this id; null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'As read from `Incident.id`.' }) },
    resolve: (query, _root, { id }, { prisma }) =>
      prisma.incident.findUnique({ ...query, where: { id: readIdOf('Incident', id, ['id']) } }),
  }),
);

builder.queryField('incidents', (t) =>
  t.field({
    type: IncidentConnectionRef,
    nullable: true,
    description: `Incidents by the time they began, the newest first. Pages of ${THING_PAGE.most} at most.`,
    args: {
      ...t.arg.connectionArgs(),
      filter: t.arg({ type: IncidentFilterRef, description: 'Which of them; all when left out.' }),
    },
    resolve: (_root, { filter, ...args }, { prisma }) => {
      const where = filter == null ? {} : toIncidentWhere(filter);
      return readIncidentPage(
        args,
        (window) => readIncidents(prisma, where, window),
        () => prisma.incident.count({ where }),
      );
    },
  }),
);

builder.prismaObjectFields(MetricRef, (t) => ({
  incidents: t.field({
    type: IncidentConnectionRef,
    nullable: true,
    description: `Its incidents by the time they began, the newest first. Pages of ${THING_PAGE.most} at most.`,
    args: { ...t.arg.connectionArgs() },
    resolve: ({ id }, args, { loaders }) =>
      readIncidentPage(
        args,
        (window) => loaders.incidents(window, id),
        () => loaders.incidentCount(id),
      ),
  }),
}));

type IncidentFilter = typeof IncidentFilterRef.$inferInput;

/** @throws InvalidInputError naming the field */
export function toIncidentWhere(filter: IncidentFilter): Prisma.IncidentWhereInput {
  const path = (name: keyof IncidentFilter) => ['filter', name];
  const { ruleId, seen, acknowledged, from, to } = filter;
  return {
    AND: [
      whereOneOf('id', readOneOfIds('Incident', filter.ids, path('ids'))),
      whereOneOf('state', readOneOf(filter.states, path('states'))),
      whereOneOf('kind', readOneOf(filter.kinds, path('kinds'))),
      whereOneOf('metricId', readOneOfIds('Metric', filter.metricIds, path('metricIds'))),
      whereContains('metricName', filter.metricNameContains),
      whereOneOf('server', readOneOf(filter.servers, path('servers'), filter.server)),
      whereOneOf('datasource', readOneOf(filter.sources, path('sources'))),
      whereOneOf('ruleId', readOneOfIds('NotificationRule', filter.ruleIds, path('ruleIds'))),
      ruleId == null ? {} : { ruleId: readIdOf('NotificationRule', ruleId, path('ruleId')) },
      seen == null ? {} : { seen },
      acknowledged == null ? {} : { acknowledgedAt: acknowledged ? { not: null } : null },
      { startedAt: readRange(from, to, ['filter']) },
    ],
  };
}
