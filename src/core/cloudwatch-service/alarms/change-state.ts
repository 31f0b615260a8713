/** Changes an alarm's state: with its history, and with the actions that are to follow, or not at all. */
import type pg from 'pg';
import type { CloudwatchAlarm } from '../../../generated/prisma/client.ts';
import type { AlarmState } from './judge-alarm.ts';
import { nameAlarmArn } from './show-alarm.ts';
import type { AlarmSpec } from './shapes.ts';

export interface StateChange {
  readonly state: AlarmState;
  readonly reason: string;
  /** JSON, as DescribeAlarms shows it; null when there is none. */
  readonly data: string | null;
}

// Nothing happens when the alarm changed since it was read: another server, or its owner, was faster.
const CHANGE_STATE = `
  WITH changed AS (
    UPDATE cloudwatch_alarm
    SET state = $4, state_reason = $5, state_data = $6, state_updated_at = $7
    WHERE id = $1 AND state = $2 AND configured_at = $3
    RETURNING account_id, name, actions_enabled
  ), noted AS (
    INSERT INTO cloudwatch_alarm_history (account_id, alarm_name, timestamp, type, summary, data)
    SELECT account_id, name, $7, 'StateUpdate', $8, $9 FROM changed
  ), planned AS (
    INSERT INTO cloudwatch_alarm_action (account_id, alarm_name, action, payload, due_at)
    SELECT account_id, name, action, $11::jsonb, $7
    FROM changed, unnest($10::text[]) AS action
    WHERE actions_enabled
  )
  SELECT FROM changed`;

/** @returns false when the alarm is no longer as it was read */
export async function changeState(
  pool: pg.Pool,
  alarm: CloudwatchAlarm,
  spec: AlarmSpec,
  change: StateChange,
  now: Date,
): Promise<boolean> {
  const summary = `Alarm updated from ${alarm.state} to ${change.state}`;
  const history = {
    version: '1.0',
    oldState: { stateValue: alarm.state, stateReason: alarm.stateReason },
    newState: {
      stateValue: change.state,
      stateReason: change.reason,
      ...(change.data !== null && { stateReasonData: JSON.parse(change.data) as unknown }),
    },
  };
  const { rowCount } = await pool.query(CHANGE_STATE, [
    alarm.id,
    alarm.state,
    alarm.configuredAt,
    change.state,
    change.reason,
    change.data,
    now,
    summary,
    JSON.stringify(history),
    change.state === alarm.state ? [] : listActions(spec, change.state),
    JSON.stringify(writeNotice(alarm, spec, change, now)),
  ]);
  return rowCount === 1;
}

function listActions(spec: AlarmSpec, state: AlarmState): readonly string[] {
  switch (state) {
    case 'OK':
      return spec.OKActions ?? [];
    case 'ALARM':
      return spec.AlarmActions ?? [];
    case 'INSUFFICIENT_DATA':
      return spec.InsufficientDataActions ?? [];
  }
}

/** What a topic is told, with the names AWS' own notices have. */
function writeNotice(alarm: CloudwatchAlarm, spec: AlarmSpec, change: StateChange, now: Date): object {
  return {
    AlarmName: alarm.name,
    AlarmDescription: spec.AlarmDescription ?? null,
    AlarmArn: nameAlarmArn(alarm.accountId, alarm.name),
    AWSAccountId: String(alarm.accountId).padStart(12, '0'),
    OldStateValue: alarm.state,
    NewStateValue: change.state,
    NewStateReason: change.reason,
    StateChangeTime: now.toISOString(),
    Trigger: {
      MetricName: spec.MetricName,
      Namespace: spec.Namespace,
      Statistic: spec.Statistic ?? spec.ExtendedStatistic,
      Dimensions: (spec.Dimensions ?? []).map(({ Name, Value }) => ({ name: Name, value: Value })),
      Period: spec.Period,
      EvaluationPeriods: spec.EvaluationPeriods,
      ComparisonOperator: spec.ComparisonOperator,
      Threshold: spec.Threshold,
      TreatMissingData: spec.TreatMissingData ?? 'missing',
    },
  };
}
