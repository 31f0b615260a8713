/** The requests and answers of the alarm operations. */
import { DATA_QUERIES_SHAPE } from '../metrics/data-query.ts';
import { DIMENSION_SHAPE } from '../model/metric-name.ts';
import { boolean, double, integer, list, string, structure, timestamp, type Infer } from '../model/shape.ts';

const SPEC_MEMBERS = {
  AlarmName: string,
  AlarmDescription: string,
  ActionsEnabled: boolean,
  OKActions: list(string),
  AlarmActions: list(string),
  InsufficientDataActions: list(string),
  MetricName: string,
  Namespace: string,
  Statistic: string,
  ExtendedStatistic: string,
  Dimensions: list(DIMENSION_SHAPE),
  Period: integer,
  Unit: string,
  EvaluationPeriods: integer,
  DatapointsToAlarm: integer,
  Threshold: double,
  ComparisonOperator: string,
  TreatMissingData: string,
  EvaluateLowSampleCountPercentile: string,
  Metrics: DATA_QUERIES_SHAPE,
  ThresholdMetricId: string,
} as const;

/** What is stored of an alarm: its request, checked. */
export const ALARM_SPEC_SHAPE = structure(SPEC_MEMBERS);
export type AlarmSpec = Infer<typeof ALARM_SPEC_SHAPE>;

export const PUT_METRIC_ALARM_INPUT = structure({
  ...SPEC_MEMBERS,
  // Known only to be refused: there are no tags here.
  Tags: list(structure({ Key: string, Value: string })),
});

export const METRIC_ALARM_SHAPE = structure({
  AlarmArn: string,
  ...SPEC_MEMBERS,
  AlarmConfigurationUpdatedTimestamp: timestamp,
  StateValue: string,
  StateReason: string,
  StateReasonData: string,
  StateUpdatedTimestamp: timestamp,
  StateTransitionedTimestamp: timestamp,
});

export const DESCRIBE_ALARMS_INPUT = structure({
  AlarmNames: list(string),
  AlarmNamePrefix: string,
  AlarmTypes: list(string),
  StateValue: string,
  ActionPrefix: string,
  MaxRecords: integer,
  NextToken: string,
});
export const DESCRIBE_ALARMS_OUTPUT = structure({
  MetricAlarms: list(METRIC_ALARM_SHAPE),
  CompositeAlarms: list(structure({})),
  NextToken: string,
});

export const DESCRIBE_ALARMS_FOR_METRIC_INPUT = structure({
  MetricName: string,
  Namespace: string,
  Statistic: string,
  ExtendedStatistic: string,
  Dimensions: list(DIMENSION_SHAPE),
  Period: integer,
  Unit: string,
});
export const DESCRIBE_ALARMS_FOR_METRIC_OUTPUT = structure({ MetricAlarms: list(METRIC_ALARM_SHAPE) });

export const DESCRIBE_ALARM_HISTORY_INPUT = structure({
  AlarmName: string,
  AlarmTypes: list(string),
  HistoryItemType: string,
  StartDate: timestamp,
  EndDate: timestamp,
  MaxRecords: integer,
  NextToken: string,
  ScanBy: string,
});
export const DESCRIBE_ALARM_HISTORY_OUTPUT = structure({
  AlarmHistoryItems: list(
    structure({
      AlarmName: string,
      AlarmType: string,
      Timestamp: timestamp,
      HistoryItemType: string,
      HistorySummary: string,
      HistoryData: string,
    }),
  ),
  NextToken: string,
});

export const SET_ALARM_STATE_INPUT = structure({
  AlarmName: string,
  StateValue: string,
  StateReason: string,
  StateReasonData: string,
});
export const ALARM_NAMES_INPUT = structure({ AlarmNames: list(string) });
