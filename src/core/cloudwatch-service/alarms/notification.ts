/** What an alarm's actions are notified of, in the forms of AWS: of a topic's message, and of a function's event. */
import type { CloudwatchAlarm } from '../../../generated/prisma/client.ts';
import { REGIONS } from '../../sources/aws/regions.ts';
import { nameAccount, nameAlarmArn } from '../model/arn.ts';
import { isFunction } from './action-arn.ts';
import type { StateChange } from './judge-alarm.ts';
import type { AlarmSpec, CompositeSpec } from './shapes.ts';
import { showTime } from './state-reason.ts';

/** @param action decides on the form */
export function writeNotification(
  action: string,
  alarm: CloudwatchAlarm,
  spec: AlarmSpec & CompositeSpec,
  change: StateChange,
  now: Date,
): object {
  return isFunction(action) ? writeEvent(alarm, spec, change, now) : writeMessage(alarm, spec, change, now);
}

function writeMessage(
  alarm: CloudwatchAlarm,
  spec: AlarmSpec & CompositeSpec,
  change: StateChange,
  now: Date,
): object {
  return {
    AlarmName: alarm.name,
    AlarmDescription: spec.AlarmDescription ?? null,
    AWSAccountId: nameAccount(alarm.accountId),
    AlarmConfigurationUpdatedTimestamp: showTime(alarm.configuredAt),
    NewStateValue: change.state,
    NewStateReason: change.reason,
    StateChangeTime: showTime(now),
    Region: nameRegion(alarm.region),
    AlarmArn: nameAlarmArn(alarm.region, alarm.accountId, alarm.name),
    OldStateValue: alarm.state,
    OKActions: spec.OKActions ?? [],
    AlarmActions: spec.AlarmActions ?? [],
    InsufficientDataActions: spec.InsufficientDataActions ?? [],
    ...(alarm.type === 'CompositeAlarm'
      ? { AlarmRule: spec.AlarmRule, TriggeringChildren: listTriggers(change) }
      : { Trigger: writeTrigger(spec, alarm.periodSeconds) }),
  };
}

/** The region of a signature may be any word, as one that every object has. */
function nameRegion(region: string): string {
  return (Object.hasOwn(REGIONS, region) ? REGIONS[region] : undefined) ?? region;
}

/** Of the state data of a composite alarm, or of a caller's own JSON, in which anything may stand. */
function listTriggers({ data }: StateChange): readonly object[] {
  const triggers = readMember(data === null ? null : JSON.parse(data), 'triggeringAlarms');
  if (!Array.isArray(triggers)) return [];
  return triggers.map((trigger: unknown) => {
    const state = readMember(trigger, 'state');
    return {
      Arn: readMember(trigger, 'arn'),
      State: { Value: readMember(state, 'value'), Timestamp: readMember(state, 'timestamp') },
    };
  });
}

function readMember(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** @param periodSeconds what the alarm is evaluated by; one on queries has no Period of its own */
function writeTrigger(spec: AlarmSpec, periodSeconds: number | null): object {
  const { EvaluationPeriods, DatapointsToAlarm, ComparisonOperator, Threshold, ThresholdMetricId } = spec;
  return {
    ...(spec.Metrics === undefined
      ? {
          MetricName: spec.MetricName,
          Namespace: spec.Namespace,
          ...(spec.Statistic === undefined
            ? { StatisticType: 'ExtendedStatistic', ExtendedStatistic: spec.ExtendedStatistic }
            : { StatisticType: 'Statistic', Statistic: nameStatistic(spec.Statistic) }),
          Unit: spec.Unit ?? null,
          Dimensions: showDimensions(spec.Dimensions),
        }
      : { Metrics: spec.Metrics.map(showQuery) }),
    Period: spec.Period ?? periodSeconds,
    EvaluationPeriods,
    DatapointsToAlarm,
    ComparisonOperator,
    Threshold,
    ThresholdMetricId,
    TreatMissingData: spec.TreatMissingData ?? 'missing',
    EvaluateLowSampleCountPercentile: spec.EvaluateLowSampleCountPercentile ?? '',
  };
}

type Query = NonNullable<AlarmSpec['Metrics']>[number];

/** As in the request, but for the dimensions, which topics are sent with small letters. */
function showQuery({ MetricStat, ReturnData, ...query }: Query): object {
  return {
    ...query,
    ...(MetricStat !== undefined && {
      MetricStat: {
        ...MetricStat,
        Metric: { ...MetricStat.Metric, Dimensions: showDimensions(MetricStat.Metric?.Dimensions) },
      },
    }),
    ReturnData: ReturnData ?? true,
  };
}

function showDimensions(dimensions: AlarmSpec['Dimensions']): readonly object[] {
  return (dimensions ?? []).map(({ Name, Value }) => ({ value: Value, name: Name }));
}

/** SampleCount becomes SAMPLE_COUNT. */
function nameStatistic(statistic: string): string {
  return statistic.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}

function writeEvent(
  alarm: CloudwatchAlarm,
  spec: AlarmSpec & CompositeSpec,
  change: StateChange,
  now: Date,
): object {
  return {
    source: 'aws.cloudwatch',
    alarmArn: nameAlarmArn(alarm.region, alarm.accountId, alarm.name),
    accountId: nameAccount(alarm.accountId),
    time: showTime(now),
    region: alarm.region,
    alarmData: {
      alarmName: alarm.name,
      state: showState(change.state, change.reason, change.data, now),
      previousState: showState(alarm.state, alarm.stateReason, alarm.stateData, alarm.stateUpdatedAt),
      configuration: {
        ...(spec.AlarmDescription !== undefined && { description: spec.AlarmDescription }),
        ...(alarm.type === 'CompositeAlarm' ? { alarmRule: spec.AlarmRule } : { metrics: listMetrics(spec) }),
      },
    },
  };
}

function showState(value: string, reason: string, data: string | null, time: Date): object {
  return { value, reason, ...(data !== null && { reasonData: data }), timestamp: showTime(time) };
}

function listMetrics(spec: AlarmSpec): readonly object[] {
  const queries = spec.Metrics ?? [
    {
      Id: 'm1',
      MetricStat: {
        Metric: { Namespace: spec.Namespace, MetricName: spec.MetricName, Dimensions: spec.Dimensions },
        Period: spec.Period,
        Stat: spec.Statistic ?? spec.ExtendedStatistic,
      },
      ReturnData: true,
    },
  ];
  return queries.map(({ Id, MetricStat, Expression, Label, ReturnData }) => ({
    id: Id,
    ...(Expression !== undefined && { expression: Expression }),
    ...(Label !== undefined && { label: Label }),
    ...(MetricStat !== undefined && {
      metricStat: {
        metric: {
          namespace: MetricStat.Metric?.Namespace,
          name: MetricStat.Metric?.MetricName,
          dimensions: Object.fromEntries(
            (MetricStat.Metric?.Dimensions ?? []).map(({ Name, Value }) => [Name ?? '', Value ?? '']),
          ),
        },
        period: MetricStat.Period,
        stat: MetricStat.Stat,
      },
    }),
    returnData: ReturnData ?? true,
  }));
}
