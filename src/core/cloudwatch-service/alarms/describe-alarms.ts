/** DescribeAlarms, DescribeAlarmsForMetric, DescribeAlarmHistory. */
import type { Prisma } from '../../../generated/prisma/client.ts';
import { CloudwatchError, combined, invalid } from '../model/cloudwatch-error.ts';
import { checkSeriesName, hashSeries } from '../model/metric-name.ts';
import type { OperationContext } from '../model/operation.ts';
import { createPaging, type Paging } from '../model/page-token.ts';
import type { Infer } from '../model/shape.ts';
import { ALARM_STATES } from './judge-alarm.ts';
import type {
  DESCRIBE_ALARM_HISTORY_INPUT,
  DESCRIBE_ALARM_HISTORY_OUTPUT,
  DESCRIBE_ALARMS_FOR_METRIC_INPUT,
  DESCRIBE_ALARMS_FOR_METRIC_OUTPUT,
  DESCRIBE_ALARMS_INPUT,
  DESCRIBE_ALARMS_OUTPUT,
} from './shapes.ts';
import { readSpec, showAlarm } from './show-alarm.ts';

const MOST_RECORDS = 100;
const USUAL_RECORDS = 50;
const MOST_NAMES = 100;

interface Paged {
  readonly MaxRecords?: number | undefined;
  readonly NextToken?: string | undefined;
}

function openPage(input: Paged, accountId: number): { size: number; after: number; paging: Paging } {
  const size = input.MaxRecords ?? USUAL_RECORDS;
  if (size < 1 || size > MOST_RECORDS) throw invalid('MaxRecords', size, `It must be 1 to ${MOST_RECORDS}.`);
  const refuse = () =>
    new CloudwatchError('InvalidNextToken', 'The NextToken is not a token of this request.');
  const question = { ...input, NextToken: undefined, MaxRecords: undefined };
  const paging = createPaging(accountId, question, refuse);
  if (input.NextToken === undefined) return { size, after: 0, paging };
  return { size, after: paging.readId(input.NextToken), paging };
}

/** Of alarm types there is one here: asked for composite alarms, nothing is found. */
export async function describeAlarms(
  input: Infer<typeof DESCRIBE_ALARMS_INPUT>,
  context: OperationContext,
): Promise<Infer<typeof DESCRIBE_ALARMS_OUTPUT>> {
  const { size, after, paging } = openPage(input, context.accountId);
  const where = filterAlarms(input, context.accountId);
  const types = input.AlarmTypes ?? [];
  if (types.length > 0 && !types.includes('MetricAlarm')) return { MetricAlarms: [], CompositeAlarms: [] };
  const found = await context.prisma.cloudwatchAlarm.findMany({
    where: { ...where, id: { gt: after } },
    orderBy: { id: 'asc' },
    take: size + 1,
  });
  const page = found.slice(0, size);
  const last = page.at(-1);
  return {
    MetricAlarms: page.map(showAlarm),
    CompositeAlarms: [],
    ...(found.length > size && last !== undefined && { NextToken: paging.write(String(last.id)) }),
  };
}

function filterAlarms(
  input: Infer<typeof DESCRIBE_ALARMS_INPUT>,
  accountId: number,
): Prisma.CloudwatchAlarmWhereInput {
  const { AlarmNames: names, AlarmNamePrefix: prefix, StateValue: state, ActionPrefix: action } = input;
  if (names !== undefined && names.length > 0 && prefix !== undefined) {
    throw combined('The parameters AlarmNames and AlarmNamePrefix are mutually exclusive.');
  }
  if (names !== undefined && names.length > MOST_NAMES) {
    throw invalid('AlarmNames', names.length, `There may be at most ${MOST_NAMES}.`);
  }
  if (state !== undefined && !ALARM_STATES.some((one) => one === state)) {
    throw invalid('StateValue', state, `It must be one of ${ALARM_STATES.join(', ')}.`);
  }
  if (action !== undefined) throw invalid('ActionPrefix', action, 'ActionPrefix is not supported.');
  return {
    accountId,
    ...(names !== undefined && names.length > 0 && { name: { in: [...names] } }),
    ...(prefix !== undefined && { name: { startsWith: prefix } }),
    ...(state !== undefined && { state }),
  };
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
  return { MetricAlarms: fits.map(showAlarm) };
}

const HISTORY_TYPES = ['ConfigurationUpdate', 'StateUpdate', 'Action'];

/** Newest first unless asked otherwise. */
export async function describeAlarmHistory(
  input: Infer<typeof DESCRIBE_ALARM_HISTORY_INPUT>,
  context: OperationContext,
): Promise<Infer<typeof DESCRIBE_ALARM_HISTORY_OUTPUT>> {
  const { size, after, paging } = openPage(input, context.accountId);
  const ascending = checkAscending(input.ScanBy);
  const { HistoryItemType: type } = input;
  if (type !== undefined && !HISTORY_TYPES.includes(type)) {
    throw invalid('HistoryItemType', type, `It must be one of ${HISTORY_TYPES.join(', ')}.`);
  }
  const found = await context.prisma.cloudwatchAlarmHistory.findMany({
    where: {
      accountId: context.accountId,
      ...(input.AlarmName !== undefined && { alarmName: input.AlarmName }),
      ...(type !== undefined && { type }),
      timestamp: {
        ...(input.StartDate !== undefined && { gte: input.StartDate }),
        ...(input.EndDate !== undefined && { lte: input.EndDate }),
      },
      ...(after > 0 && { id: ascending ? { gt: after } : { lt: after } }),
    },
    orderBy: { id: ascending ? 'asc' : 'desc' },
    take: size + 1,
  });
  const page = found.slice(0, size);
  const last = page.at(-1);
  return {
    AlarmHistoryItems: page.map((item) => ({
      AlarmName: item.alarmName,
      AlarmType: 'MetricAlarm',
      Timestamp: item.timestamp,
      HistoryItemType: item.type,
      HistorySummary: item.summary,
      HistoryData: item.data,
    })),
    ...(found.length > size && last !== undefined && { NextToken: paging.write(String(last.id)) }),
  };
}

function checkAscending(scanBy: string | undefined): boolean {
  if (scanBy === undefined || scanBy === 'TimestampDescending') return false;
  if (scanBy === 'TimestampAscending') return true;
  throw invalid('ScanBy', scanBy, 'It must be TimestampDescending or TimestampAscending.');
}
