/** An alarm as the API shows it. */
import type { CloudwatchAlarm } from '../../../generated/prisma/client.ts';
import type { Infer } from '../model/shape.ts';
import type { AlarmSpec, METRIC_ALARM_SHAPE } from './shapes.ts';

/** Accounts are numbered from 1; ARNs want twelve digits. There is one region, called self. */
export function nameAlarmArn(accountId: number, name: string): string {
  return `arn:aws:cloudwatch:self:${String(accountId).padStart(12, '0')}:alarm:${name}`;
}

/** The request the alarm was put with: nothing but checked requests is ever stored. */
export function readSpec(alarm: CloudwatchAlarm): AlarmSpec {
  const { spec } = alarm;
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw new Error(`the alarm ${alarm.id} is stored without its request`);
  }
  return spec; // written by putMetricAlarm from this very type, which JSON holds without loss
}

export function showAlarm(alarm: CloudwatchAlarm): Infer<typeof METRIC_ALARM_SHAPE> {
  const spec = readSpec(alarm);
  return {
    ...spec,
    AlarmArn: nameAlarmArn(alarm.accountId, alarm.name),
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: spec.OKActions ?? [],
    AlarmActions: spec.AlarmActions ?? [],
    InsufficientDataActions: spec.InsufficientDataActions ?? [],
    ...(spec.Metrics === undefined && { Dimensions: spec.Dimensions ?? [] }),
    AlarmConfigurationUpdatedTimestamp: alarm.configuredAt,
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    ...(alarm.stateData !== null && { StateReasonData: alarm.stateData }),
    StateUpdatedTimestamp: alarm.stateUpdatedAt,
    StateTransitionedTimestamp: alarm.stateUpdatedAt,
  };
}
