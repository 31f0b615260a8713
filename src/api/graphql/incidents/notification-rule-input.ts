/** What rules are made and changed by. Which values make sense is checked where rules are kept. */
import type { RuleChange } from '../../../core/incidents/check-rule.ts';
import type { MaintenanceWindow } from '../../../core/incidents/maintenance-window.ts';
import type { RuleScope } from '../../../core/incidents/rule.ts';
import { builder } from '../builder/builder.ts';
import { withoutNulls } from '../builder/field-options.ts';
import { DirectionRef } from '../builder/enums.ts';
import { ChannelInputRef, readChannel } from './channel-input.ts';
import { AnomalyRateGroupRef, WeekdayRef } from './incident-enums.ts';
import { readIdOf, readIdsOf } from '../builder/node-id.ts';
import { TagFilterInputRef } from '../inventory/tag-filter.ts';

const NotificationScopeInputRef = builder.inputType('NotificationScopeInput', {
  description: 'Which metrics: all conditions that are given have to hold; none is every metric.',
  fields: (t) => ({
    metricIds: t.idList({ description: 'Ids of metrics; 1,000 at most.' }),
    servers: t.stringList({
      description: 'Canonical names of resources, as `Metric.server`; 1,000 at most.',
    }),
    autostackId: t.id({ description: 'Id of an autostack: its own metrics.' }),
    namePattern: t.string({
      description: 'Pattern of whole names of metrics: `*` stands for any run of characters, `?` for one.',
    }),
    tags: t.field({ type: [TagFilterInputRef], description: 'Conditions on the tags of the resource.' }),
  }),
});

const OneOffWindowInputRef = builder.inputType('OneOffMaintenanceWindowInput', {
  description: 'A maintenance window that comes once.',
  fields: (t) => ({
    start: t.field({ type: 'DateTime', required: true, description: 'Its beginning.' }),
    end: t.field({ type: 'DateTime', required: true, description: 'Its end, after `start`.' }),
  }),
});

const WeeklyWindowInputRef = builder.inputType('WeeklyMaintenanceWindowInput', {
  description: 'A maintenance window that comes every week.',
  fields: (t) => ({
    weekdays: t.field({ type: [WeekdayRef], required: true, description: 'The days it begins on.' }),
    from: t.string({ required: true, description: 'Clock time of its beginning, 00:00 to 23:59.' }),
    to: t.string({
      required: true,
      description: 'Clock time of its end, 24:00 at most; at or before `from`, on the next day.',
    }),
    timeZone: t.string({ required: true, description: 'IANA name of the zone whose clock it is.' }),
  }),
});

const HolidayWindowInputRef = builder.inputType('HolidayMaintenanceWindowInput', {
  description:
    'Days on which a rule sends no notifications, such as public holidays: whole days, from midnight to midnight.',
  fields: (t) => ({
    dates: t.stringList({
      required: true,
      description: 'Such as 2026-12-25, or 12-25 for every year; 500 at most.',
    }),
    timeZone: t.string({ required: true, description: 'IANA name of the zone whose days they are.' }),
  }),
});

const MaintenanceWindowInputRef = builder.inputType('MaintenanceWindowInput', {
  description: 'A time in which a rule sends no notifications: exactly one of these.',
  isOneOf: true,
  fields: (t) => ({
    once: t.field({ type: OneOffWindowInputRef, description: 'It comes once.' }),
    weekly: t.field({ type: WeeklyWindowInputRef, description: 'It comes every week.' }),
    holidays: t.field({ type: HolidayWindowInputRef, description: 'It is whole days.' }),
  }),
});

type FieldBuilder = Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0];

export const CreateRuleInputRef = builder.inputType('CreateNotificationRuleInput', {
  description: 'A rule to make.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'One of a kind; 100 characters at most.' }),
    ...defineRuleFields(t, true),
  }),
});

export const UpdateRuleInputRef = builder.inputType('UpdateNotificationRuleInput', {
  description: 'What to change of a rule; what is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'As read from `NotificationRule.id`.' }),
    name: t.string({ description: 'One of a kind; 100 characters at most.' }),
    ...defineRuleFields(t, false),
  }),
});

export const PreviewRuleInputRef = builder.inputType('PreviewNotificationRuleInput', {
  description: 'A rule to try: what decides when it notifies.',
  fields: (t) => {
    const { scope, sensitivity, direction, minDeviation, minDeviationRatio, ...more } = defineRuleFields(
      t,
      true,
    );
    const { confirmSeconds, confirmPoints, recoverySeconds, quietSeconds, learningGuard, notifyAnomalies } =
      more;
    return {
      ...{ scope, sensitivity, direction, minDeviation, minDeviationRatio },
      ...{ confirmSeconds, confirmPoints, recoverySeconds, quietSeconds, learningGuard, notifyAnomalies },
      maintenanceWindows: more.maintenanceWindows,
    };
  },
});

function defineRuleFields(t: FieldBuilder, isNew: boolean) {
  const otherwise = (value: string) => (isNew ? `; ${value} when left out` : '');
  return {
    enabled: t.boolean({ description: `Whether it looks at anything${otherwise('true')}.` }),
    scope: t.field({
      type: NotificationScopeInputRef,
      description: `Which metrics it looks at${otherwise('all')}.`,
    }),
    sensitivity: t.float({
      description: `Least anomaly score, above 0 and below 1${otherwise('0.99999')}.`,
    }),
    direction: t.field({ type: DirectionRef, description: `Which deviations matter${otherwise('BOTH')}.` }),
    minDeviation: t.float({
      description: `Smallest deviation from the expected value that matters, in the metric's unit${otherwise('0')}.`,
    }),
    minDeviationRatio: t.float({
      description: `Smallest deviation that matters, as a share of the expected value${otherwise('0')}.`,
    }),
    confirmSeconds: t.int({
      description: `How long a metric has to be anomalous before its incident fires, 0 to 86,400${otherwise('0')}.`,
    }),
    confirmPoints: t.int({
      description: `How many points of a metric have to be anomalous before its incident fires, 1 to 1,000${otherwise('1')}.`,
    }),
    recoverySeconds: t.int({
      description: `How long the metric has to be normal until it is resolved, 0 to 604,800${otherwise('600')}.`,
    }),
    quietSeconds: t.int({
      description: `Time between two messages about one server, 0 to 2,592,000${otherwise('3600')}.`,
    }),
    staleSeconds: t.int({
      description: `Points older than this are not notified of, 1 to 31,536,000${otherwise('3600')}.`,
    }),
    learningGuard: t.boolean({
      description: `Whether provisional scores, of models that are still learning, are ignored${otherwise('true')}.`,
    }),
    notifyEnd: t.boolean({ description: `Whether there is a message at the end too${otherwise('true')}.` }),
    notifyNoData: t.boolean({
      description: `Whether metrics that stop reporting are incidents of the kind NO_DATA${otherwise('false')}.`,
    }),
    noDataSeconds: t.int({
      description: `Time without a sample after which a metric has stopped reporting at the earliest, 60 to 2,592,000${otherwise('300')}; metrics with longer gaps in their history have more.`,
    }),
    ...defineRateFields(t, otherwise),
    maintenanceWindows: t.field({
      type: [MaintenanceWindowInputRef],
      description: `When it sends no notifications, all such times${otherwise('never')}; 50 at most.`,
    }),
    timeZone: t.string({
      description:
        "IANA name of the zone of local times in its messages; null for that of the metric's region.",
    }),
    subject: t.string({ description: 'Template of 255 characters at most; null for the default.' }),
    body: t.string({ description: 'Template of 10,000 characters at most; null for the default.' }),
    runbookUrl: t.string({
      description:
        'Address of what to do about its incidents, http or https: its messages link to it. Null for none.',
    }),
    channels: t.field({
      type: [ChannelInputRef],
      description: `Where its messages go, all of them${otherwise('nowhere')}; 10 at most.`,
    }),
  };
}

/** Which kinds of incidents there are beside the anomalies of single metrics and NO_DATA. */
function defineRateFields(t: FieldBuilder, otherwise: (value: string) => string) {
  return {
    anomalyRatePercent: t.float({
      description: `Share of the metrics of a group, in per cent, that has to be anomalous at once for an incident of the kind ANOMALY_RATE: above 0, at most 100; null for no such incidents${otherwise('null')}.`,
    }),
    anomalyRateMinMetrics: t.int({
      description: `How many metrics of a group have to be anomalous at least, whatever their share, 1 to 100,000${otherwise('3')}.`,
    }),
    anomalyRateSeconds: t.int({
      description: `How long \`anomalyRatePercent\` has to be reached before such an incident fires, 0 to 86,400${otherwise('300')}.`,
    }),
    anomalyRateGroup: t.field({
      type: AnomalyRateGroupRef,
      description: `Of which metrics \`anomalyRatePercent\` is the share${otherwise('RESOURCE')}.`,
    }),
    notifyOutliers: t.boolean({
      description: `Whether metrics that behave unlike the same metric of other resources, and did not before, are incidents of the kind OUTLIER${otherwise('false')}.`,
    }),
    outlierSeconds: t.int({
      description: `How far back a metric is compared with those of other resources, to find outliers, 300 to 604,800${otherwise('3600')}.`,
    }),
    outlierTolerance: t.float({
      description: `How many robust standard deviations a metric has to be from the median of its group to be an outlier, above 0${otherwise('3')}.`,
    }),
    outlierMinShare: t.float({
      description: `For which share of \`outlierSeconds\` a metric has to be beyond \`outlierTolerance\`, above 0, at most 1${otherwise('0.5')}.`,
    }),
    notifyAnomalies: t.boolean({
      description: `Whether anomalies of single metrics are notified of; they are incidents all the same${otherwise('true')}.`,
    }),
  };
}

type RuleInput = Omit<typeof UpdateRuleInputRef.$inferInput, 'id'>;

/** @throws InvalidInputError for a bad id */
export function readRuleChange(input: RuleInput): RuleChange {
  const { scope, maintenanceWindows, channels, timeZone, subject, body, runbookUrl, ...rest } = input;
  const { anomalyRatePercent, ...plain } = rest;
  return {
    ...withoutNulls(plain),
    ...(scope == null ? {} : { scope: readScopeInput(scope) }),
    ...(maintenanceWindows == null ? {} : { maintenanceWindows: maintenanceWindows.map(readWindow) }),
    ...(channels == null ? {} : { channels: channels.map(readChannel) }),
    ...(anomalyRatePercent === undefined ? {} : { anomalyRatePercent }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(subject === undefined ? {} : { subject }),
    ...(body === undefined ? {} : { body }),
    ...(runbookUrl === undefined ? {} : { runbookUrl }),
  };
}

function readScopeInput(scope: typeof NotificationScopeInputRef.$inferInput): RuleScope {
  const { servers, autostackId, namePattern, tags } = scope;
  const path = ['input', 'scope'];
  const metricIds = readIdsOf('Metric', scope.metricIds, [...path, 'metricIds']);
  return {
    ...(metricIds === null ? {} : { metricIds }),
    ...(servers == null ? {} : { servers }),
    ...(autostackId == null
      ? {}
      : { autostackId: readIdOf('Autostack', autostackId, [...path, 'autostackId']) }),
    ...(namePattern == null ? {} : { namePattern }),
    ...(tags == null ? {} : { tags }),
  };
}

/** GraphQL saw to it that there is exactly one member. */
function readWindow({
  once,
  weekly,
  holidays,
}: typeof MaintenanceWindowInputRef.$inferInput): MaintenanceWindow {
  if (once == null) return weekly ?? holidays;
  return { start: once.start.toISOString(), end: once.end.toISOString() };
}
