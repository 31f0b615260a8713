/** Every operation of the service by name: what goes in, what comes out, what it does. */
import { CloudwatchError } from './failure.ts';
import { GET_METRIC_DATA_INPUT, GET_METRIC_DATA_OUTPUT, getMetricData } from './get-metric-data.ts';
import {
  GET_METRIC_STATISTICS_INPUT,
  GET_METRIC_STATISTICS_OUTPUT,
  getMetricStatistics,
} from './get-metric-statistics.ts';
import { LIST_METRICS_INPUT, LIST_METRICS_OUTPUT, listMetrics } from './list-metrics.ts';
import type { OperationContext } from './operation.ts';
import { checkPutMetricData, PUT_METRIC_DATA_INPUT } from './put-metric-data.ts';
import { structure, type Infer, type StructureShape } from './shape.ts';

/** An operation as the wire sees it: the tree it hands in has been read by `input`. */
export interface Operation {
  readonly input: StructureShape;
  readonly output: StructureShape;
  run(input: unknown, context: OperationContext): Promise<unknown>;
}

function define<Input extends StructureShape, Output extends StructureShape>(
  input: Input,
  output: Output,
  run: (input: Infer<Input>, context: OperationContext) => Promise<Infer<Output>>,
): Operation {
  // The decoder made the tree by walking this very shape.
  return { input, output, run: (tree, context) => run(tree as Infer<Input>, context) };
}

const NOTHING = structure({});

async function putMetricData(
  input: Infer<typeof PUT_METRIC_DATA_INPUT>,
  context: OperationContext,
): Promise<Readonly<Record<string, never>>> {
  const additions = checkPutMetricData(input, { ...context, nowMs: context.now().getTime() });
  await context.intake.put({ accountId: context.accountId, writer: context.accessKeyId, additions });
  return {};
}

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['PutMetricData', define(PUT_METRIC_DATA_INPUT, NOTHING, putMetricData)],
  ['ListMetrics', define(LIST_METRICS_INPUT, LIST_METRICS_OUTPUT, listMetrics)],
  [
    'GetMetricStatistics',
    define(GET_METRIC_STATISTICS_INPUT, GET_METRIC_STATISTICS_OUTPUT, getMetricStatistics),
  ],
  ['GetMetricData', define(GET_METRIC_DATA_INPUT, GET_METRIC_DATA_OUTPUT, getMetricData)],
]);

/** @throws CloudwatchError InvalidAction for an operation this service does not have */
export function findOperation(name: string): Operation {
  const operation = OPERATIONS.get(name);
  if (operation === undefined) {
    throw new CloudwatchError(
      'InvalidAction',
      `The action ${name.slice(0, 80)} is not valid for this service.`,
    );
  }
  return operation;
}
