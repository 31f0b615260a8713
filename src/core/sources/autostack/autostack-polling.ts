/** Reads the metrics of autostacks: those of members through CloudWatch, their number from what is known of them. */
import { ExpectedError, SourceUnavailableError } from '../../../errors.ts';
import { aggregateMean, countMembers } from './autostack-aggregate.ts';
import { STACK_NAMESPACE } from '../../../model.ts';
import { COUNT_METRIC, findMemberDimensions } from './autostack-metrics.ts';
import type { Stack } from './autostack-stack.ts';
import type { ReadSeries, SeriesQuery } from '../aws/read-series.ts';
import { groupReadings, planReading, type ReadingGroup, type WindowRules } from '../aws/window.ts';
import type { Polling, ReadFailure, ReadRequest, ReadResult, SupportedMetric } from '../source.ts';

/** Metrics one reading asks for: each stands for up to 500 series. */
const METRICS_PER_READ = 20;
/** A number of members looked up longer ago than this is not shown any more. */
const STALE_MS = 3_600_000;
/** Nobody knows how many members there were before: so far back, the number of now is taken. */
const PERIODS_COUNTED_BACK = 3;

interface StackRequest extends ReadRequest {
  readonly stack: Stack;
  readonly row: SupportedMetric;
  /** Series it stands for. */
  readonly weight: number;
}
type Answer = ReadResult | ReadFailure;

export function createAutostackPolling(options: {
  /** @throws ExpectedError for a spec that means nothing (any more) */
  readonly resolve: (spec: unknown) => { readonly stack: Stack; readonly row: SupportedMetric };
  readonly readSeries: ReadSeries;
  readonly rules: WindowRules;
  readonly now: () => number;
}): Polling {
  const { readSeries, rules, now } = options;

  const read: Polling['read'] = async (requests, signal) => {
    const { resolved, failed } = resolveAll(requests, options.resolve);
    const counts = resolved.filter(({ row }) => isCount(row));
    const answers: Answer[] = [...failed, ...counts.map((request) => readCount(request, rules, now()))];
    const means = resolved.filter(({ row }) => !isCount(row));
    for (const region of new Set(means.map(({ stack }) => stack.region))) {
      const ofRegion = means.filter(({ stack }) => stack.region === region);
      for (const group of groupReadings(ofRegion, rules, now())) {
        answers.push(...(await readMeans(readSeries, region, group, signal)));
      }
    }
    const answered = new Set(answers.map(({ metricId }) => metricId));
    for (const { metricId, fromMs } of means) {
      // No period has ended since.
      if (!answered.has(metricId) && fromMs !== null)
        answers.push({ metricId, samples: [], readToMs: fromMs });
    }
    return answers;
  };

  return { settleSeconds: rules.settleMs / 1000, maxBatch: METRICS_PER_READ, read };
}

function resolveAll(
  requests: readonly ReadRequest[],
  resolve: (spec: unknown) => { readonly stack: Stack; readonly row: SupportedMetric },
) {
  const resolved: StackRequest[] = [];
  const failed: ReadFailure[] = [];
  for (const request of requests) {
    try {
      const { stack, row } = resolve(request.spec);
      resolved.push({ ...request, stack, row, weight: Math.max(1, stack.memberIds.length) });
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      failed.push({ metricId: request.metricId, error });
    }
  }
  return { resolved, failed };
}

/** The series of all metrics of the group share calls. */
async function readMeans(
  readSeries: ReadSeries,
  region: string,
  { fromMs, toMs, readings }: ReadingGroup<StackRequest>,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const queries = readings.map(({ stack, row }) => stack.memberIds.map((id) => toQuery(stack, row, id)));
  const series = await readSeries(region, queries.flat(), { fromMs, toMs }, signal);
  let place = 0;
  return readings.map(({ metricId }, index): Answer => {
    const length = queries[index]?.length ?? 0;
    const samples = aggregateMean(series.slice(place, place + length));
    place += length;
    return samples instanceof Error ? { metricId, error: samples } : { metricId, samples, readToMs: toMs };
  });
}

function toQuery({ resourceType }: Stack, row: SupportedMetric, memberId: string): SeriesQuery {
  const { namespace, metric, statistic, periodSeconds } = row;
  return {
    namespace,
    metric,
    statistic,
    periodSeconds,
    dimensions: findMemberDimensions(resourceType, memberId),
  };
}

function isCount({ namespace, metric }: SupportedMetric): boolean {
  return namespace === STACK_NAMESPACE && metric === COUNT_METRIC;
}

function readCount(request: StackRequest, rules: WindowRules, nowMs: number): Answer {
  const { metricId, stack, periodSeconds, fromMs } = request;
  if (stack.listedMs === null || stack.listedMs < nowMs - STALE_MS) {
    const since = stack.listedMs === null ? 'never' : `last at ${new Date(stack.listedMs).toISOString()}`;
    const error = new SourceUnavailableError(`the members of autostack ${stack.name} were listed ${since}`);
    return { metricId, error };
  }
  const periodMs = periodSeconds * 1000;
  const { toMs } = planReading({ periodSeconds, fromMs }, rules, nowMs);
  const earliestMs = toMs - (fromMs === null ? 1 : PERIODS_COUNTED_BACK) * periodMs;
  const window = { fromMs: Math.max(fromMs ?? 0, earliestMs), toMs, periodMs };
  return {
    metricId,
    samples: countMembers(stack.memberIds.length, window),
    readToMs: Math.max(fromMs ?? 0, toMs),
  };
}
