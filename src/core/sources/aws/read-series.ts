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
export interface SeriesWindow {
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

/** So many series refused one by one, and none answered: it is no single series that is wrong, and no more are tried. */
const MAX_REFUSED = 16;

export interface ReadAccess {
  readonly client: (region: string) => Promise<CloudWatchClient>;
  readonly count: CountAws;
}

/** The pages of the answer to one GetMetricData. @throws whatever the client throws, SourceUnavailableError */
export async function getMetricData(
  access: ReadAccess,
  region: string,
  query: { readonly queries: readonly MetricDataQuery[]; readonly window: SeriesWindow },
  signal: AbortSignal,
): Promise<readonly (readonly MetricDataResult[])[]> {
  const { GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
  const client = await access.client(region);
  const { queries, window } = query;
  const pages: MetricDataResult[][] = [];
  let token: string | undefined;
  do {
    if (pages.length >= MAX_PAGES) throw new SourceUnavailableError('CloudWatch: the answer has no end');
    access.count('cloudwatch_calls');
    const page: GetMetricDataCommandOutput = await client.send(
      new GetMetricDataCommand({
        MetricDataQueries: [...queries],
        StartTime: new Date(window.fromMs),
        EndTime: new Date(window.toMs),
        ScanBy: 'TimestampAscending',
        MaxDatapoints: POINTS_PER_PAGE,
        ...(token === undefined ? {} : { NextToken: token }),
      }),
      { abortSignal: signal },
    );
    access.count('cloudwatch_retries', Math.max(0, (page.$metadata.attempts ?? 1) - 1));
    pages.push(page.MetricDataResults ?? []);
    token = page.NextToken;
  } while (token !== undefined && token !== '');
  return pages;
}

/** What became of the calls of one reading. */
interface Round {
  hasAnswer: boolean;
  /** Series that were refused when they were asked for alone. */
  refused: number;
}

export function createReadSeries(options: ReadAccess): ReadSeries {
  const readChunk = async (
    region: string,
    queries: readonly SeriesQuery[],
    window: SeriesWindow,
    { signal, round }: { readonly signal: AbortSignal; readonly round: Round },
  ): Promise<readonly (readonly Sample[] | Error)[]> => {
    try {
      const pages = await getMetricData(options, region, { queries: queries.map(toQuery), window }, signal);
      round.hasAnswer = true;
      return mergePages(queries.length, pages.flat(), window);
    } catch (error) {
      const isRefused = isAboutTheRequest(error);
      const refusesAll = !round.hasAnswer && round.refused >= MAX_REFUSED;
      if (queries.length > 1 && isRefused && !refusesAll) {
        // One series CloudWatch does not like costs only itself. Neighbours are apart first: they may be alike.
        const [even, odd] = [0, 1].map((rest) => queries.filter((_, index) => index % 2 === rest));
        const evens = await readChunk(region, even ?? [], window, { signal, round });
        const odds = await readChunk(region, odd ?? [], window, { signal, round });
        return evens.flatMap((answer, index) => [answer, ...odds.slice(index, index + 1)]);
      }
      if (isRefused) round.refused += 1;
      if (isThrottled(error)) options.count('cloudwatch_throttled');
      const failure = describeAwsFailure('CloudWatch', error);
      return queries.map(() => failure);
    }
  };

  return async (region, queries, window, signal) => {
    const answers: (readonly Sample[] | Error)[] = [];
    const round = { hasAnswer: false, refused: 0 };
    for (let start = 0; start < queries.length; start += QUERIES_PER_CALL) {
      const chunk = queries.slice(start, start + QUERIES_PER_CALL);
      options.count('cloudwatch_series_read', chunk.length);
      answers.push(...(await readChunk(region, chunk, window, { signal, round })));
    }
    return answers;
  };
}

function toQuery(query: SeriesQuery, index: number): MetricDataQuery {
  return { Id: nameQuery(index), MetricStat: toMetricStat(query), ReturnData: true };
}

function nameQuery(index: number): string {
  return `m${index}`;
}

export function toMetricStat(query: SeriesQuery): NonNullable<MetricDataQuery['MetricStat']> {
  return {
    Metric: {
      Namespace: query.namespace,
      MetricName: query.metric,
      Dimensions: query.dimensions.map(({ name, value }) => ({ Name: name, Value: value })),
    },
    Period: query.periodSeconds,
    Stat: query.statistic,
  };
}

/** A series may go on on the next page. */
function mergePages(
  length: number,
  results: readonly MetricDataResult[],
  window: SeriesWindow,
): (readonly Sample[] | Error)[] {
  const byId = new Map<string, OpenSeries>();
  for (const part of results) {
    const series = byId.get(part.Id ?? '') ?? openSeries();
    byId.set(part.Id ?? '', series);
    addPart(series, part, window);
  }
  return Array.from({ length }, (_, index) => {
    const series = byId.get(nameQuery(index));
    if (series === undefined)
      return new SourceUnavailableError('CloudWatch left the series out of its answer');
    return closeSeries(series);
  });
}

interface OpenSeries {
  readonly samples: Map<number, number>;
  status: string;
  message: string;
}

/** Adds a part of a series; only what the last part says of it counts. */
export function addPart(series: OpenSeries, part: MetricDataResult, window: SeriesWindow): void {
  const { Timestamps = [], Values = [], StatusCode, Messages } = part;
  series.status = StatusCode ?? 'Complete';
  series.message = Messages?.[0]?.Value ?? series.message;
  Timestamps.forEach((time, index) => {
    const timestampMs = time.getTime();
    const value = Values[index];
    const isAsked = timestampMs >= window.fromMs && timestampMs < window.toMs;
    if (isAsked && value !== undefined && Number.isFinite(value)) series.samples.set(timestampMs, value);
  });
}

export function openSeries(): OpenSeries {
  return { samples: new Map(), status: '', message: '' };
}

/** @returns samples in time order, or why there are none */
export function closeSeries({ samples, status, message }: OpenSeries): readonly Sample[] | Error {
  if (status !== 'Complete') return describeStatus(status, message);
  return [...samples]
    .map(([timestampMs, value]) => ({ timestampMs, value }))
    .sort((a, b) => a.timestampMs - b.timestampMs);
}

/** A part of the values is as good as none: the window is read again, whole. */
function describeStatus(status: string, message: string): Error {
  const why = message === '' ? '' : `: ${message}`;
  if (status === 'Forbidden') {
    return new SourceUnavailableError(`CloudWatch: these credentials may not read the series${why}`);
  }
  return new SourceUnavailableError(`CloudWatch answered ${status} for the series${why}`);
}
