/** Answers checked queries over one range, reading each metric once. */
import { DETECTOR_KINDS } from '../../../detector/detector-kinds.ts';
import { findBand } from './band.ts';
import { listReferences, type DataQuery, type StatQuery } from './data-query.ts';
import { CloudwatchError, invalid } from '../model/cloudwatch-error.ts';
import { evaluateExpression, type MathScope } from '../math/evaluate.ts';
import type { Expression } from '../math/parse.ts';
import { listSeries, MathError, type MathValue, type TimeSeries } from '../math/values.ts';
import { hashSeries } from '../model/metric-name.ts';
import type { EvaluationContext } from '../model/operation.ts';
import { readSeries, type SeriesQuestion } from '../store/read-series.ts';
import { searchSeries } from './search.ts';
import type { TimeRange } from '../model/time-range.ts';

export interface Evaluator {
  /** Reads the metrics these queries need in one statement; what is not prefetched is read when needed. */
  prefetch(ids: readonly string[]): Promise<void>;
  /** @throws CloudwatchError when the query's parts do not fit together, or it gives a number */
  answer(id: string): Promise<readonly TimeSeries[]>;
  /** Things the caller should know about the data of a metric, by query id. */
  readonly notes: ReadonlyMap<string, string>;
}

/** AWS trains on at most two weeks. */
const TRAINING_MS = 14 * 86_400_000;
const MINUTE_SECONDS = 60;

export function createEvaluator(
  queries: ReadonlyMap<string, DataQuery>,
  range: TimeRange,
  context: EvaluationContext,
): Evaluator {
  const values = new Map<string, Promise<MathValue>>();
  const notes = new Map<string, string>();

  const readStats = async (stats: readonly StatQuery[]): Promise<readonly MathValue[]> => {
    const found = await readSeries(
      context.pool,
      stats.map((stat) => askFor(stat, range, context)),
    );
    return found.map(({ series, note }, i) => {
      const id = stats[i]?.id;
      if (note !== null && id !== undefined) notes.set(id, note);
      return { kind: 'series', series };
    });
  };

  const resolve = (id: string): Promise<MathValue> => {
    const known = values.get(id);
    if (known !== undefined) return known;
    const query = queries.get(id);
    if (query === undefined) return Promise.reject(new MathError(`no query has the Id ${id}`));
    const value: Promise<MathValue> =
      query.kind === 'stat'
        ? readStats([query]).then(([first]): MathValue => first ?? { kind: 'list', list: [] })
        : evaluateExpression(query.expression, scopeOf(query.periodSeconds));
    values.set(id, value);
    return value;
  };

  const scopeOf = (periodSeconds: number | null): MathScope => ({
    range,
    periodSeconds: periodSeconds ?? findPeriod(queries),
    resolve,
    async metrics(part) {
      const ids = [...queries.values()].filter((query) => query.kind === 'stat' && query.id.includes(part));
      const found = await Promise.all(ids.map(({ id }) => resolve(id)));
      return { kind: 'list', list: found.flatMap(listSeries) };
    },
    search: async (text, statistic, period) => ({
      kind: 'list',
      list: await searchSeries({ text, statistic, periodSeconds: period ?? periodSeconds }, range, context),
    }),
    band: (expression, width) => findBandOf(expression, width, queries, range, context),
  });

  return {
    notes,
    async prefetch(ids) {
      const stats = findStats(ids, queries).filter((stat) => !values.has(stat.id));
      if (stats.length === 0) return;
      const found = await readStats(stats);
      for (const [i, stat] of stats.entries()) {
        const value = found[i];
        if (value !== undefined) values.set(stat.id, Promise.resolve(value));
      }
    },
    answer: (id) => showAnswer(id, resolve, queries),
  };
}

/** The shortest of the metrics; a minute where there is none. */
function findPeriod(queries: ReadonlyMap<string, DataQuery>): number {
  const periods = [...queries.values()].flatMap((query) =>
    query.kind === 'stat' ? query.periodSeconds : [],
  );
  return periods.length === 0 ? MINUTE_SECONDS : Math.min(...periods);
}

/** The metrics behind these queries, each once. */
function findStats(ids: readonly string[], queries: ReadonlyMap<string, DataQuery>): readonly StatQuery[] {
  const found = new Map<string, StatQuery>();
  const seen = new Set<string>();
  const left = [...ids];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const query = queries.get(id);
    if (query?.kind === 'stat') found.set(id, query);
    if (query?.kind === 'expression') left.push(...listReferences(query.expression));
  }
  return [...found.values()];
}

function askFor(stat: StatQuery, range: TimeRange, context: EvaluationContext): SeriesQuestion {
  return {
    ...range,
    hash: hashSeries(context.accountId, stat.series),
    periodSeconds: stat.periodSeconds,
    unit: stat.unit,
    statistic: stat.statistic,
    label: stat.label ?? stat.series.metricName,
  };
}

async function showAnswer(
  id: string,
  resolve: (id: string) => Promise<MathValue>,
  queries: ReadonlyMap<string, DataQuery>,
): Promise<readonly TimeSeries[]> {
  try {
    const value = await resolve(id);
    if (value.kind === 'number') throw new MathError('the result is a number; a series is needed');
    const label = queries.get(id)?.label ?? null;
    return value.kind === 'list'
      ? value.list
      : [{ ...value.series, label: label ?? labelOf(queries.get(id), value.series) }];
  } catch (error) {
    if (error instanceof MathError) throw invalid(`Expression of ${id}`, id, `${error.message}.`);
    throw error;
  }
}

/** An expression without a label is called by its id, as on AWS. */
function labelOf(query: DataQuery | undefined, series: TimeSeries): string {
  return query?.kind === 'expression' ? query.id : series.label;
}

/** Evaluates the expression again over a range that begins earlier, and lets the detector learn from that. */
async function findBandOf(
  expression: Expression,
  width: number,
  queries: ReadonlyMap<string, DataQuery>,
  range: TimeRange,
  context: EvaluationContext,
): Promise<MathValue> {
  if (listCalls(expression).includes('ANOMALY_DETECTION_BAND')) {
    throw new MathError('a band of a band is not supported');
  }
  const history = { startMs: range.startMs - measureTraining(queries), endMs: range.endMs };
  const id = 'bandInput';
  const query: DataQuery = {
    id,
    kind: 'expression',
    expression,
    label: null,
    returned: true,
    periodSeconds: null,
  };
  const evaluator = createEvaluator(new Map([...queries, [id, query]]), history, context);
  const [series, ...more] = await evaluator.answer(id);
  if (series === undefined || more.length > 0) {
    throw new MathError('ANOMALY_DETECTION_BAND takes one series, not a list');
  }
  const label = expression.kind === 'reference' ? expression.id : 'band';
  const { upper, lower } = findBand({ ...series, label }, range, width, DETECTOR_KINDS[0]);
  return { kind: 'list', list: [upper, lower] };
}

/** A whole number of each query's period: the periods of the longer range must fall on those of the shorter one. */
function measureTraining(queries: ReadonlyMap<string, DataQuery>): number {
  let stepSeconds = 60;
  for (const { periodSeconds } of queries.values()) {
    if (periodSeconds !== null) stepSeconds = leastCommonMultiple(stepSeconds, periodSeconds);
  }
  return Math.floor(TRAINING_MS / 1000 / stepSeconds) * stepSeconds * 1000;
}

function leastCommonMultiple(a: number, b: number): number {
  let [divisor, rest] = [a, b];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return (a / divisor) * b;
}

function listCalls(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'call':
      return [expression.name, ...expression.args.flatMap(listCalls)];
    case 'negate':
      return listCalls(expression.operand);
    case 'binary':
      return [...listCalls(expression.left), ...listCalls(expression.right)];
    default:
      return [];
  }
}

/** For a query that stands alone, as an alarm's: what it gives must be one series. */
export function requireOne(series: readonly TimeSeries[], what: string): TimeSeries {
  const [one, ...more] = series;
  if (one === undefined || more.length > 0) {
    throw new CloudwatchError('InvalidParameterValue', `${what} must give one series, not ${series.length}.`);
  }
  return one;
}
