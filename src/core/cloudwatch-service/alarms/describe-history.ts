/** DescribeAlarmHistory. */
import type { OperationContext } from '../model/operation.ts';
import type { Infer } from '../model/shape.ts';
import { cutRows, DEFAULT_RECORDS, openPage } from '../model/page-token.ts';
import type { DESCRIBE_ALARM_HISTORY_INPUT, DESCRIBE_ALARM_HISTORY_OUTPUT } from './shapes.ts';

/** Newest first unless asked otherwise. */
export async function describeAlarmHistory(
  input: Infer<typeof DESCRIBE_ALARM_HISTORY_INPUT>,
  context: OperationContext,
): Promise<Infer<typeof DESCRIBE_ALARM_HISTORY_OUTPUT>> {
  const { MaxRecords: size = DEFAULT_RECORDS } = input;
  const { after, paging } = openPage(input, context.accountId);
  const ascending = input.ScanBy === 'TimestampAscending';
  const { HistoryItemType: type } = input;
  const types = input.AlarmTypes ?? [];
  const found = await context.prisma.cloudwatchAlarmHistory.findMany({
    where: {
      accountId: context.accountId,
      ...(input.AlarmName !== undefined && { alarmName: input.AlarmName }),
      ...(type !== undefined && { type }),
      alarmType: { in: types.length === 0 ? ['MetricAlarm'] : [...types] },
      timestamp: {
        ...(input.StartDate !== undefined && { gte: input.StartDate }),
        ...(input.EndDate !== undefined && { lte: input.EndDate }),
      },
      ...(after > 0 && { id: ascending ? { gt: after } : { lt: after } }),
    },
    orderBy: { id: ascending ? 'asc' : 'desc' },
    take: size + 1,
  });
  const { page, next } = cutRows(found, size, paging);
  return {
    AlarmHistoryItems: page.map((item) => ({
      AlarmName: item.alarmName,
      AlarmType: item.alarmType,
      Timestamp: item.timestamp,
      HistoryItemType: item.type,
      HistorySummary: item.summary,
      HistoryData: item.data,
    })),
    ...next,
  };
}
