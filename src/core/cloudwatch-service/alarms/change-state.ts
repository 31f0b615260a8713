/** Changes an alarm's state: with its history, and with the actions that are to follow, or not at all. */
import type pg from 'pg';
import type { CloudwatchAlarm } from '../../../generated/prisma/client.ts';
import type { AlarmState, StateChange } from './judge-alarm.ts';
import { writeNotification } from './notification.ts';
import type { AlarmSpec, CompositeSpec } from './shapes.ts';

// Nothing happens when the alarm changed since it was read: another server, or its owner, was faster.
const CHANGE_STATE = `
  WITH changed AS (
    UPDATE cloudwatch_alarm
    SET state = $4, state_reason = $5, state_data = $6, state_updated_at = $7,
      transitioned_at = CASE WHEN state = $4 THEN transitioned_at ELSE $7 END,
      actions_pending = CASE WHEN state = $4 THEN actions_pending ELSE $12 AND actions_enabled END
    WHERE id = $1 AND state = $2 AND configured_at = $3
    RETURNING account_id, name, type, actions_enabled
  ), noted AS (
    INSERT INTO cloudwatch_alarm_history (account_id, alarm_name, alarm_type, timestamp, type, summary, data)
    SELECT account_id, name, type, $7, 'StateUpdate', $8, $9 FROM changed
  ), planned AS (
    INSERT INTO cloudwatch_alarm_action (account_id, alarm_name, action, payload, due_at)
    SELECT account_id, name, action, payload::jsonb, $7
    FROM changed, unnest($10::text[], $11::text[]) AS given (action, payload)
    WHERE actions_enabled
  )
  SELECT FROM changed`;

/**
 * @param holdsActions the actions are not planned but marked as pending: a composite alarm decides on them apart
 * @returns false when the alarm is no longer as it was read
 */
export async function changeState(
  pool: pg.Pool,
  alarm: CloudwatchAlarm,
  spec: AlarmSpec & CompositeSpec,
  change: StateChange,
  now: Date,
  holdsActions = false,
): Promise<boolean> {
  const isTransition = change.state !== alarm.state;
  const actions = isTransition && !holdsActions ? listActions(spec, change.state) : [];
  const { rowCount } = await pool.query(CHANGE_STATE, [
    alarm.id,
    alarm.state,
    alarm.configuredAt,
    change.state,
    change.reason,
    change.data,
    now,
    `Alarm updated from ${alarm.state} to ${change.state}`,
    JSON.stringify(writeHistory(alarm, change)),
    actions,
    actions.map((action) => JSON.stringify(writeNotification(action, alarm, spec, change, now))),
    isTransition && holdsActions,
  ]);
  return rowCount === 1;
}

function writeHistory(alarm: CloudwatchAlarm, { state, reason, data }: StateChange): object {
  const show = (stateValue: string, stateReason: string, stateData: string | null) => ({
    stateValue,
    stateReason,
    ...(stateData !== null && { stateReasonData: JSON.parse(stateData) as unknown }),
  });
  return {
    version: '1.0',
    oldState: show(alarm.state, alarm.stateReason, alarm.stateData),
    newState: show(state, reason, data),
  };
}

export function listActions(spec: AlarmSpec | CompositeSpec, state: AlarmState): readonly string[] {
  switch (state) {
    case 'OK':
      return spec.OKActions ?? [];
    case 'ALARM':
      return spec.AlarmActions ?? [];
    case 'INSUFFICIENT_DATA':
      return spec.InsufficientDataActions ?? [];
  }
}
