/** PutMetricAlarm, DeleteAlarms, EnableAlarmActions, DisableAlarmActions, SetAlarmState. */
import type { Prisma } from '../../../generated/prisma/client.ts';
import { CloudwatchError, invalid, missing } from '../model/cloudwatch-error.ts';
import { checkText, hashSeries } from '../model/metric-name.ts';
import type { OperationContext } from '../model/operation.ts';
import type { Infer } from '../model/shape.ts';
import { changeState } from './change-state.ts';
import { checkAlarm } from './check-alarm.ts';
import { ALARM_STATES } from './judge-alarm.ts';
import type { ALARM_NAMES_INPUT, PUT_METRIC_ALARM_INPUT, SET_ALARM_STATE_INPUT } from './shapes.ts';
import { readSpec } from './show-alarm.ts';

type Nothing = Readonly<Record<string, never>>;

const MOST_NAMES = 100;
const LONGEST_REASON = 1_023;
const LONGEST_REASON_DATA = 4_000;

/** A new alarm begins with INSUFFICIENT_DATA; one that exists keeps its state. */
export async function putMetricAlarm(
  input: Infer<typeof PUT_METRIC_ALARM_INPUT>,
  context: OperationContext,
): Promise<Nothing> {
  const { prisma, accountId, limits } = context;
  const rule = checkAlarm(input, context);
  const name = input.AlarmName ?? '';
  const key = { accountId_name: { accountId, name } };
  const known = await prisma.cloudwatchAlarm.findUnique({ where: key, select: { id: true } });
  if (
    known === null &&
    (await prisma.cloudwatchAlarm.count({ where: { accountId } })) >= limits.alarmsPerAccount
  ) {
    throw new CloudwatchError(
      'LimitExceeded',
      `The account has ${limits.alarmsPerAccount} alarms, the most it may have.`,
    );
  }
  const now = context.now();
  const configuration = {
    spec: JSON.parse(JSON.stringify(input)) as Prisma.InputJsonObject, // a checked structure
    seriesHash: rule.series === null ? null : Uint8Array.from(hashSeries(accountId, rule.series)),
    actionsEnabled: input.ActionsEnabled ?? true,
    configuredAt: now,
  };
  const initial = {
    state: 'INSUFFICIENT_DATA',
    stateReason: 'Unchecked: Initial alarm creation',
    stateUpdatedAt: now,
  };
  await prisma.$transaction([
    prisma.cloudwatchAlarm.upsert({
      where: key,
      create: { accountId, name, ...configuration, ...initial },
      update: configuration,
    }),
    noteConfiguration(context, name, known === null ? 'created' : 'updated', now),
  ]);
  return {};
}

function noteConfiguration(
  { prisma, accountId }: OperationContext,
  alarmName: string,
  what: string,
  timestamp: Date,
) {
  const data = JSON.stringify({ version: '1.0', type: what });
  return prisma.cloudwatchAlarmHistory.create({
    data: {
      accountId,
      alarmName,
      timestamp,
      type: 'ConfigurationUpdate',
      summary: `Alarm "${alarmName}" ${what}`,
      data,
    },
  });
}

function checkNames(names: readonly string[] | undefined): readonly string[] {
  if (names === undefined || names.length === 0) throw missing('AlarmNames');
  if (names.length > MOST_NAMES)
    throw invalid('AlarmNames', names.length, `There may be at most ${MOST_NAMES}.`);
  return names.map((name, i) => checkText(name, `AlarmNames.member.${i + 1}`));
}

/** All of them or none: with a name nobody has, nothing is deleted. */
export async function deleteAlarms(
  input: Infer<typeof ALARM_NAMES_INPUT>,
  context: OperationContext,
): Promise<Nothing> {
  const { prisma, accountId } = context;
  const names = [...new Set(checkNames(input.AlarmNames))];
  const where = { accountId, name: { in: names } };
  const found = await prisma.cloudwatchAlarm.findMany({ where, select: { name: true } });
  const absent = names.find((name) => !found.some((alarm) => alarm.name === name));
  if (absent !== undefined) throw new CloudwatchError('ResourceNotFound', `There is no alarm ${absent}.`);
  const now = context.now();
  await prisma.$transaction([
    prisma.cloudwatchAlarm.deleteMany({ where }),
    ...names.map((name) => noteConfiguration(context, name, 'deleted', now)),
  ]);
  return {};
}

/** Names nobody has are passed over, as on AWS. */
export function switchAlarmActions(actionsEnabled: boolean) {
  return async (input: Infer<typeof ALARM_NAMES_INPUT>, context: OperationContext): Promise<Nothing> => {
    const { prisma, accountId } = context;
    const where = { accountId, name: { in: [...checkNames(input.AlarmNames)] } };
    const found = await prisma.cloudwatchAlarm.findMany({ where, select: { name: true } });
    const now = context.now();
    const what = actionsEnabled ? 'actions enabled' : 'actions disabled';
    await prisma.$transaction([
      prisma.cloudwatchAlarm.updateMany({ where, data: { actionsEnabled } }),
      ...found.map(({ name }) => noteConfiguration(context, name, what, now)),
    ]);
    return {};
  };
}

/** For trying an alarm out: the next evaluation may change the state back. */
export async function setAlarmState(
  input: Infer<typeof SET_ALARM_STATE_INPUT>,
  context: OperationContext,
): Promise<Nothing> {
  const name = checkText(input.AlarmName, 'AlarmName');
  if (input.StateValue === undefined) throw missing('StateValue');
  const state = ALARM_STATES.find((one) => one === input.StateValue);
  if (state === undefined) {
    throw invalid('StateValue', input.StateValue, `It must be one of ${ALARM_STATES.join(', ')}.`);
  }
  const reason = checkText(input.StateReason, 'StateReason', LONGEST_REASON);
  const data = checkReasonData(input.StateReasonData);
  const { prisma, accountId } = context;
  const alarm = await prisma.cloudwatchAlarm.findUnique({ where: { accountId_name: { accountId, name } } });
  if (alarm === null) throw new CloudwatchError('ResourceNotFound', `There is no alarm ${name}.`);
  const change = { state, reason, data };
  if (!(await changeState(context.pool, alarm, readSpec(alarm), change, context.now()))) {
    throw new CloudwatchError('ServiceUnavailable', `The alarm ${name} changed meanwhile; try again.`);
  }
  return {};
}

function checkReasonData(data: string | undefined): string | null {
  if (data === undefined) return null;
  if (data.length > LONGEST_REASON_DATA) {
    throw invalid('StateReasonData', data, `It may have ${LONGEST_REASON_DATA} characters.`);
  }
  try {
    JSON.parse(data);
    return data;
  } catch (error) {
    throw new CloudwatchError('InvalidFormat', 'StateReasonData is not JSON.', { cause: error });
  }
}
