/** PutMetricAlarm, EnableAlarmActions, DisableAlarmActions, SetAlarmState. */
import { CloudwatchError, invalid, missing } from '../model/cloudwatch-error.ts';
import { hashSeries } from '../model/metric-name.ts';
import type { OperationContext } from '../model/operation.ts';
import type { Infer } from '../model/shape.ts';
import { changeState } from './change-state.ts';
import { checkAlarm } from './check-alarm.ts';
import { ALARM_STATES, type StateChange } from './judge-alarm.ts';
import { noteConfiguration, saveAlarm } from './save-alarm.ts';
import type { ALARM_NAMES_INPUT, PUT_METRIC_ALARM_INPUT, SET_ALARM_STATE_INPUT } from './shapes.ts';
import { readSpec } from './show-alarm.ts';
import { tryQueries } from './try-queries.ts';

type Nothing = Readonly<Record<string, never>>;

/** Evaluations of one alarm are seconds apart: more than one in the way is rare. */
const MAX_TRIES = 5;

/** A new alarm begins with INSUFFICIENT_DATA; one that exists keeps its state and its tags. */
export async function putMetricAlarm(
  { Tags, ...given }: Infer<typeof PUT_METRIC_ALARM_INPUT>,
  context: OperationContext,
): Promise<Nothing> {
  // An empty list beside a metric is how some clients say that there are no queries.
  const hasNone = given.Metrics?.length === 0 && given.MetricName !== undefined;
  const spec = hasNone ? { ...given, Metrics: undefined } : given;
  const rule = checkAlarm(spec, context);
  await tryQueries(rule);
  const alarm = {
    name: spec.AlarmName ?? '',
    type: 'MetricAlarm',
    spec,
    seriesHash: rule.series === null ? null : Uint8Array.from(hashSeries(context.accountId, rule.series)),
    periodSeconds: rule.periodSeconds,
    tags: Tags,
  } as const;
  // What was tried may have taken seconds, which no other alarm waits for.
  await context.locks.alarms.runExclusive(() => saveAlarm(context, alarm));
  return {};
}

/** Names nobody has are passed over, as on AWS. */
export function switchAlarmActions(actionsEnabled: boolean) {
  return async (input: Infer<typeof ALARM_NAMES_INPUT>, context: OperationContext): Promise<Nothing> => {
    const { prisma, accountId } = context;
    const where = { accountId, name: { in: [...(input.AlarmNames ?? [])] } };
    const found = await prisma.cloudwatchAlarm.findMany({ where });
    const now = context.now();
    const what = actionsEnabled ? 'actions enabled' : 'actions disabled';
    await prisma.$transaction(async (transaction) => {
      await transaction.cloudwatchAlarm.updateMany({ where, data: { actionsEnabled } });
      for (const alarm of found) await noteConfiguration(transaction, alarm, what, now);
    });
    return {};
  };
}

/** For trying an alarm out: the next evaluation may change the state back. */
export async function setAlarmState(
  input: Infer<typeof SET_ALARM_STATE_INPUT>,
  context: OperationContext,
): Promise<Nothing> {
  const name = input.AlarmName ?? '';
  const state = ALARM_STATES.find((one) => one === input.StateValue);
  if (state === undefined) throw invalid('StateValue', input.StateValue);
  if (input.StateReason === undefined) throw missing('StateReason');
  const change = { state, reason: input.StateReason, data: checkReasonData(input.StateReasonData) };
  // An evaluation that changed it meanwhile is passed over: what was asked for is the newer state.
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await setState(name, change, context)) {
      context.onAlarmChange('state');
      return {};
    }
  }
  throw new CloudwatchError('ServiceUnavailable', `The alarm ${name} changed meanwhile; try again.`);
}

/** @returns false when the alarm changed between reading and writing it @throws CloudwatchError for one that is not there */
async function setState(name: string, change: StateChange, context: OperationContext): Promise<boolean> {
  const { prisma, accountId, pool } = context;
  const alarm = await prisma.cloudwatchAlarm.findUnique({ where: { accountId_name: { accountId, name } } });
  if (alarm === null) throw new CloudwatchError('ResourceNotFound', '');
  const spec = readSpec(alarm);
  return changeState(pool, alarm, spec, change, context.now(), spec.ActionsSuppressor !== undefined);
}

function checkReasonData(data: string | undefined): string | null {
  if (data === undefined) return null;
  try {
    JSON.parse(data);
    return data;
  } catch (error) {
    throw new CloudwatchError('InvalidFormat', 'StateReasonData was not valid JSON', { cause: error });
  }
}
