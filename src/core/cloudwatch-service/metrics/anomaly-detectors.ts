/** PutAnomalyDetector, DescribeAnomalyDetectors, DeleteAnomalyDetector: Lapwing's own watching, asked for AWS' way. */
import type { Prisma } from '../../../generated/prisma/client.ts';
import { nameAccount } from '../model/arn.ts';
import { CloudwatchError, invalid, missing } from '../model/cloudwatch-error.ts';
import {
  checkSeriesName,
  DIMENSION_SHAPE,
  hashSeries,
  showDimensions,
  type SeriesName,
} from '../model/metric-name.ts';
import type { OperationContext, SeriesWatch } from '../model/operation.ts';
import { checkMaxResults, cutRows, openPage } from '../model/page-token.ts';
import { integer, list, string, structure, type Infer } from '../model/shape.ts';
import {
  checkConfiguration,
  CONFIGURATION_SHAPE,
  readConfiguration,
  showConfiguration,
} from './detector-configuration.ts';
import { parseStatistic } from '../model/statistic.ts';

const SINGLE_METRIC_SHAPE = structure({
  AccountId: string,
  Namespace: string,
  MetricName: string,
  Dimensions: list(DIMENSION_SHAPE),
  Stat: string,
});

/** The metric may stand in its own structure, or, the old way, beside it. */
const METRIC_MEMBERS = {
  Namespace: string,
  MetricName: string,
  Dimensions: list(DIMENSION_SHAPE),
  Stat: string,
  SingleMetricAnomalyDetector: SINGLE_METRIC_SHAPE,
  // Known only to be refused.
  MetricMathAnomalyDetector: structure({}),
} as const;

export const PUT_ANOMALY_DETECTOR_INPUT = structure({
  ...METRIC_MEMBERS,
  Configuration: CONFIGURATION_SHAPE,
});
export const DELETE_ANOMALY_DETECTOR_INPUT = structure(METRIC_MEMBERS);
export const DESCRIBE_ANOMALY_DETECTORS_INPUT = structure({
  NextToken: string,
  MaxResults: integer,
  Namespace: string,
  MetricName: string,
  Dimensions: list(DIMENSION_SHAPE),
  AnomalyDetectorTypes: list(string),
});
export const DESCRIBE_ANOMALY_DETECTORS_OUTPUT = structure({
  AnomalyDetectors: list(
    structure({
      Namespace: string,
      MetricName: string,
      Dimensions: list(DIMENSION_SHAPE),
      Stat: string,
      StateValue: string,
      Configuration: CONFIGURATION_SHAPE,
      SingleMetricAnomalyDetector: SINGLE_METRIC_SHAPE,
    }),
  ),
  NextToken: string,
});

type Nothing = Readonly<Record<string, never>>;
type MetricInput = Infer<typeof DELETE_ANOMALY_DETECTOR_INPUT>;

const MAX_RESULTS = 100;
/** Below this many scored rows Lapwing's scores are provisional. */
const ROWS_TO_TRAIN = 288;

interface Detected {
  readonly series: SeriesName;
  readonly stat: string;
  readonly hash: Uint8Array<ArrayBuffer>;
}

function checkDetected(input: MetricInput, context: OperationContext): Detected {
  if (input.MetricMathAnomalyDetector !== undefined) {
    throw invalid('MetricMathAnomalyDetector', 'a structure', 'Only single metrics can be monitored.');
  }
  const nested = input.SingleMetricAnomalyDetector;
  const prefix = nested === undefined ? '' : 'SingleMetricAnomalyDetector.';
  const metric = nested ?? input;
  if (nested?.AccountId !== undefined && nested.AccountId !== nameAccount(context.accountId)) {
    throw invalid(`${prefix}AccountId`, nested.AccountId, 'Other accounts cannot be asked.');
  }
  const series = checkSeriesName(metric, prefix, context.limits.dimensionsPerMetric);
  if (metric.Stat === undefined || metric.Stat === '') throw missing(`${prefix}Stat`);
  parseStatistic(metric.Stat, `${prefix}Stat`);
  return { series, stat: metric.Stat, hash: Uint8Array.from(hashSeries(context.accountId, series)) };
}

function requireWatch(context: OperationContext): SeriesWatch {
  if (context.watch !== null) return context.watch;
  throw new CloudwatchError(
    'InvalidAction',
    'This server does not monitor the metrics of its CloudWatch service: LAPWING_AWS_ENDPOINT is not self.',
  );
}

/** Watching begins at once, from data to come and what is stored. */
export async function putAnomalyDetector(
  input: Infer<typeof PUT_ANOMALY_DETECTOR_INPUT>,
  context: OperationContext,
): Promise<Nothing> {
  const { prisma, accountId, limits } = context;
  const watch = requireWatch(context);
  const { series, stat, hash } = checkDetected(input, context);
  const configuration = checkConfiguration(input.Configuration);
  const key = { seriesHash_stat: { seriesHash: hash, stat } };
  const known = await prisma.cloudwatchAnomalyDetector.findUnique({ where: key });
  if (known === null) {
    const count = await prisma.cloudwatchAnomalyDetector.count({ where: { accountId } });
    if (count >= limits.detectorsPerAccount) {
      throw new CloudwatchError(
        'LimitExceededException',
        `The account has ${limits.detectorsPerAccount} anomaly detectors, the most it may have.`,
      );
    }
  }
  const metricId = await watch.monitor(series, { statistic: stat, region: context.region, configuration });
  const { namespace, metricName: name } = series;
  const dimensions = showDimensions(series).map((one) => ({ ...one })) as Prisma.InputJsonArray; // texts only
  const kept = JSON.parse(JSON.stringify(configuration)) as Prisma.InputJsonObject; // numbers and texts only
  await prisma.cloudwatchAnomalyDetector.upsert({
    where: key,
    create: { accountId, seriesHash: hash, stat, namespace, name, dimensions, metricId, configuration: kept },
    update: { metricId, configuration: kept },
  });
  return {};
}

export async function deleteAnomalyDetector(input: MetricInput, context: OperationContext): Promise<Nothing> {
  const watch = requireWatch(context);
  const { series, stat, hash } = checkDetected(input, context);
  const where = { seriesHash_stat: { seriesHash: hash, stat } };
  const found = await context.prisma.cloudwatchAnomalyDetector.findUnique({ where });
  if (found === null) {
    throw new CloudwatchError(
      'ResourceNotFoundException',
      `There is no anomaly detector for ${series.namespace} ${series.metricName} ${stat}.`,
    );
  }
  await watch.unmonitor(found.metricId);
  await context.prisma.cloudwatchAnomalyDetector.delete({ where });
  return {};
}

export async function describeAnomalyDetectors(
  input: Infer<typeof DESCRIBE_ANOMALY_DETECTORS_INPUT>,
  context: OperationContext,
): Promise<Infer<typeof DESCRIBE_ANOMALY_DETECTORS_OUTPUT>> {
  const { accountId, prisma } = context;
  const size = checkMaxResults(input.MaxResults, MAX_RESULTS);
  const { after, paging } = openPage(input, accountId);
  // Those of metric math there are none of.
  const { AnomalyDetectorTypes: types = [] } = input;
  if (types.length > 0 && !types.includes('SINGLE_METRIC')) return { AnomalyDetectors: [] };
  const dimensions = (input.Dimensions ?? []).map(({ Name, Value }) => ({
    Name: Name ?? '',
    Value: Value ?? '',
  }));
  const found = await prisma.cloudwatchAnomalyDetector.findMany({
    where: {
      accountId,
      id: { gt: after },
      ...(input.Namespace !== undefined && { namespace: input.Namespace }),
      ...(input.MetricName !== undefined && { name: input.MetricName }),
      ...(dimensions.length > 0 && { dimensions: { array_contains: dimensions } }),
    },
    orderBy: { id: 'asc' },
    take: size + 1,
  });
  const { page, next } = cutRows(found, size, paging);
  const states = await readStates(
    page.map(({ metricId }) => metricId),
    context,
  );
  return {
    AnomalyDetectors: page.map((row) => {
      const metric = {
        Namespace: row.namespace,
        MetricName: row.name,
        Dimensions: row.dimensions as Infer<typeof DIMENSION_SHAPE>[], // written by putAnomalyDetector
        Stat: row.stat,
      };
      const StateValue = states.get(row.metricId) ?? 'PENDING_TRAINING';
      const Configuration = showConfiguration(readConfiguration(row.configuration));
      return { ...metric, Configuration, StateValue, SingleMetricAnomalyDetector: metric };
    }),
    ...next,
  };
}

/** AWS' words for how far a model had come a minute ago at most; a metric that is gone has none. */
async function readStates(
  ids: readonly string[],
  { prisma }: OperationContext,
): Promise<ReadonlyMap<string, string>> {
  const metrics = await prisma.metric.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, progress: { select: { scoredRows: true } } },
  });
  return new Map(
    metrics.map(({ id, progress }) => {
      const rows = progress?.scoredRows ?? 0;
      if (rows === 0) return [id, 'PENDING_TRAINING'];
      return [id, rows < ROWS_TO_TRAIN ? 'TRAINED_INSUFFICIENT_DATA' : 'TRAINED'];
    }),
  );
}
