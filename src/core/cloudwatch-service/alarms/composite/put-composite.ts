/** PutCompositeAlarm: an alarm on the states of other alarms. */
import { CloudwatchError } from '../../model/cloudwatch-error.ts';
import { readAlarmName } from '../../model/arn.ts';
import type { OperationContext } from '../../model/operation.ts';
import type { Infer } from '../../model/shape.ts';
import { checkActions } from '../action-arn.ts';
import { AlarmRuleError, listAlarms, parseAlarmRule } from './alarm-rule.ts';
import { saveAlarm } from '../save-alarm.ts';
import type { CompositeSpec, PUT_COMPOSITE_ALARM_INPUT } from '../shapes.ts';
import { readSpec } from '../show-alarm.ts';

const MAX_CHILDREN = 100;

/** A new one begins with INSUFFICIENT_DATA and is evaluated at once. */
export async function putCompositeAlarm(
  { Tags, ...spec }: Infer<typeof PUT_COMPOSITE_ALARM_INPUT>,
  context: OperationContext,
): Promise<Readonly<Record<string, never>>> {
  checkActions(spec.OKActions);
  checkActions(spec.AlarmActions);
  checkActions(spec.InsufficientDataActions);
  checkSuppressor(spec);
  const name = spec.AlarmName ?? '';
  const children = readChildren(spec.AlarmRule ?? '');
  await refuseUnknown(children, spec, context);
  await refuseCycle(name, children, context);
  const rest = { seriesHash: null, periodSeconds: null, tags: Tags };
  await saveAlarm(context, { name, type: 'CompositeAlarm', spec, ...rest });
  return {};
}

function refuse(message: string, cause?: unknown): CloudwatchError {
  return new CloudwatchError('ValidationError', message, { cause });
}

function readChildren(rule: string): ReadonlySet<string> {
  if (rule.trim() !== rule) {
    throw refuse('AlarmRule must not contain leading or trailing whitespace or be null');
  }
  try {
    const children = listAlarms(parseAlarmRule(rule));
    if (children.size <= MAX_CHILDREN) return children;
    throw new AlarmRuleError(`More than ${MAX_CHILDREN} alarms`);
  } catch (error) {
    throw error instanceof AlarmRuleError ? refuse(`Error in AlarmRule [${error.message}]`, error) : error;
  }
}

function checkSuppressor(spec: CompositeSpec): void {
  const periods = [spec.ActionsSuppressorWaitPeriod, spec.ActionsSuppressorExtensionPeriod];
  const given = periods.filter((period) => period !== undefined);
  if (given.some((period) => period < 0))
    throw refuse('The periods of an actions suppressor must not be negative');
  if (spec.ActionsSuppressor === undefined ? given.length > 0 : given.length < periods.length) {
    throw refuse(
      'ActionsSuppressor, ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must be set together',
    );
  }
}

async function refuseUnknown(
  children: ReadonlySet<string>,
  { ActionsSuppressor: suppressor }: CompositeSpec,
  { prisma, accountId }: OperationContext,
): Promise<void> {
  const wanted = [...children, ...(suppressor === undefined ? [] : [readAlarmName(suppressor)])];
  const where = { accountId, name: { in: wanted } };
  const found = await prisma.cloudwatchAlarm.findMany({ where, select: { name: true } });
  const known = new Set(found.map(({ name }) => name));
  const absent = [...children].filter((child) => !known.has(child));
  if (absent.length > 0) {
    const names = absent.join(', ').slice(0, 1_000);
    throw refuse(`Could not save the composite alarm as alarms [${names}] in the alarm rule do not exist`);
  }
  if (wanted.some((name) => !known.has(name))) {
    throw refuse('Could not save the composite alarm as its actions suppressor does not exist');
  }
}

/** @throws CloudwatchError when the alarm would depend on itself, through whatever composite alarms */
async function refuseCycle(
  name: string,
  children: ReadonlySet<string>,
  { prisma, accountId }: OperationContext,
): Promise<void> {
  const composites = await prisma.cloudwatchAlarm.findMany({ where: { accountId, type: 'CompositeAlarm' } });
  const below = new Map(composites.map((one) => [one.name, parseAlarmRule(readSpec(one).AlarmRule ?? '')]));
  const seen = new Set<string>();
  const left = [...children];
  for (let child = left.pop(); child !== undefined; child = left.pop()) {
    if (child === name) throw refuse('Could not save the composite alarm as it would create a cycle');
    const rule = below.get(child);
    if (rule === undefined || seen.has(child)) continue;
    seen.add(child);
    left.push(...listAlarms(rule));
  }
}
