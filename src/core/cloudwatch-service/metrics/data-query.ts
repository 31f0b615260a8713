/** The queries of GetMetricData (and of alarms on expressions): their shape and their checks. */
import { nameAccount } from '../model/arn.ts';
import { CloudwatchError, combined, invalid, missing, mustBe, tooMany } from '../model/cloudwatch-error.ts';
import type { CloudwatchLimits } from '../model/limits.ts';
import { parseExpression, type Expression } from '../math/parse.ts';
import { MathSyntaxError } from '../math/tokens.ts';
import { checkSeriesName, METRIC_SHAPE, type SeriesName } from '../model/metric-name.ts';
import { isInsights, parseInsights, type InsightsSelect } from './insights/parse-insights.ts';
import { checkUnit } from './put-metric-data.ts';
import { boolean, integer, list, string, structure, type Infer } from '../model/shape.ts';
import { parseStatistic, type Statistic } from '../model/statistic.ts';
import { checkPeriod } from '../model/time-range.ts';

const METRIC_STAT_SHAPE = structure({ Metric: METRIC_SHAPE, Period: integer, Stat: string, Unit: string });
const DATA_QUERY_SHAPE = structure({
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
  /** The statistic as it was asked for. */
  readonly stat: string;
  readonly statistic: Statistic;
  readonly periodSeconds: number;
  /** Stored code; null when any unit will do. */
  readonly unit: number | null;
}
interface ExpressionQuery extends QueryBase {
  readonly kind: 'expression';
  readonly expression: Expression;
  /** For SEARCH without a period of its own. */
  readonly periodSeconds: number | null;
}
/** Metrics Insights: SELECT … FROM … */
interface InsightsQuery extends QueryBase {
  readonly kind: 'insights';
  readonly select: InsightsSelect;
  readonly periodSeconds: number;
}
export type DataQuery = StatQuery | ExpressionQuery | InsightsQuery;

/** What queries are checked against. */
export interface QueryRules {
  readonly limits: CloudwatchLimits;
  readonly accountId: number;
}

const ID = /^[a-z][A-Za-z0-9_]{0,254}$/;
const MAX_EXPRESSION_LENGTH = 2_048;
/** Of Metrics Insights, where the query names none. */
const DEFAULT_PERIOD_SECONDS = 300;

/** @throws CloudwatchError naming the query and its parameter */
export function checkDataQueries(
  given: Infer<typeof DATA_QUERIES_SHAPE> | undefined,
  path: string,
  rules: QueryRules,
): ReadonlyMap<string, DataQuery> {
  if (given === undefined || given.length === 0) throw missing(path);
  if (given.length > rules.limits.dataQueries) throw tooMany(path, rules.limits.dataQueries);
  const queries = new Map<string, DataQuery>();
  for (const [i, one] of given.entries()) {
    const query = checkDataQuery(one, `${path}.member.${i + 1}`, rules);
    if (queries.has(query.id)) {
      throw invalid(`${path}.member.${i + 1}.Id`, query.id, 'The values for parameter Id must be unique.');
    }
    queries.set(query.id, query);
  }
  refuseLoops(queries, path);
  return queries;
}

function checkDataQuery(
  given: Infer<typeof DATA_QUERY_SHAPE>,
  path: string,
  { limits, accountId }: QueryRules,
): DataQuery {
  if (given.Id === undefined || given.Id === '') throw missing(`${path}.Id`);
  if (!ID.test(given.Id)) {
    const pattern = '^[a-z][a-zA-Z0-9_]*$';
    const message = `The value ${given.Id.slice(0, 255)} for parameter ${path}.Id is not matching the expected pattern ${pattern}.`;
    throw new CloudwatchError('InvalidParameterValue', message);
  }
  if (given.AccountId !== undefined && given.AccountId !== nameAccount(accountId)) {
    throw invalid(`${path}.AccountId`, given.AccountId, 'It is not the account of the request.');
  }
  const base = { id: given.Id, label: readLabel(given.Label), returned: given.ReturnData ?? true };
  if (given.MetricStat !== undefined && given.Expression !== undefined) {
    throw combined(
      `The parameters ${path}.MetricStat and ${path}.Expression are mutually exclusive and you have specified both.`,
    );
  }
  if (given.MetricStat !== undefined) {
    return { ...base, kind: 'stat', ...checkMetricStat(given.MetricStat, `${path}.MetricStat`, limits) };
  }
  if (given.Expression === undefined) {
    throw combined(
      `At least one of the parameters ${path}.Expression, ${path}.MetricStat must be specified.`,
    );
  }
  if (given.Expression.length > MAX_EXPRESSION_LENGTH) {
    throw mustBe(`${path}.Expression`, `be shorter than ${MAX_EXPRESSION_LENGTH + 1} characters`);
  }
  const periodSeconds = given.Period === undefined ? null : checkPeriod(given.Period, `${path}.Period`);
  if (isInsights(given.Expression)) {
    const select = readOrRefuse(given.Id, () => parseInsights(given.Expression ?? ''));
    return { ...base, kind: 'insights', select, periodSeconds: periodSeconds ?? DEFAULT_PERIOD_SECONDS };
  }
  const expression = readOrRefuse(given.Id, () => parseExpression(given.Expression ?? ''));
  return { ...base, kind: 'expression', expression, periodSeconds };
}

/** An empty one is how clients leave the metrics' own labels as they are. */
function readLabel(given: string | undefined): string | null {
  return given === undefined || given === '' ? null : given;
}

/** @throws CloudwatchError in AWS' words, which do not say where; the cause does */
function readOrRefuse<T>(id: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof MathSyntaxError)) throw error;
    throw new CloudwatchError('InvalidParameterValue', `Error in expression '${id}': Invalid syntax`, {
      cause: error,
    });
  }
}

function checkMetricStat(
  given: Infer<typeof METRIC_STAT_SHAPE>,
  path: string,
  limits: CloudwatchLimits,
): Pick<StatQuery, 'series' | 'stat' | 'statistic' | 'periodSeconds' | 'unit'> {
  if (given.Metric === undefined) throw missing(`${path}.Metric`);
  if (given.Stat === undefined || given.Stat === '') throw missing(`${path}.Stat`);
  return {
    series: checkSeriesName(given.Metric, `${path}.Metric.`, limits.dimensionsPerMetric),
    periodSeconds: checkPeriod(given.Period, `${path}.Period`),
    stat: given.Stat,
    statistic: parseStatistic(given.Stat, `${path}.Stat`),
    unit: checkUnit(given.Unit, `${path}.Unit`),
  };
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
    if (query === undefined) {
      const message = `Error in expression '${[...above].at(-1) ?? id}': Unknown identifier '${id}'`;
      throw new CloudwatchError('InvalidParameterValue', message);
    }
    if (above.has(id)) throw invalid(path, id, 'Its expression depends on itself.');
    const below = new Set([...above, id]);
    if (query.kind === 'expression') for (const next of listReferences(query.expression)) visit(next, below);
    done.add(id);
  };
  for (const id of queries.keys()) visit(id, new Set());
}
