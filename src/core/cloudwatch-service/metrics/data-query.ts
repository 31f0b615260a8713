/** The queries of GetMetricData (and of alarms on expressions): their shape and their checks. */
import { combined, invalid, missing } from '../model/cloudwatch-error.ts';
import type { CloudwatchLimits } from '../model/limits.ts';
import { parseExpression, type Expression } from '../math/parse.ts';
import { MathSyntaxError } from '../math/tokens.ts';
import { checkSeriesName, METRIC_SHAPE, type SeriesName } from '../model/metric-name.ts';
import { checkUnit } from './put-metric-data.ts';
import { boolean, integer, list, string, structure, type Infer } from '../model/shape.ts';
import { parseStatistic, type Statistic } from '../model/statistic.ts';
import { checkPeriod } from '../model/time-range.ts';

const METRIC_STAT_SHAPE = structure({ Metric: METRIC_SHAPE, Period: integer, Stat: string, Unit: string });
export const DATA_QUERY_SHAPE = structure({
  Id: string,
  MetricStat: METRIC_STAT_SHAPE,
  Expression: string,
  Label: string,
  ReturnData: boolean,
  Period: integer,
  AccountId: string,
});
export const DATA_QUERIES_SHAPE = list(DATA_QUERY_SHAPE);

interface QueryBase {
  readonly id: string;
  readonly label: string | null;
  readonly returned: boolean;
}
export interface StatQuery extends QueryBase {
  readonly kind: 'stat';
  readonly series: SeriesName;
  readonly statistic: Statistic;
  readonly periodSeconds: number;
  /** Stored code; null when any unit will do. */
  readonly unit: number | null;
}
export interface ExpressionQuery extends QueryBase {
  readonly kind: 'expression';
  readonly expression: Expression;
  /** For SEARCH without a period of its own. */
  readonly periodSeconds: number | null;
}
export type DataQuery = StatQuery | ExpressionQuery;

const ID = /^[a-z][A-Za-z0-9_]{0,254}$/;
const LONGEST_EXPRESSION = 2_048;

/** @throws CloudwatchError naming the query and its parameter */
export function checkDataQueries(
  given: Infer<typeof DATA_QUERIES_SHAPE> | undefined,
  path: string,
  limits: CloudwatchLimits,
): ReadonlyMap<string, DataQuery> {
  if (given === undefined || given.length === 0) throw missing(path);
  if (given.length > limits.dataQueries) {
    throw invalid(path, given.length, `There may be at most ${limits.dataQueries} queries.`);
  }
  const queries = new Map<string, DataQuery>();
  for (const [i, one] of given.entries()) {
    const query = checkDataQuery(one, `${path}.member.${i + 1}`, limits);
    if (queries.has(query.id)) throw invalid(`${path}.member.${i + 1}.Id`, query.id, 'It is given twice.');
    queries.set(query.id, query);
  }
  refuseLoops(queries, path);
  return queries;
}

function checkDataQuery(
  given: Infer<typeof DATA_QUERY_SHAPE>,
  path: string,
  limits: CloudwatchLimits,
): DataQuery {
  if (given.Id === undefined || given.Id === '') throw missing(`${path}.Id`);
  if (!ID.test(given.Id)) {
    throw invalid(
      `${path}.Id`,
      given.Id,
      'It must begin with a small letter and hold letters, digits and _.',
    );
  }
  if (given.AccountId !== undefined) {
    throw invalid(`${path}.AccountId`, given.AccountId, 'Other accounts cannot be asked.');
  }
  const base = { id: given.Id, label: given.Label ?? null, returned: given.ReturnData ?? true };
  if (given.MetricStat !== undefined && given.Expression !== undefined) {
    throw combined(`The parameters ${path}.MetricStat and ${path}.Expression are mutually exclusive.`);
  }
  if (given.MetricStat !== undefined) {
    return { ...base, kind: 'stat', ...checkMetricStat(given.MetricStat, `${path}.MetricStat`, limits) };
  }
  if (given.Expression === undefined) throw missing(`${path}.MetricStat`);
  const periodSeconds = given.Period === undefined ? null : checkPeriod(given.Period, `${path}.Period`);
  const expression = checkExpression(given.Expression, `${path}.Expression`);
  return { ...base, kind: 'expression', expression, periodSeconds };
}

function checkMetricStat(
  given: Infer<typeof METRIC_STAT_SHAPE>,
  path: string,
  limits: CloudwatchLimits,
): Pick<StatQuery, 'series' | 'statistic' | 'periodSeconds' | 'unit'> {
  if (given.Metric === undefined) throw missing(`${path}.Metric`);
  if (given.Stat === undefined || given.Stat === '') throw missing(`${path}.Stat`);
  return {
    series: checkSeriesName(given.Metric, `${path}.Metric.`, limits.dimensionsPerMetric),
    periodSeconds: checkPeriod(given.Period, `${path}.Period`),
    statistic: parseStatistic(given.Stat, `${path}.Stat`),
    unit: checkUnit(given.Unit, `${path}.Unit`),
  };
}

function checkExpression(text: string, path: string): Expression {
  if (text.length > LONGEST_EXPRESSION) {
    throw invalid(path, text, `It may have at most ${LONGEST_EXPRESSION} characters.`);
  }
  try {
    return parseExpression(text);
  } catch (error) {
    if (error instanceof MathSyntaxError) throw invalid(path, text, `It cannot be read: ${error.message}.`);
    throw error;
  }
}

/** Ids an expression mentions. METRICS() mentions metrics only, which mention nothing. */
export function listReferences(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'reference':
      return [expression.id];
    case 'negate':
      return listReferences(expression.operand);
    case 'binary':
      return [...listReferences(expression.left), ...listReferences(expression.right)];
    case 'call':
      return expression.args.flatMap(listReferences);
    default:
      return [];
  }
}

function refuseLoops(queries: ReadonlyMap<string, DataQuery>, path: string): void {
  const done = new Set<string>();
  const visit = (id: string, above: ReadonlySet<string>): void => {
    if (done.has(id)) return;
    const query = queries.get(id);
    if (query === undefined) throw invalid(path, id, 'An expression mentions it, but no query has this Id.');
    if (above.has(id)) throw invalid(path, id, 'Its expression depends on itself.');
    const below = new Set([...above, id]);
    if (query.kind === 'expression') for (const next of listReferences(query.expression)) visit(next, below);
    done.add(id);
  };
  for (const id of queries.keys()) visit(id, new Set());
}
