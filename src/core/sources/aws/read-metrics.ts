/** Reads CloudWatch metrics for the poller: by region, in windows many of them share. */
import { ExpectedError } from '../../../errors.ts';
import type { Polling, ReadFailure, ReadRequest, ReadResult } from '../source.ts';
import type { ReadSeries } from './read-series.ts';
import { parseCloudwatchSpec, type CloudwatchSpec } from './spec.ts';
import { toSeriesQuery } from './describe-metric.ts';
import { groupReadings, type ReadingGroup, type WindowRules } from './window.ts';

/** Queries of one GetMetricData call. */
const METRICS_PER_READ = 500;

interface CheckedRequest extends ReadRequest {
  readonly checked: CloudwatchSpec;
}

export function createCloudwatchPolling(options: {
  readonly readSeries: ReadSeries;
  readonly rules: WindowRules;
  readonly now: () => number;
}): Polling {
  const { readSeries, rules, now } = options;

  const readGroup = async (
    region: string,
    { fromMs, toMs, readings }: ReadingGroup<CheckedRequest>,
    signal: AbortSignal,
  ): Promise<(ReadResult | ReadFailure)[]> => {
    const queries = readings.map(({ checked }) => toSeriesQuery(checked));
    const answers = await readSeries(region, queries, { fromMs, toMs }, signal);
    return readings.map(({ metricId }, index) => {
      const answer = answers[index] ?? new Error('the reader left a metric out');
      return answer instanceof Error
        ? { metricId, error: answer }
        : { metricId, samples: answer, readToMs: toMs };
    });
  };

  const read: Polling['read'] = async (requests, signal) => {
    const { checked, failed } = checkRequests(requests);
    const results: (ReadResult | ReadFailure)[] = [...failed];
    const nowMs = now();
    for (const [region, ofRegion] of groupByRegion(checked)) {
      for (const group of groupReadings(ofRegion, rules, nowMs)) {
        results.push(...(await readGroup(region, group, signal)));
      }
    }
    return [...results, ...listUnread(checked, results)];
  };

  return { settleSeconds: rules.settleMs / 1000, maxBatch: METRICS_PER_READ, read };
}

function checkRequests(requests: readonly ReadRequest[]) {
  const checked: CheckedRequest[] = [];
  const failed: ReadFailure[] = [];
  for (const request of requests) {
    try {
      checked.push({ ...request, checked: parseCloudwatchSpec(request.spec) });
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      failed.push({ metricId: request.metricId, error });
    }
  }
  return { checked, failed };
}

function groupByRegion(requests: readonly CheckedRequest[]): ReadonlyMap<string, CheckedRequest[]> {
  const regions = new Map<string, CheckedRequest[]>();
  for (const request of requests) {
    const { region } = request.checked;
    const list = regions.get(region);
    if (list === undefined) regions.set(region, [request]);
    else list.push(request);
  }
  return regions;
}

/** No period has ended since they were read. */
function listUnread(
  requests: readonly ReadRequest[],
  results: readonly { readonly metricId: string }[],
): ReadResult[] {
  const answered = new Set(results.map(({ metricId }) => metricId));
  return requests.flatMap(({ metricId, fromMs }) =>
    answered.has(metricId) || fromMs === null ? [] : [{ metricId, samples: [], readToMs: fromMs }],
  );
}
