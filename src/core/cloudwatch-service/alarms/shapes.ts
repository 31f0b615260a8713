/** The requests and answers of the alarm operations, with the bounds of AWS' service model. */
import { DATA_QUERIES_SHAPE } from '../metrics/data-query.ts';
import { DIMENSION_SHAPE } from '../model/metric-name.ts';
import {
  boolean,
  double,
  integer,
  list,
  oneOf,
  string,
  structure,
  text,
  timestamp,
  wholeNumber,
  type Infer,
} from '../model/shape.ts';
import { TAGS_SHAPE } from '../tags/tag-shapes.ts';

const NAME = text(1, 255);
const STATE = oneOf('INSUFFICIENT_DATA', 'ALARM', 'OK');
const ALARM_TYPES = list(oneOf('CompositeAlarm', 'MetricAlarm'));
const STATISTIC = oneOf('SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum');
const ACTIONS = list(text(1, 1_024), 5);

/** What metric and composite alarms have in common. */
const COMMON_MEMBERS = {
  AlarmName: NAME,
  AlarmDescription: text(0, 1_024),
  ActionsEnabled: boolean,
  OKActions: ACTIONS,
  AlarmActions: ACTIONS,
  InsufficientDataActions: ACTIONS,
} as const;
const SPEC_MEMBERS = {
  ...COMMON_MEMBERS,
  MetricName: NAME,
  Namespace: NAME,
  Statistic: STATISTIC,
  ExtendedStatistic: string,
  Dimensions: list(DIMENSION_SHAPE, 30),
  Period: wholeNumber(1),
  Unit: string,
  EvaluationPeriods: wholeNumber(1),
  DatapointsToAlarm: wholeNumber(1),
  Threshold: double,
  ComparisonOperator: oneOf(
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
    'LessThanLowerOrGreaterThanUpperThreshold',
    'LessThanLowerThreshold',
    'GreaterThanUpperThreshold',
  ),
  TreatMissingData: text(1, 255),
  EvaluateLowSampleCountPercentile: text(1, 255),
  Metrics: DATA_QUERIES_SHAPE,
  ThresholdMetricId: NAME,
} as const;
const COMPOSITE_MEMBERS = {
  ...COMMON_MEMBERS,
  AlarmRule: text(1, 10_240),
  ActionsSuppressor: text(1, 1_600),
  ActionsSuppressorWaitPeriod: integer,
  ActionsSuppressorExtensionPeriod: integer,
} as const;
const STATE_MEMBERS = {
  AlarmArn: string,
  AlarmConfigurationUpdatedTimestamp: timestamp,
  StateValue: string,
  StateReason: string,
  StateReasonData: string,
  StateUpdatedTimestamp: timestamp,
  StateTransitionedTimestamp: timestamp,
} as const;

/** What is stored of an alarm: its request, checked. */
export const ALARM_SPEC_SHAPE = structure(SPEC_MEMBERS);
export type AlarmSpec = Infer<typeof ALARM_SPEC_SHAPE>;
export type CompositeSpec = Infer<{
  readonly kind: 'structure';
  readonly members: typeof COMPOSITE_MEMBERS;
}>;

export const PUT_METRIC_ALARM_INPUT = structure({ ...SPEC_MEMBERS, Tags: TAGS_SHAPE }, [
  'AlarmName',
  'EvaluationPeriods',
  'ComparisonOperator',
]);
export const PUT_COMPOSITE_ALARM_INPUT = structure({ ...COMPOSITE_MEMBERS, Tags: TAGS_SHAPE }, [
  'AlarmName',
  'AlarmRule',
]);

export const METRIC_ALARM_SHAPE = structure({ ...SPEC_MEMBERS, ...STATE_MEMBERS });
export const COMPOSITE_ALARM_SHAPE = structure({
  ...COMPOSITE_MEMBERS,
  ...STATE_MEMBERS,
  ActionsSuppressedBy: string,
  ActionsSuppressedReason: string,
});

const MAX_RECORDS = wholeNumber(1, 100);
export const DESCRIBE_ALARMS_INPUT = structure({
  AlarmNames: list(NAME, 100),
  // Some clients send these empty where they mean none.
  AlarmNamePrefix: text(0, 255),
  ActionPrefix: text(0, 1_024),
  AlarmTypes: ALARM_TYPES,
  ChildrenOfAlarmName: NAME,
  ParentsOfAlarmName: NAME,
  StateValue: STATE,
  MaxRecords: MAX_RECORDS,
  NextToken: string,
});
export const DESCRIBE_ALARMS_OUTPUT = structure({
  MetricAlarms: list(METRIC_ALARM_SHAPE),
  CompositeAlarms: list(COMPOSITE_ALARM_SHAPE),
  NextToken: string,
});

export const DESCRIBE_ALARMS_FOR_METRIC_INPUT = structure(
  {
    MetricName: NAME,
    Namespace: NAME,
    Statistic: STATISTIC,
    ExtendedStatistic: string,
    Dimensions: list(DIMENSION_SHAPE, 30),
    Period: wholeNumber(1),
    Unit: string,
  },
  ['MetricName', 'Namespace'],
);
export const DESCRIBE_ALARMS_FOR_METRIC_OUTPUT = structure({ MetricAlarms: list(METRIC_ALARM_SHAPE) });

export const DESCRIBE_ALARM_HISTORY_INPUT = structure({
  AlarmName: NAME,
  AlarmTypes: ALARM_TYPES,
  HistoryItemType: oneOf(
    'ConfigurationUpdate',
    'StateUpdate',
    'Action',
    'AlarmContributorStateUpdate',
    'AlarmContributorAction',
  ),
  StartDate: timestamp,
  EndDate: timestamp,
  MaxRecords: MAX_RECORDS,
  NextToken: string,
  ScanBy: oneOf('TimestampDescending', 'TimestampAscending'),
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

export const SET_ALARM_STATE_INPUT = structure(
  { AlarmName: NAME, StateValue: STATE, StateReason: text(0, 1_023), StateReasonData: text(0, 4_000) },
  ['AlarmName', 'StateValue', 'StateReason'],
);
export const ALARM_NAMES_INPUT = structure({ AlarmNames: list(NAME, 100) }, ['AlarmNames']);
