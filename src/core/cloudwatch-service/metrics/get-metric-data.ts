/** GetMetricData: up to 500 queries, metrics and expressions, in pages of bounded size. */
import { checkDataQueries, DATA_QUERIES_SHAPE, type DataQuery } from './data-query.ts';
import { QueryEvaluator } from './evaluate-queries.ts';
import { CloudwatchError, mustBe } from '../model/cloudwatch-error.ts';
import type { TimeSeries } from '../math/values.ts';
import type { OperationContext } from '../model/operation.ts';
import { createPaging } from '../model/page-token.ts';
import { double, integer, list, string, structure, timestamp, type Infer } from '../model/shape.ts';
import { checkTimeRange, type TimeRange } from '../model/time-range.ts';

const MESSAGE_SHAPE = structure({ Code: string, Value: string });
export const GET_METRIC_DATA_INPUT = structure({
  MetricDataQueries: DATA_QUERIES_SHAPE,
  StartTime: timestamp,
  EndTime: timestamp,
  NextToken: string,
  ScanBy: string,
  MaxDatapoints: integer,
  LabelOptions: structure({ Timezone: string }),
});
export const GET_METRIC_DATA_OUTPUT = structure({
  MetricDataResults: list(
    structure({
      Id: string,
      Label: string,
      Timestamps: list(timestamp),
      Values: list(double),
      StatusCode: string,
      Messages: list(MESSAGE_SHAPE),
    }),
  ),
  NextToken: string,
  Messages: list(MESSAGE_SHAPE),
});

type Input = Infer<typeof GET_METRIC_DATA_INPUT>;
type Output = Infer<typeof GET_METRIC_DATA_OUTPUT>;
type Result = NonNullable<Output['MetricDataResults']>[number];

/** Where a page begins: after `after` in the series-th series of the query-th returned query. */
interface Place {
  readonly query: number;
  readonly series: number;
  readonly after: number | null;
}

interface Page {
  readonly results: Result[];
  /** Points that still fit. */
  room: number;
}

interface Task {
  readonly returned: readonly DataQuery[];
  readonly evaluator: QueryEvaluator;
  readonly range: TimeRange;
  readonly descending: boolean;
}

/** Newest first unless asked otherwise. A series cut by a page says PartialData and goes on in the next. */
export async function getMetricData(input: Input, context: OperationContext): Promise<Output> {
  const { limits } = context;
  const queries = checkDataQueries(input.MetricDataQueries, 'MetricDataQueries', context);
  const shortest = Math.min(60, ...[...queries.values()].map(({ periodSeconds }) => periodSeconds ?? 60));
  const range = checkTimeRange(input.StartTime, input.EndTime, shortest, context.now().getTime());
  const offsetMinutes = parseOffset(input.LabelOptions?.Timezone, 'LabelOptions.Timezone');
  const evaluator = new QueryEvaluator(queries, range, context, { offsetMinutes });
  const task: Task = {
    returned: [...queries.values()].filter(({ returned }) => returned),
    evaluator,
    range,
    descending: checkScanBy(input.ScanBy),
  };
  const paging = createPaging(context.accountId, { ...input, NextToken: undefined }, refuseToken);
  const start =
    input.NextToken === undefined
      ? FIRST_PLACE
      : readPlace(paging.read(input.NextToken), task.returned.length);
  const page: Page = { results: [], room: checkMaxDatapoints(input.MaxDatapoints, limits.dataPoints) };
  const next = await context.queryTurns.run(context, () => fillPage(page, start, task));
  return {
    MetricDataResults: page.results,
    ...(next !== null && { NextToken: paging.write(writePlace(next)) }),
    Messages: [...evaluator.messages].map((Code) => ({ Code, Value: MESSAGES[Code] ?? Code })),
  };
}

/** What the codes of an answer's messages mean. */
const MESSAGES: Readonly<Record<string, string>> = {
  MaxMetricsExceeded: 'A search found more metrics than are returned. Narrow it.',
  MaxMatchingResultsExceeded: 'More metrics match the query than were looked at. Narrow it.',
  MaxQueryResultsExceeded: 'The query gives more series than are returned. Give it a LIMIT.',
};

/** @returns minutes east of UTC; 0 where none is given */
export function parseOffset(given: string | undefined, path: string): number {
  if (given === undefined) return 0;
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(given) ?? [];
  if (sign === undefined) throw mustBe(path, 'be + or - and four digits, as +0130');
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

const FIRST_PLACE: Place = { query: 0, series: 0, after: null };

function refuseToken(): Error {
  return new CloudwatchError('InvalidNextToken', 'The NextToken is not a token of this request.');
}

/** Tokens are not signed: a place that is none is refused, no matter who wrote it. */
const PLACE = /^(\d{1,9}) (\d{1,9}) (-?\d{1,16})?$/;

function writePlace({ query, series, after }: Place): string {
  return `${query} ${series} ${after ?? ''}`;
}

function readPlace(text: string, queries: number): Place {
  const [, query = '', series = '', after] = PLACE.exec(text) ?? [];
  if (query === '' || Number(query) >= queries) throw refuseToken();
  return { query: Number(query), series: Number(series), after: after === undefined ? null : Number(after) };
}

function checkScanBy(scanBy: string | undefined): boolean {
  if (scanBy === undefined || scanBy === 'TimestampDescending') return true;
  if (scanBy === 'TimestampAscending') return false;
  throw mustBe('ScanBy', 'be a value in the set [ TimestampDescending, TimestampAscending ]');
}

function checkMaxDatapoints(given: number | undefined, most: number): number {
  if (given === undefined) return most;
  if (given < 1 || given > most) throw mustBe('MaxDatapoints', `be between 1 and ${most}`);
  return given;
}

/**
 * Reads as many queries at a time as surely fit, so that a page of small series takes few statements.
 * @returns where the next page begins, or null when this is the last
 */
async function fillPage(page: Page, start: Place, task: Task): Promise<Place | null> {
  let place = start;
  while (place.query < task.returned.length) {
    if (page.room === 0) return place;
    const count = countFitting(task, place.query, page.room);
    const chunk = task.returned.slice(place.query, place.query + count);
    await task.evaluator.prefetch(chunk.map(({ id }) => id));
    for (const query of chunk) {
      if (page.room === 0) return place;
      place = addSeries(page, query.id, await task.evaluator.answer(query.id), place, task);
    }
  }
  return null;
}

function countFitting({ returned, range }: Task, first: number, room: number): number {
  let left = room;
  let count = 0;
  for (const { periodSeconds } of returned.slice(first)) {
    left -= Math.ceil((range.endMs - range.startMs) / 1000 / (periodSeconds ?? 60));
    if (left < 0 && count > 0) break;
    count += 1;
  }
  return count;
}

/** @returns where the page goes on: at a series that did not fit, or at the next query */
function addSeries(page: Page, id: string, found: readonly TimeSeries[], place: Place, task: Task): Place {
  for (const [i, series] of found.entries()) {
    if (i < place.series) continue;
    if (page.room === 0) return { ...place, series: i, after: null };
    const cut = addResult(page, id, series, i === place.series ? place.after : null, task);
    if (cut !== null) return { ...place, series: i, after: cut };
  }
  return { query: place.query + 1, series: 0, after: null };
}

/** @returns the time of the last point shown, when there are more than the page has room for */
function addResult(
  page: Page,
  id: string,
  series: TimeSeries,
  after: number | null,
  { descending, evaluator }: Task,
): number | null {
  const { times, values } = listPoints(series, descending);
  const isLeft = (time: number) => after === null || (descending ? time < after : time > after);
  const start = times.findIndex(isLeft);
  const shown = start < 0 ? [] : times.slice(start, start + page.room);
  const partial = start >= 0 && times.length - start > shown.length;
  const note = evaluator.notes.get(id);
  page.results.push({
    Id: id,
    Label: series.label,
    Timestamps: shown.map((time) => new Date(time)),
    Values: values.slice(Math.max(0, start), Math.max(0, start) + shown.length),
    StatusCode: partial ? 'PartialData' : 'Complete',
    ...(note !== undefined && { Messages: [{ Code: 'MultipleUnits', Value: note }] }),
  });
  page.room -= shown.length;
  return partial ? (shown.at(-1) ?? after) : null;
}

/** Points are kept in time order. */
function listPoints({ points }: TimeSeries, descending: boolean) {
  const [times, values] = [[...points.keys()], [...points.values()]];
  return descending ? { times: times.reverse(), values: values.reverse() } : { times, values };
}
