/** DescribeAlarms, DescribeAlarmsForMetric. */
import type { CloudwatchAlarm, Prisma } from '../../../generated/prisma/client.ts';
import { readAlarmName } from '../model/arn.ts';
import { beginsWith } from '../model/begins-with.ts';
import { combined } from '../model/cloudwatch-error.ts';
import { checkSeriesName, hashSeries } from '../model/metric-name.ts';
import type { OperationContext } from '../model/operation.ts';
import type { Infer } from '../model/shape.ts';
import { cutRows, DEFAULT_RECORDS, openPage } from '../model/page-token.ts';
import { listAlarms, parseAlarmRule } from './composite/alarm-rule.ts';
import type {
  DESCRIBE_ALARMS_FOR_METRIC_INPUT,
  DESCRIBE_ALARMS_FOR_METRIC_OUTPUT,
  DESCRIBE_ALARMS_INPUT,
  DESCRIBE_ALARMS_OUTPUT,
} from './shapes.ts';
import { readSpec, showAlarm, showComposite, showRelative } from './show-alarm.ts';

type DescribeInput = Infer<typeof DESCRIBE_ALARMS_INPUT>;
type DescribeOutput = Infer<typeof DESCRIBE_ALARMS_OUTPUT>;

/** Metric alarms, unless composite ones are asked for by AlarmTypes. */
export async function describeAlarms(
  input: DescribeInput,
  context: OperationContext,
): Promise<DescribeOutput> {
  checkCombination(input);
  if (input.ChildrenOfAlarmName !== undefined) {
    return await describeChildren(input.ChildrenOfAlarmName, context);
  }
  if (input.ParentsOfAlarmName !== undefined) return await describeParents(input.ParentsOfAlarmName, context);
  const { MaxRecords: size = DEFAULT_RECORDS } = input;
  const { after, paging } = openPage(input, context.accountId);
  const found = await findAlarms(input, after, size + 1, context);
  const { page, next } = cutRows(found, size, paging);
  return {
    MetricAlarms: page
      .filter(({ type }) => type === 'MetricAlarm')
      .map((alarm) => showAlarm(alarm, context.region)),
    CompositeAlarms: page
      .filter(({ type }) => type === 'CompositeAlarm')
      .map((alarm) => showComposite(alarm, context.region)),
    ...next,
  };
}

function checkCombination(input: DescribeInput): void {
  const { AlarmNames: names = [], AlarmNamePrefix: prefix = '' } = input;
  if (names.length > 0 && prefix !== '') {
    throw combined('The parameters AlarmNames and AlarmNamePrefix are mutually exclusive.');
  }
  const relatives = [input.ChildrenOfAlarmName, input.ParentsOfAlarmName].filter(
    (name) => name !== undefined,
  );
  const others = [input.StateValue, input.ActionPrefix, ...names, prefix === '' ? undefined : prefix];
  if (relatives.length > 1 || (relatives.length === 1 && others.some((other) => other !== undefined))) {
    throw combined(
      'ChildrenOfAlarmName and ParentsOfAlarmName exclude each other and every parameter but MaxRecords and NextToken.',
    );
  }
}

/** So many alarms are read at a time where what is asked of them stands in their requests. */
const READ_AT_A_TIME = 500;

async function findAlarms(
  input: DescribeInput,
  after: number,
  limit: number,
  { prisma, accountId }: OperationContext,
): Promise<readonly CloudwatchAlarm[]> {
  const {
    AlarmNames: names,
    AlarmNamePrefix: prefix = '',
    StateValue: state,
    ActionPrefix: action = '',
  } = input;
  const types = input.AlarmTypes ?? [];
  const where: Prisma.CloudwatchAlarmWhereInput = {
    accountId,
    type: { in: types.length === 0 ? ['MetricAlarm'] : [...types] },
    ...(names !== undefined && names.length > 0 && { name: { in: [...names] } }),
    ...(prefix !== '' && { name: beginsWith(prefix) }),
    ...(state !== undefined && { state }),
  };
  const read = (from: number, take: number) =>
    prisma.cloudwatchAlarm.findMany({ where: { ...where, id: { gt: from } }, orderBy: { id: 'asc' }, take });
  if (action === '') return await read(after, limit);
  const found: CloudwatchAlarm[] = [];
  for (let from = after; found.length < limit;) {
    const some = await read(from, READ_AT_A_TIME);
    found.push(...some.filter((alarm) => hasAction(alarm, action)));
    const last = some.at(-1);
    if (last === undefined) break;
    from = last.id;
  }
  return found.slice(0, limit);
}

function hasAction(alarm: CloudwatchAlarm, prefix: string): boolean {
  const { OKActions = [], AlarmActions = [], InsufficientDataActions = [] } = readSpec(alarm);
  return [...OKActions, ...AlarmActions, ...InsufficientDataActions].some((one) => one.startsWith(prefix));
}

function showRelatives(alarms: readonly CloudwatchAlarm[], region: string): DescribeOutput {
  const ofType = (type: string) =>
    alarms.filter((alarm) => alarm.type === type).map((alarm) => showRelative(alarm, region));
  return { MetricAlarms: ofType('MetricAlarm'), CompositeAlarms: ofType('CompositeAlarm') };
}

async function describeChildren(
  nameOrArn: string,
  { prisma, accountId, region }: OperationContext,
): Promise<DescribeOutput> {
  const name = readAlarmName(nameOrArn);
  const alarm = await prisma.cloudwatchAlarm.findUnique({ where: { accountId_name: { accountId, name } } });
  if (alarm?.type !== 'CompositeAlarm') return { MetricAlarms: [], CompositeAlarms: [] };
  const children = [...listAlarms(parseAlarmRule(readSpec(alarm).AlarmRule ?? ''))];
  const found = await prisma.cloudwatchAlarm.findMany({ where: { accountId, name: { in: children } } });
  return showRelatives(found, region);
}

async function describeParents(
  nameOrArn: string,
  { prisma, accountId, region }: OperationContext,
): Promise<DescribeOutput> {
  const name = readAlarmName(nameOrArn);
  const composites = await prisma.cloudwatchAlarm.findMany({ where: { accountId, type: 'CompositeAlarm' } });
  const parents = composites.filter((one) =>
    listAlarms(parseAlarmRule(readSpec(one).AlarmRule ?? '')).has(name),
  );
  return showRelatives(parents, region);
}

/** Alarms on expressions are not found, as on AWS. Not paged, as on AWS. */
export async function describeAlarmsForMetric(
  input: Infer<typeof DESCRIBE_ALARMS_FOR_METRIC_INPUT>,
  context: OperationContext,
): Promise<Infer<typeof DESCRIBE_ALARMS_FOR_METRIC_OUTPUT>> {
  const { accountId, limits, prisma } = context;
  const series = checkSeriesName(input, '', limits.dimensionsPerMetric);
  const found = await prisma.cloudwatchAlarm.findMany({
    where: { accountId, seriesHash: Uint8Array.from(hashSeries(accountId, series)) },
    orderBy: { id: 'asc' },
    take: limits.alarmsPerAccount,
  });
  const asked = ['Statistic', 'ExtendedStatistic', 'Period', 'Unit'] as const;
  const fits = found.filter((alarm) => {
    const spec = readSpec(alarm);
    return asked.every((name) => input[name] === undefined || input[name] === spec[name]);
  });
  return { MetricAlarms: fits.map((alarm) => showAlarm(alarm, context.region)) };
}
