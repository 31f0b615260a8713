/** ListMetrics: the series that hold every dimension asked for. */
import type pg from 'pg';
import { nameAccount } from '../model/arn.ts';
import { CloudwatchError, mustBe, tooMany } from '../model/cloudwatch-error.ts';
import {
  checkName,
  checkDimensionValue,
  checkText,
  DIMENSION_SHAPE,
  METRIC_SHAPE,
} from '../model/metric-name.ts';
import type { ListedMetric, MetricFilter } from '../model/metric-filter.ts';
import type { OperationContext } from '../model/operation.ts';
import { createPaging } from '../model/page-token.ts';
import { findOwnMetrics } from '../store/own-series.ts';
import { boolean, list, string, structure, type Infer } from '../model/shape.ts';

export const LIST_METRICS_INPUT = structure({
  Namespace: string,
  MetricName: string,
  Dimensions: list(DIMENSION_SHAPE),
  NextToken: string,
  RecentlyActive: string,
  IncludeLinkedAccounts: boolean,
  OwningAccount: string,
});
export const LIST_METRICS_OUTPUT = structure({
  Metrics: list(METRIC_SHAPE),
  NextToken: string,
  OwningAccounts: list(string),
});

const MAX_FILTERS = 10;
const RECENT_MS = 3 * 3_600_000;

export async function listMetrics(
  input: Infer<typeof LIST_METRICS_INPUT>,
  context: OperationContext,
): Promise<Infer<typeof LIST_METRICS_OUTPUT>> {
  const filter = checkMetricFilter(input);
  const account = nameAccount(context.accountId);
  // No account is linked to another here: each sees its own metrics, whether it asks for linked ones or not.
  if (input.OwningAccount !== undefined && input.OwningAccount !== account) return { Metrics: [] };
  const paging = createPaging(context.accountId, filter, refuseToken);
  const place = readPlace(input.NextToken === undefined ? PUSHED : paging.read(input.NextToken));
  if (place === null) throw refuseToken();
  const size = context.limits.listedMetrics;
  const { page, next } = await readPage(context, filter, place, size);
  return {
    Metrics: page.map(showMetric),
    ...(input.IncludeLinkedAccounts === true && { OwningAccounts: page.map(() => account) }),
    ...(next !== null && { NextToken: paging.write(next) }),
  };
}

/** Where a page begins: P or O, for pushed metrics or Lapwing's own, which come behind, and the id it comes after. */
const PUSHED = 'P0';
const PLACE = /^([PO])(\d{1,10})$/;
/** PostgreSQL's largest integer. */
const LARGEST_ID = 2_147_483_647;

interface Place {
  readonly isOwn: boolean;
  readonly after: number;
}

function readPlace(text: string): Place | null {
  const [, kind, id = ''] = PLACE.exec(text) ?? [];
  return kind === undefined || Number(id) > LARGEST_ID ? null : { isOwn: kind === 'O', after: Number(id) };
}

function refuseToken(): CloudwatchError {
  return new CloudwatchError('InvalidParameterValue', 'Invalid nextToken');
}

async function readPage(
  context: FindContext,
  filter: MetricFilter,
  { isOwn, after }: Place,
  size: number,
): Promise<{ page: readonly ListedMetric[]; next: string | null }> {
  const pushed = isOwn ? [] : await findMetrics(context, filter, after, size + 1);
  if (pushed.length > size) {
    const page = pushed.slice(0, size);
    return { page, next: `P${page.at(-1)?.id ?? 0}` };
  }
  const afterOwn = isOwn ? after : 0;
  const own = await findOwn(context, filter, afterOwn, size - pushed.length + 1);
  const shown = own.slice(0, size - pushed.length);
  const next = own.length > shown.length ? `O${shown.at(-1)?.id ?? afterOwn}` : null;
  return { page: [...pushed, ...shown], next };
}

/** Pushed metrics, then Lapwing's own, as many as the limit. */
export async function findAllMetrics(
  context: FindContext,
  filter: MetricFilter,
  limit: number,
): Promise<readonly ListedMetric[]> {
  const pushed = await findMetrics(context, filter, 0, limit);
  if (pushed.length >= limit) return pushed;
  return [...pushed, ...(await findOwn(context, filter, 0, limit - pushed.length))];
}

function findOwn(context: FindContext, filter: MetricFilter, after: number, limit: number) {
  return findOwnMetrics(context, filter, findRecent(context, filter), after, limit);
}

function findRecent({ now }: FindContext, { recent }: MetricFilter): Date | null {
  return recent ? new Date(now().getTime() - RECENT_MS) : null;
}

function showMetric(metric: ListedMetric): Infer<typeof METRIC_SHAPE> {
  return {
    Namespace: metric.namespace,
    MetricName: metric.metricName,
    Dimensions: metric.dimensions.map(({ name, value }) => ({ Name: name, Value: value })),
  };
}

/** @throws CloudwatchError naming what is wrong */
function checkMetricFilter(input: Infer<typeof LIST_METRICS_INPUT>): MetricFilter {
  const dimensions = input.Dimensions ?? [];
  if (dimensions.length > MAX_FILTERS) {
    throw tooMany('Dimensions', MAX_FILTERS);
  }
  if (input.RecentlyActive !== undefined && input.RecentlyActive !== 'PT3H') {
    throw mustBe('RecentlyActive', 'be a value in the set [ PT3H ]');
  }
  return {
    namespace: input.Namespace === undefined ? null : checkName(input.Namespace, 'Namespace'),
    metricName: input.MetricName === undefined ? null : checkText(input.MetricName, 'MetricName'),
    dimensions: dimensions.map(({ Name, Value }, i) => ({
      name: checkName(Name, `Dimensions.member.${i + 1}.Name`),
      value: Value === undefined ? null : checkDimensionValue(Value, `Dimensions.member.${i + 1}.Value`),
    })),
    recent: input.RecentlyActive !== undefined,
  };
}

const FIND_METRICS = `
  SELECT series.id, series.namespace, series.name AS "metricName", (
    SELECT coalesce(json_agg(json_build_object('name', name, 'value', value) ORDER BY name), '[]')
    FROM cloudwatch_dimension WHERE series_id = series.id
  ) AS dimensions
  FROM cloudwatch_series AS series
  WHERE series.account_id = $1 AND series.id > $2
    AND ($3::text IS NULL OR series.namespace = $3)
    AND ($4::text IS NULL OR series.name = $4)
    AND ($5::timestamptz IS NULL OR series.last_seen > $5)
    AND NOT EXISTS (
      SELECT FROM unnest($6::text[], $7::text[]) AS wanted (name, value)
      WHERE NOT EXISTS (
        SELECT FROM cloudwatch_dimension AS held
        WHERE held.series_id = series.id AND held.name = wanted.name
          AND (wanted.value IS NULL OR held.value = wanted.value)))
  ORDER BY series.id
  LIMIT $8`;

interface FindContext {
  readonly pool: pg.Pool;
  readonly accountId: number;
  readonly now: () => Date;
}

/** In the order the series were first seen, those after the id `after`. */
async function findMetrics(
  context: FindContext,
  filter: MetricFilter,
  after: number,
  limit: number,
): Promise<readonly ListedMetric[]> {
  const { rows } = await context.pool.query<ListedMetric>(FIND_METRICS, [
    context.accountId,
    after,
    filter.namespace,
    filter.metricName,
    findRecent(context, filter),
    filter.dimensions.map(({ name }) => name),
    filter.dimensions.map(({ value }) => value),
    limit,
  ]);
  return rows;
}
