/** Reads many series of one region in as few GetMetricData calls as CloudWatch allows. */
import type {
  CloudWatchClient,
  GetMetricDataCommandOutput,
  MetricDataQuery,
  MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import { SourceUnavailableError } from '../../../errors.ts';
import type { Sample } from '../../../model.ts';
import type { CountAws } from './clients.ts';
import { describeAwsFailure, isAboutTheRequest, isThrottled } from './failure.ts';
import type { Dimension } from './spec.ts';

export interface SeriesQuery {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: readonly Dimension[];
  readonly statistic: string;
  readonly periodSeconds: number;
}

/** From the start of the first period to the end of the last; both are ends of periods. */
interface SeriesWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** One answer for each query, in their order: samples in time order, or why it could not be read. Never rejects. */
export type ReadSeries = (
  region: string,
  queries: readonly SeriesQuery[],
  window: SeriesWindow,
  signal: AbortSignal,
) => Promise<readonly (readonly Sample[] | Error)[]>;

/** CloudWatch's own limits. */
const QUERIES_PER_CALL = 500;
const POINTS_PER_PAGE = 100_800;
/** More pages than any window of ours has: a token that never ends must not hold a reader for ever. */
const MAX_PAGES = 200;

export function createReadSeries(options: {
  readonly client: (region: string) => Promise<CloudWatchClient>;
  readonly count: CountAws;
}): ReadSeries {
  const ask = async (
    region: string,
    queries: readonly SeriesQuery[],
    window: SeriesWindow,
    signal: AbortSignal,
  ) => {
    const { GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
    const client = await options.client(region);
    const pages: MetricDataResult[][] = [];
    let token: string | undefined;
    do {
      if (pages.length >= MAX_PAGES) throw new SourceUnavailableError('CloudWatch: the answer has no end');
      options.count('cloudwatch_calls');
      const page: GetMetricDataCommandOutput = await client.send(
        new GetMetricDataCommand({
          MetricDataQueries: queries.map(toQuery),
          StartTime: new Date(window.fromMs),
          EndTime: new Date(window.toMs),
          ScanBy: 'TimestampAscending',
          MaxDatapoints: POINTS_PER_PAGE,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
        { abortSignal: signal },
      );
      options.count('cloudwatch_retries', Math.max(0, (page.$metadata.attempts ?? 1) - 1));
      pages.push(page.MetricDataResults ?? []);
      token = page.NextToken;
    } while (token !== undefined && token !== '');
    return mergePages(queries.length, pages.flat(), window);
  };

  const readChunk: ReadSeries = async (region, queries, window, signal) => {
    try {
      return await ask(region, queries, window, signal);
    } catch (error) {
      if (queries.length > 1 && isAboutTheRequest(error)) {
        // One series CloudWatch does not like costs only itself.
        const middle = Math.ceil(queries.length / 2);
        const first = await readChunk(region, queries.slice(0, middle), window, signal);
        return [...first, ...(await readChunk(region, queries.slice(middle), window, signal))];
      }
      if (isThrottled(error)) options.count('cloudwatch_throttled');
      const failure = describeAwsFailure('CloudWatch', error);
      return queries.map(() => failure);
    }
  };

  return async (region, queries, window, signal) => {
    const answers: (readonly Sample[] | Error)[] = [];
    for (let start = 0; start < queries.length; start += QUERIES_PER_CALL) {
      const chunk = queries.slice(start, start + QUERIES_PER_CALL);
      options.count('cloudwatch_series_read', chunk.length);
      answers.push(...(await readChunk(region, chunk, window, signal)));
    }
    return answers;
  };
}

function toQuery(query: SeriesQuery, index: number): MetricDataQuery {
  return {
    Id: `m${index}`,
    MetricStat: {
      Metric: {
        Namespace: query.namespace,
        MetricName: query.metric,
        Dimensions: query.dimensions.map(({ name, value }) => ({ Name: name, Value: value })),
      },
      Period: query.periodSeconds,
      Stat: query.statistic,
    },
    ReturnData: true,
  };
}

/** A series may go on on the next page; only what its last part says of it counts. */
function mergePages(
  length: number,
  results: readonly MetricDataResult[],
  window: SeriesWindow,
): (readonly Sample[] | Error)[] {
  const byId = new Map<string, { samples: Map<number, number>; status: string; message: string }>();
  for (const { Id = '', Timestamps = [], Values = [], StatusCode, Messages } of results) {
    const series = byId.get(Id) ?? { samples: new Map<number, number>(), status: '', message: '' };
    byId.set(Id, series);
    series.status = StatusCode ?? 'Complete';
    series.message = Messages?.[0]?.Value ?? series.message;
    Timestamps.forEach((time, index) => {
      const timestampMs = time.getTime();
      const value = Values[index];
      const isAsked = timestampMs >= window.fromMs && timestampMs < window.toMs;
      if (isAsked && value !== undefined && Number.isFinite(value)) series.samples.set(timestampMs, value);
    });
  }
  return Array.from({ length }, (_, index) => {
    const series = byId.get(`m${index}`);
    if (series === undefined)
      return new SourceUnavailableError('CloudWatch left the series out of its answer');
    if (series.status !== 'Complete') return describeStatus(series.status, series.message);
    return [...series.samples]
      .map(([timestampMs, value]) => ({ timestampMs, value }))
      .sort((a, b) => a.timestampMs - b.timestampMs);
  });
}

/** A part of the values is as good as none: the window is read again, whole. */
function describeStatus(status: string, message: string): Error {
  const why = message === '' ? '' : `: ${message}`;
  if (status === 'Forbidden') {
    return new SourceUnavailableError(`CloudWatch: these credentials may not read the series${why}`);
  }
  return new SourceUnavailableError(`CloudWatch answered ${status} for the series${why}`);
}
