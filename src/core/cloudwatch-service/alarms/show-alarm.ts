/** An alarm as the API shows it. */
import type { CloudwatchAlarm } from '../../../generated/prisma/client.ts';
import { nameAlarmArn } from '../model/arn.ts';
import type { Infer } from '../model/shape.ts';
import type { AlarmSpec, COMPOSITE_ALARM_SHAPE, CompositeSpec, METRIC_ALARM_SHAPE } from './shapes.ts';

/** The request the alarm was put with: nothing but checked requests is ever stored. */
export function readSpec(alarm: Pick<CloudwatchAlarm, 'id' | 'spec'>): AlarmSpec & CompositeSpec {
  const { spec } = alarm;
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw new Error(`the alarm ${alarm.id} is stored without its request`);
  }
  return spec; // written from this very type, which JSON holds without loss
}

/** @param region of the request: an ARN names the region it is asked in */
export function showAlarm(alarm: CloudwatchAlarm, region: string): Infer<typeof METRIC_ALARM_SHAPE> {
  const spec = readSpec(alarm);
  return {
    ...spec,
    ...showState(alarm, spec, region),
    ...(spec.Metrics === undefined && { Dimensions: spec.Dimensions ?? [] }),
  };
}

export function showComposite(alarm: CloudwatchAlarm, region: string): Infer<typeof COMPOSITE_ALARM_SHAPE> {
  const spec = readSpec(alarm);
  return {
    ...spec,
    ...showState(alarm, spec, region),
    ...(alarm.suppressedBy !== null && { ActionsSuppressedBy: alarm.suppressedBy }),
    ...(alarm.suppressedReason !== null && { ActionsSuppressedReason: alarm.suppressedReason }),
  };
}

function showState(alarm: CloudwatchAlarm, spec: AlarmSpec | CompositeSpec, region: string) {
  return {
    AlarmArn: nameAlarmArn(region, alarm.accountId, alarm.name),
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: spec.OKActions ?? [],
    AlarmActions: spec.AlarmActions ?? [],
    InsufficientDataActions: spec.InsufficientDataActions ?? [],
    AlarmConfigurationUpdatedTimestamp: alarm.configuredAt,
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    ...(alarm.stateData !== null && { StateReasonData: alarm.stateData }),
    StateUpdatedTimestamp: alarm.stateUpdatedAt,
    StateTransitionedTimestamp: alarm.transitionedAt,
  };
}

/** What DescribeAlarms shows of the relatives of an alarm. */
export function showRelative(alarm: CloudwatchAlarm, region: string) {
  return {
    AlarmName: alarm.name,
    AlarmArn: nameAlarmArn(region, alarm.accountId, alarm.name),
    StateValue: alarm.state,
    StateUpdatedTimestamp: alarm.stateUpdatedAt,
  };
}
