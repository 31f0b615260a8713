/** Evaluates composite alarms from the states of their children, and decides on the actions that are held back. */
import type pg from 'pg';
import type { CloudwatchAlarm, PrismaClient } from '../../../../generated/prisma/client.ts';
import type { Log } from '../../../../log.ts';
import { nameAlarmArn, readAlarmName } from '../../model/arn.ts';
import { holdsRule, listAlarms, parseAlarmRule } from './alarm-rule.ts';
import { changeState, listActions } from '../change-state.ts';
import { ALARM_STATES, type AlarmState, type StateChange } from '../judge-alarm.ts';
import { writeNotification } from '../notification.ts';
import { readSpec } from '../show-alarm.ts';
import { showTime } from '../state-reason.ts';
import { findSuppression, type SuppressedBy } from './suppression.ts';
import { DateTime } from 'luxon';

export interface CompositeContext {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly now: () => Date;
  readonly log: Log;
}

/** Composite alarms may look at others: so many levels are followed at once, the rest at the next evaluation. */
const MAX_LEVELS = 10;

/** @returns how many changed their state */
export async function evaluateComposites(context: CompositeContext): Promise<number> {
  let changed = 0;
  for (let level = 0; level < MAX_LEVELS; level++) {
    const composites = await context.prisma.cloudwatchAlarm.findMany({ where: { type: 'CompositeAlarm' } });
    if (composites.length === 0) return changed;
    let changedNow = 0;
    for (const composite of composites) {
      try {
        if (await evaluateComposite(composite, context)) changedNow += 1;
      } catch (error) {
        context.log.error({ err: error, alarmId: composite.id }, 'a composite alarm could not be evaluated');
      }
    }
    changed += changedNow;
    if (changedNow === 0) return changed;
  }
  return changed;
}

async function evaluateComposite(alarm: CloudwatchAlarm, context: CompositeContext): Promise<boolean> {
  const spec = readSpec(alarm);
  const rule = parseAlarmRule(spec.AlarmRule ?? '');
  const suppressor = spec.ActionsSuppressor === undefined ? null : readAlarmName(spec.ActionsSuppressor);
  const names = [...listAlarms(rule), ...(suppressor === null ? [] : [suppressor])];
  const found = await context.prisma.cloudwatchAlarm.findMany({
    where: { accountId: alarm.accountId, name: { in: names } },
  });
  const byName = new Map(found.map((child) => [child.name, child]));
  const state = holdsRule(rule, (name) => readState(byName.get(name))) ? 'ALARM' : 'OK';
  const now = context.now();
  const isChanged = state !== alarm.state;
  if (isChanged) {
    const children = [...listAlarms(rule)].flatMap((name) => byName.get(name) ?? []);
    const change = explainComposite(alarm, state, children);
    if (!(await changeState(context.pool, alarm, spec, change, now, suppressor !== null))) return false;
  }
  // A suppressor that was taken away holds nothing back, and is no longer shown.
  if (suppressor !== null || alarm.actionsPending || alarm.suppressedBy !== null) {
    const actionsPending = suppressor !== null && alarm.actionsEnabled;
    const fresh = isChanged ? { ...alarm, state, transitionedAt: now, actionsPending } : alarm;
    await decideActions(fresh, alarm, byName.get(suppressor ?? '') ?? null, context);
  }
  return isChanged;
}

function readState(alarm: CloudwatchAlarm | undefined): AlarmState | undefined {
  return ALARM_STATES.find((state) => state === alarm?.state);
}

/** The child that changed last is what made the composite alarm change. */
function explainComposite(
  alarm: CloudwatchAlarm,
  state: AlarmState,
  children: readonly CloudwatchAlarm[],
): StateChange {
  const arnOf = ({ region, accountId, name }: CloudwatchAlarm) => nameAlarmArn(region, accountId, name);
  const show = (child: CloudwatchAlarm) => ({
    arn: arnOf(child),
    state: { value: child.state, timestamp: showTime(child.transitionedAt) },
  });
  const latest = children.toSorted((a, b) => b.transitionedAt.getTime() - a.transitionedAt.getTime());
  const [trigger] = latest;
  if (alarm.state === 'INSUFFICIENT_DATA' || trigger === undefined) {
    const data = JSON.stringify({ triggeringAlarms: latest.slice(0, MAX_SHOWN).map(show) });
    return { state, reason: `${arnOf(alarm)} was created and its alarm rule evaluates to ${state}`, data };
  }
  const reason = `${arnOf(trigger)} transitioned to ${trigger.state} at ${writeDate(trigger.transitionedAt)}`;
  return { state, reason, data: JSON.stringify({ triggeringAlarms: [show(trigger)] }) };
}

/** Children named in the state data, which AWS bounds by 4,000 characters. */
const MAX_SHOWN = 10;

/** Friday 22 July, 2022 15:57:45 UTC */
function writeDate(time: Date): string {
  const utc = DateTime.fromJSDate(time, { zone: 'UTC' }).setLocale('en-US');
  return utc.toFormat("cccc d LLLL, yyyy HH:mm:ss 'UTC'");
}

// Only one of several servers plans the pending actions: the one whose update finds them pending.
const PLAN_PENDING = `
  WITH released AS (
    UPDATE cloudwatch_alarm SET actions_pending = false, suppressed_by = NULL, suppressed_reason = NULL
    WHERE id = $1 AND state = $2 AND actions_pending
    RETURNING account_id, name, actions_enabled
  )
  INSERT INTO cloudwatch_alarm_action (account_id, alarm_name, action, payload, due_at)
  SELECT account_id, name, action, payload::jsonb, $3
  FROM released, unnest($4::text[], $5::text[]) AS given (action, payload)
  WHERE actions_enabled`;

/**
 * @param alarm as it is now
 * @param before as it was before this evaluation: what notifications call the old state
 */
async function decideActions(
  alarm: CloudwatchAlarm,
  before: CloudwatchAlarm,
  suppressor: CloudwatchAlarm | null,
  context: CompositeContext,
): Promise<void> {
  const spec = readSpec(alarm);
  const now = context.now();
  const state = readState(alarm) ?? 'OK';
  const suppressorState = readState(suppressor ?? undefined);
  const suppressedBy = findSuppression(
    { transitionedAt: alarm.transitionedAt, suppressedBy: readSuppression(alarm.suppressedBy) },
    suppressor === null || suppressorState === undefined
      ? null
      : { state: suppressorState, transitionedAt: suppressor.transitionedAt },
    {
      waitSeconds: spec.ActionsSuppressorWaitPeriod ?? 0,
      extensionSeconds: spec.ActionsSuppressorExtensionPeriod ?? 0,
    },
    now,
  );
  if (!alarm.actionsPending || suppressedBy !== null) {
    const by = alarm.actionsPending ? suppressedBy : null;
    if (by === alarm.suppressedBy) return;
    const suppressedReason = by === null ? null : `Actions suppressed by ${by}`;
    await context.prisma.cloudwatchAlarm.updateMany({
      where: { id: alarm.id },
      data: { suppressedBy: by, suppressedReason },
    });
    return;
  }
  const stored = await context.prisma.cloudwatchAlarm.findUnique({ where: { id: alarm.id } });
  if (stored === null) return;
  const change = { state, reason: stored.stateReason, data: stored.stateData };
  const actions = listActions(spec, state);
  // Released later, the transition is over: a composite alarm came from its other state then.
  const old = before.state === state ? { ...before, state: state === 'ALARM' ? 'OK' : 'ALARM' } : before;
  const payloads = actions.map((action) => JSON.stringify(writeNotification(action, old, spec, change, now)));
  await context.pool.query(PLAN_PENDING, [alarm.id, state, now, actions, payloads]);
}

function readSuppression(stored: string | null): SuppressedBy | null {
  const known: readonly SuppressedBy[] = ['WaitPeriod', 'ExtensionPeriod', 'Alarm'];
  return known.find((one) => one === stored) ?? null;
}
