/** Every operation of the service by name: what goes in, what comes out, what it does. */
import { describeAlarms, describeAlarmsForMetric } from './alarms/describe-alarms.ts';
import { describeAlarmHistory } from './alarms/describe-history.ts';
import { putMetricAlarm, setAlarmState, switchAlarmActions } from './alarms/put-alarm.ts';
import { putCompositeAlarm } from './alarms/composite/put-composite.ts';
import { deleteAlarms } from './alarms/save-alarm.ts';
import * as alarm from './alarms/shapes.ts';
import * as detector from './metrics/anomaly-detectors.ts';
import { asValidationError, CloudwatchError } from './model/cloudwatch-error.ts';
import { checkConstraints } from './model/constraints.ts';
import { GET_METRIC_DATA_INPUT, GET_METRIC_DATA_OUTPUT, getMetricData } from './metrics/get-metric-data.ts';
import {
  GET_METRIC_STATISTICS_INPUT,
  GET_METRIC_STATISTICS_OUTPUT,
  getMetricStatistics,
} from './metrics/get-metric-statistics.ts';
import { LIST_METRICS_INPUT, LIST_METRICS_OUTPUT, listMetrics } from './metrics/list-metrics.ts';
import * as dashboard from './dashboards/dashboards.ts';
import { DESCRIBE_REGIONS_INPUT, DESCRIBE_REGIONS_OUTPUT, describeRegions } from './ec2/regions.ts';
import {
  GET_CALLER_IDENTITY_INPUT,
  GET_CALLER_IDENTITY_OUTPUT,
  getCallerIdentity,
} from './sts/caller-identity.ts';
import * as ec2 from './ec2/instances.ts';
import type { OperationContext } from './model/operation.ts';
import { PUT_METRIC_DATA_INPUT, putMetricData } from './metrics/put-metric-data.ts';
import {
  LIST_TAGS_INPUT,
  LIST_TAGS_OUTPUT,
  TAG_RESOURCE_INPUT,
  UNTAG_RESOURCE_INPUT,
} from './tags/tag-shapes.ts';
import { listTagsForResource, tagResource, untagResource } from './tags/tags.ts';
import type { RawAnswer } from './model/raw-answer.ts';
import { structure, type Infer, type StructureShape } from './model/shape.ts';
import { refuseUnstorable } from './model/storable-text.ts';
import { DESCRIBE_VOLUMES_INPUT, DESCRIBE_VOLUMES_OUTPUT, describeVolumes } from './ec2/volumes.ts';
import {
  GET_METRIC_WIDGET_IMAGE_INPUT,
  GET_METRIC_WIDGET_IMAGE_OUTPUT,
  getMetricWidgetImage,
} from './widgets/get-metric-widget-image.ts';

/** An operation as the wire sees it: the tree it hands in has been read by `input`. */
export interface Operation {
  readonly input: StructureShape;
  readonly output: StructureShape;
  run(input: unknown, context: OperationContext): Promise<unknown>;
}

function define<Input extends StructureShape, Output extends StructureShape>(
  input: Input,
  output: Output,
  run: (input: Infer<Input>, context: OperationContext) => Promise<Infer<Output> | RawAnswer>,
): Operation {
  return {
    input,
    output,
    run(tree, context) {
      refuseUnstorable(tree);
      // The decoder made the tree by walking this very shape.
      return run(tree as Infer<Input>, context);
    },
  };
}

/** Of an operation whose shape says what is required and how large it may be. */
function bounded(operation: Operation): Operation {
  return {
    ...operation,
    async run(tree, context) {
      checkConstraints(operation.input, tree);
      return await operation.run(tree, context);
    },
  };
}

/** As `bounded`, of an operation that knows no error but ValidationError for a bad parameter. */
function validated(operation: Operation): Operation {
  const checked = bounded(operation);
  return {
    ...operation,
    run: (tree, context) =>
      checked.run(tree, context).catch((error: unknown) => {
        throw asValidationError(error);
      }),
  };
}

/** One at a time: what it found of the others, such as the children of a composite alarm, is so until it is done. */
function alone(kind: keyof OperationContext['locks'], operation: Operation): Operation {
  return {
    ...operation,
    run: (tree, context) => context.locks[kind].runExclusive(() => operation.run(tree, context)),
  };
}

const NOTHING = structure({});

const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['PutMetricData', define(PUT_METRIC_DATA_INPUT, NOTHING, putMetricData)],
  ['ListMetrics', define(LIST_METRICS_INPUT, LIST_METRICS_OUTPUT, listMetrics)],
  [
    'GetMetricStatistics',
    define(GET_METRIC_STATISTICS_INPUT, GET_METRIC_STATISTICS_OUTPUT, getMetricStatistics),
  ],
  ['GetMetricData', validated(define(GET_METRIC_DATA_INPUT, GET_METRIC_DATA_OUTPUT, getMetricData))],
  ['PutMetricAlarm', validated(define(alarm.PUT_METRIC_ALARM_INPUT, NOTHING, putMetricAlarm))],
  [
    'DescribeAlarms',
    validated(define(alarm.DESCRIBE_ALARMS_INPUT, alarm.DESCRIBE_ALARMS_OUTPUT, describeAlarms)),
  ],
  [
    'DescribeAlarmsForMetric',
    validated(
      define(
        alarm.DESCRIBE_ALARMS_FOR_METRIC_INPUT,
        alarm.DESCRIBE_ALARMS_FOR_METRIC_OUTPUT,
        describeAlarmsForMetric,
      ),
    ),
  ],
  [
    'DescribeAlarmHistory',
    validated(
      define(alarm.DESCRIBE_ALARM_HISTORY_INPUT, alarm.DESCRIBE_ALARM_HISTORY_OUTPUT, describeAlarmHistory),
    ),
  ],
  ['SetAlarmState', alone('alarms', validated(define(alarm.SET_ALARM_STATE_INPUT, NOTHING, setAlarmState)))],
  ['DeleteAlarms', alone('alarms', validated(define(alarm.ALARM_NAMES_INPUT, NOTHING, deleteAlarms)))],
  ['EnableAlarmActions', validated(define(alarm.ALARM_NAMES_INPUT, NOTHING, switchAlarmActions(true)))],
  ['DisableAlarmActions', validated(define(alarm.ALARM_NAMES_INPUT, NOTHING, switchAlarmActions(false)))],
  [
    'PutCompositeAlarm',
    alone('alarms', validated(define(alarm.PUT_COMPOSITE_ALARM_INPUT, NOTHING, putCompositeAlarm))),
  ],
  [
    'PutDashboard',
    bounded(define(dashboard.PUT_DASHBOARD_INPUT, dashboard.PUT_DASHBOARD_OUTPUT, dashboard.putDashboard)),
  ],
  [
    'GetDashboard',
    bounded(define(dashboard.GET_DASHBOARD_INPUT, dashboard.GET_DASHBOARD_OUTPUT, dashboard.getDashboard)),
  ],
  [
    'ListDashboards',
    define(dashboard.LIST_DASHBOARDS_INPUT, dashboard.LIST_DASHBOARDS_OUTPUT, dashboard.listDashboards),
  ],
  [
    'DeleteDashboards',
    bounded(define(dashboard.DELETE_DASHBOARDS_INPUT, NOTHING, dashboard.deleteDashboards)),
  ],
  [
    'GetMetricWidgetImage',
    validated(define(GET_METRIC_WIDGET_IMAGE_INPUT, GET_METRIC_WIDGET_IMAGE_OUTPUT, getMetricWidgetImage)),
  ],
  ['TagResource', alone('tags', bounded(define(TAG_RESOURCE_INPUT, NOTHING, tagResource)))],
  ['UntagResource', bounded(define(UNTAG_RESOURCE_INPUT, NOTHING, untagResource))],
  ['ListTagsForResource', bounded(define(LIST_TAGS_INPUT, LIST_TAGS_OUTPUT, listTagsForResource))],
  [
    'PutAnomalyDetector',
    alone('detectors', define(detector.PUT_ANOMALY_DETECTOR_INPUT, NOTHING, detector.putAnomalyDetector)),
  ],
  [
    'DeleteAnomalyDetector',
    alone(
      'detectors',
      define(detector.DELETE_ANOMALY_DETECTOR_INPUT, NOTHING, detector.deleteAnomalyDetector),
    ),
  ],
  [
    'DescribeAnomalyDetectors',
    define(
      detector.DESCRIBE_ANOMALY_DETECTORS_INPUT,
      detector.DESCRIBE_ANOMALY_DETECTORS_OUTPUT,
      detector.describeAnomalyDetectors,
    ),
  ],
]);

const EC2_OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  [
    'DescribeInstances',
    define(ec2.DESCRIBE_INSTANCES_INPUT, ec2.DESCRIBE_INSTANCES_OUTPUT, ec2.describeInstances),
  ],
  ['DescribeVolumes', define(DESCRIBE_VOLUMES_INPUT, DESCRIBE_VOLUMES_OUTPUT, describeVolumes)],
  ['DescribeRegions', define(DESCRIBE_REGIONS_INPUT, DESCRIBE_REGIONS_OUTPUT, describeRegions)],
  ['DescribeTags', define(ec2.DESCRIBE_TAGS_INPUT, ec2.DESCRIBE_TAGS_OUTPUT, ec2.describeTags)],
]);

const STS_OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['GetCallerIdentity', define(GET_CALLER_IDENTITY_INPUT, GET_CALLER_IDENTITY_OUTPUT, getCallerIdentity)],
]);

/** Whose operations are meant: each service has its own names and its own wire. */
export type ServiceName = 'cloudwatch' | 'ec2' | 'sts';

const SERVICES: Readonly<Record<ServiceName, ReadonlyMap<string, Operation>>> = {
  cloudwatch: OPERATIONS,
  ec2: EC2_OPERATIONS,
  sts: STS_OPERATIONS,
};

/** @throws CloudwatchError InvalidAction for an operation the service does not have */
export function findOperation(name: string, service: ServiceName = 'cloudwatch'): Operation {
  const operation = SERVICES[service].get(name);
  if (operation === undefined) {
    throw new CloudwatchError(
      'InvalidAction',
      `The action ${name.slice(0, 80)} is not valid for this service.`,
    );
  }
  return operation;
}
