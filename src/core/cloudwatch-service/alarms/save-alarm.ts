/** Stores alarms of both types, and deletes them, with their tags and their history. */
import type { CloudwatchAlarm, Prisma } from '../../../generated/prisma/client.ts';
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import type { OperationContext } from '../model/operation.ts';
import type { Infer } from '../model/shape.ts';
import { checkTags, createTags, nameTagged } from '../tags/tags.ts';
import type { Tags } from '../tags/tag-shapes.ts';
import { listAlarms, parseAlarmRule } from './composite/alarm-rule.ts';
import type { ALARM_NAMES_INPUT, AlarmSpec, CompositeSpec } from './shapes.ts';
import { readSpec } from './show-alarm.ts';

type AlarmType = 'MetricAlarm' | 'CompositeAlarm';

export interface AlarmToSave {
  readonly name: string;
  readonly type: AlarmType;
  readonly spec: AlarmSpec | CompositeSpec;
  readonly seriesHash: Uint8Array<ArrayBuffer> | null;
  readonly periodSeconds: number | null;
  /** Given to a new alarm; of one that exists, passed over, as on AWS. */
  readonly tags: Tags | undefined;
}

const MAX_HISTORY_LENGTH = 4_095;

/** @throws CloudwatchError for one alarm too many, or a name an alarm of the other type has */
export async function saveAlarm(context: OperationContext, alarm: AlarmToSave): Promise<void> {
  const { prisma, accountId, region } = context;
  const { name, type, seriesHash, periodSeconds } = alarm;
  const tags = checkTags(alarm.tags);
  const key = { accountId_name: { accountId, name } };
  const known = await prisma.cloudwatchAlarm.findUnique({ where: key, select: { type: true } });
  if (known === null) await refuseTooMany(context);
  else requireType(name, type, known.type);
  const now = context.now();
  const configuration = {
    spec: JSON.parse(JSON.stringify(alarm.spec)) as Prisma.InputJsonObject, // a checked structure
    seriesHash,
    periodSeconds,
    region,
    actionsEnabled: alarm.spec.ActionsEnabled ?? true,
    configuredAt: now,
  };
  const initial = {
    type,
    state: 'INSUFFICIENT_DATA',
    stateReason: 'Unchecked: Initial alarm creation',
    stateUpdatedAt: now,
    transitionedAt: now,
  };
  await prisma.$transaction(async (transaction) => {
    const stored = await transaction.cloudwatchAlarm.upsert({
      where: key,
      create: { accountId, name, ...configuration, ...initial },
      update: configuration,
    });
    // Another request may have made it meanwhile.
    requireType(name, type, stored.type);
    if (known === null) await createTags(transaction, accountId, nameTagged({ kind: 'alarm', name }), tags);
    await noteConfiguration(transaction, stored, known === null ? 'created' : 'updated', now);
  });
  context.onAlarmChange('configuration');
}

function requireType(name: string, type: AlarmType, stored: string): void {
  if (stored === type) return;
  throw new CloudwatchError('ValidationError', `The alarm ${name} exists and is no ${type}.`);
}

async function refuseTooMany({ prisma, accountId, limits }: OperationContext): Promise<void> {
  const most = limits.alarmsPerAccount;
  if ((await prisma.cloudwatchAlarm.count({ where: { accountId } })) < most) return;
  throw new CloudwatchError('LimitExceeded', `The account has ${most} alarms, the most it may have.`);
}

/** @param what created, updated, deleted, actions enabled, actions disabled */
export async function noteConfiguration(
  transaction: Prisma.TransactionClient,
  alarm: CloudwatchAlarm,
  what: string,
  timestamp: Date,
): Promise<void> {
  const verb = /^(Create|Update|Delete)/.exec(what.charAt(0).toUpperCase() + what.slice(1))?.[1];
  const base = { version: '1.0', type: verb ?? 'Update' };
  const full = JSON.stringify({
    ...base,
    [`${verb?.toLowerCase() ?? 'update'}dAlarm`]: nameInCamelCase(alarm),
  });
  await transaction.cloudwatchAlarmHistory.create({
    data: {
      accountId: alarm.accountId,
      alarmName: alarm.name,
      alarmType: alarm.type,
      timestamp,
      type: 'ConfigurationUpdate',
      summary: `Alarm "${alarm.name}" ${what}`,
      data: full.length <= MAX_HISTORY_LENGTH ? full : JSON.stringify(base),
    },
  });
}

function nameInCamelCase(alarm: CloudwatchAlarm): object {
  const members = Object.entries(readSpec(alarm)).map(
    ([name, value]) => [`${name.charAt(0).toLowerCase()}${name.slice(1)}`, value] as const,
  );
  return { ...Object.fromEntries(members), stateValue: alarm.state };
}

/** Those of the names that are alarms; names nobody has are passed over, as on AWS. */
export async function deleteAlarms(
  input: Infer<typeof ALARM_NAMES_INPUT>,
  context: OperationContext,
): Promise<Readonly<Record<string, never>>> {
  const { prisma, accountId } = context;
  const names = new Set(input.AlarmNames ?? []);
  const where = { accountId, name: { in: [...names] } };
  await refuseChildren(names, context);
  const now = context.now();
  await prisma.$transaction(async (transaction) => {
    const found = await transaction.cloudwatchAlarm.findMany({ where });
    await transaction.cloudwatchAlarm.deleteMany({ where });
    const tagged = found.map(({ name }) => nameTagged({ kind: 'alarm', name }));
    await transaction.cloudwatchTag.deleteMany({ where: { accountId, resource: { in: tagged } } });
    for (const alarm of found) await noteConfiguration(transaction, alarm, 'deleted', now);
  });
  context.onAlarmChange('configuration');
  return {};
}

/** @throws CloudwatchError when a composite alarm that stays looks at one of these */
async function refuseChildren(
  names: ReadonlySet<string>,
  { prisma, accountId }: OperationContext,
): Promise<void> {
  const composites = await prisma.cloudwatchAlarm.findMany({ where: { accountId, type: 'CompositeAlarm' } });
  for (const composite of composites) {
    if (names.has(composite.name)) continue;
    const child = [...listAlarms(parseAlarmRule(readSpec(composite).AlarmRule ?? ''))].find((name) =>
      names.has(name),
    );
    if (child !== undefined) {
      const message = `Cannot delete ${child} as there are composite alarm(s) depending on it.`;
      throw new CloudwatchError('ValidationError', message);
    }
  }
}
