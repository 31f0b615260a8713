/** Answers checked queries over one range, reading each metric once. */
import { DETECTOR_KINDS } from '../../../detector/detector-kinds.ts';
import { ComputedPoints } from '../math/computed-points.ts';
import { evaluateExpression, type MathScope } from '../math/evaluate.ts';
import type { Expression } from '../math/parse.ts';
import { listSeries, MathError, type MathValue, type TimeSeries } from '../math/values.ts';
import { nameAccount } from '../model/arn.ts';
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import type { EvaluationContext } from '../model/operation.ts';
import type { TimeRange } from '../model/time-range.ts';
import { hashSeries } from '../model/metric-name.ts';
import { readDetector } from '../store/read-detector.ts';
import { NO_CONFIGURATION, readConfiguration, type DetectorConfiguration } from './detector-configuration.ts';
import { PointBudget } from '../store/point-budget.ts';
import { askSeries } from '../store/read-buckets.ts';
import { readSeries, type SeriesQuestion } from '../store/read-series.ts';
import { findBand, measureTraining } from './band.ts';
import type { DataQuery, StatQuery } from './data-query.ts';
import { evaluateInsights } from './insights/evaluate-insights.ts';
import { findPeriod, findStats, refuseBandIn } from './query-parts.ts';
import { fillLabel, isDynamic, nameMetrics } from './labels.ts';
import { searchSeries } from './search.ts';

export interface EvaluatorOptions {
  /** East of UTC, of the times in labels. */
  readonly offsetMinutes?: number;
  /** Of the request this is a part of; a part has no more of its own. */
  readonly computed?: ComputedPoints;
}

/** Points expressions may make for each that may be read: a few steps over all of them. */
const COMPUTED_PER_HELD = 4;

export class QueryEvaluator {
  readonly #queries: ReadonlyMap<string, DataQuery>;
  readonly #range: TimeRange;
  readonly #context: EvaluationContext;
  readonly #offsetMinutes: number;
  readonly #defaultLabels: ReadonlyMap<string, string>;
  readonly #values = new Map<string, Promise<MathValue>>();
  readonly #notes = new Map<string, string>();
  readonly #messages = new Set<string>();
  readonly #budget: PointBudget;
  readonly #computed: ComputedPoints;

  constructor(
    queries: ReadonlyMap<string, DataQuery>,
    range: TimeRange,
    context: EvaluationContext,
    {
      offsetMinutes = 0,
      computed = new ComputedPoints(context.limits.heldPoints * COMPUTED_PER_HELD),
    }: EvaluatorOptions = {},
  ) {
    this.#queries = queries;
    this.#range = range;
    this.#context = context;
    this.#budget = new PointBudget(context.limits.heldPoints);
    this.#computed = computed;
    this.#offsetMinutes = offsetMinutes;
    this.#defaultLabels = nameMetrics(queries.values());
  }

  /** What the caller should know about the data of a metric, by query id. */
  get notes(): ReadonlyMap<string, string> {
    return this.#notes;
  }

  /** Codes of what was left out because there is too much of it. */
  get messages(): ReadonlySet<string> {
    return this.#messages;
  }

  /** Reads the metrics these queries need in one statement; what is not prefetched is read when needed. */
  async prefetch(ids: readonly string[]): Promise<void> {
    const stats = findStats(ids, this.#queries).filter((stat) => !this.#values.has(stat.id));
    if (stats.length === 0) return;
    const found = await this.#explain(stats[0]?.id ?? '', () => this.#readStats(stats));
    for (const [i, stat] of stats.entries()) {
      const value = found[i];
      if (value !== undefined) this.#values.set(stat.id, Promise.resolve(value));
    }
  }

  /** @throws CloudwatchError when the query's parts do not fit together, or it gives a number */
  async answer(id: string): Promise<readonly TimeSeries[]> {
    return await this.#explain(id, async () => {
      const value = await this.#resolve(id);
      if (value.kind === 'number') throw new MathError('The result is a number; a series is needed');
      return this.#label(id, value);
    });
  }

  async #explain<T>(id: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof MathError)) throw error;
      const message = `Error in expression '${id}': ${error.message}`;
      throw new CloudwatchError('InvalidParameterValue', message, { cause: error });
    }
  }

  #resolve(id: string): Promise<MathValue> {
    const known = this.#values.get(id);
    if (known !== undefined) return known;
    const query = this.#queries.get(id);
    if (query === undefined) return Promise.reject(new MathError(`no query has the Id ${id}`));
    const value = this.#evaluate(query);
    this.#values.set(id, value);
    return value;
  }

  async #evaluate(query: DataQuery): Promise<MathValue> {
    switch (query.kind) {
      case 'stat': {
        const [first] = await this.#readStats([query]);
        return first ?? { kind: 'list', list: [] };
      }
      case 'insights': {
        const { select, periodSeconds } = query;
        const { series, messages } = await evaluateInsights(
          select,
          periodSeconds,
          this.#range,
          this.#context,
          this.#budget,
        );
        for (const message of messages) this.#messages.add(message);
        const [only] = series;
        const isOne = select.groupBy.length === 0 && only !== undefined;
        return this.#computed.pass(isOne ? { kind: 'series', series: only } : { kind: 'list', list: series });
      }
      case 'expression':
        return await evaluateExpression(query.expression, this.#scopeOf(query.periodSeconds));
    }
  }

  async #readStats(stats: readonly StatQuery[]): Promise<readonly MathValue[]> {
    const found = await readSeries(
      this.#context.pool,
      stats.map((stat) => this.#askFor(stat)),
      this.#budget,
    );
    return found.map(({ series, note }, i) => {
      const id = stats[i]?.id;
      if (note !== null && id !== undefined) this.#notes.set(id, note);
      return this.#computed.pass({ kind: 'series', series });
    });
  }

  #askFor({ id, series, stat, statistic, periodSeconds, unit }: StatQuery): SeriesQuestion {
    return {
      ...askSeries(series, this.#context.accountId, this.#range, periodSeconds, unit),
      statistic,
      label: this.#defaultLabels.get(id) ?? series.metricName,
      metric: { ...series, stat },
    };
  }

  /**
   * A label with dynamic parts is filled in for each series. A plain one names a single series, and stands before the
   * labels of several. An expression without a label is called by its id.
   */
  #label(id: string, value: Exclude<MathValue, { readonly kind: 'number' }>): readonly TimeSeries[] {
    const query = this.#queries.get(id);
    const label = query?.label ?? null;
    const isComputed = value.kind === 'series' && query?.kind === 'expression';
    const list = isComputed ? [{ ...value.series, label: id }] : listSeries(value);
    if (label === null) return list;
    if (!isDynamic(label)) {
      const isOne = list.length === 1;
      return list.map((series) => ({ ...series, label: isOne ? label : `${label} ${series.label}` }));
    }
    const { accountId, now, region = '' } = this.#context;
    const context = {
      account: nameAccount(accountId),
      region,
      offsetMinutes: this.#offsetMinutes,
      nowMs: now().getTime(),
    };
    return list.map((series) => ({ ...series, label: fillLabel(label, series, context) }));
  }

  #scopeOf(periodSeconds: number | null): MathScope {
    const range = this.#range;
    return {
      range,
      periodSeconds: periodSeconds ?? findPeriod(this.#queries),
      resolve: (id) => this.#resolve(id),
      metrics: async (part) => {
        const ids = [...this.#queries.values()].filter(
          ({ kind, id }) => kind === 'stat' && id.includes(part),
        );
        const found = await Promise.all(ids.map(({ id }) => this.#resolve(id)));
        return { kind: 'list', list: found.flatMap(listSeries) };
      },
      search: async (text, statistic, period) => {
        const asked = {
          text,
          statistic,
          periodSeconds: period ?? periodSeconds ?? findPeriod(this.#queries),
        };
        const { series, isCut } = await searchSeries(asked, range, this.#context, this.#budget);
        if (isCut) this.#messages.add('MaxMetricsExceeded');
        return this.#computed.pass({ kind: 'list', list: series });
      },
      computed: this.#computed,
      band: (expression, width) => this.#findBand(expression, width),
    };
  }

  /** Evaluates the expression again over a range that begins earlier, and lets the detector learn from that. */
  async #findBand(expression: Expression, width: number): Promise<MathValue> {
    refuseBandIn(expression, this.#queries);
    const { startMs, endMs } = this.#range;
    const history = { startMs: startMs - measureTraining(this.#queries), endMs };
    // No query can have this id.
    const id = 'BAND_INPUT';
    const base = { id, label: null, returned: true, periodSeconds: null };
    const query: DataQuery = { ...base, kind: 'expression', expression };
    const evaluator = new QueryEvaluator(new Map([...this.#queries, [id, query]]), history, this.#context, {
      computed: this.#computed,
    });
    const [series, ...more] = await evaluator.answer(id);
    if (series === undefined || more.length > 0) {
      throw new MathError('ANOMALY_DETECTION_BAND takes one series, not a list');
    }
    this.#computed.count(series.points.size);
    const label = expression.kind === 'reference' ? expression.id : 'band';
    const configuration = await this.#readConfiguration(expression);
    const { upper, lower } = findBand(
      { ...series, label },
      this.#range,
      width,
      DETECTOR_KINDS[0],
      configuration,
    );
    return { kind: 'list', list: [upper, lower] };
  }

  /** Of the anomaly detector of the metric, where the band is of a metric that has one. */
  async #readConfiguration(expression: Expression): Promise<DetectorConfiguration> {
    const query = expression.kind === 'reference' ? this.#queries.get(expression.id) : undefined;
    if (query?.kind !== 'stat') return NO_CONFIGURATION;
    const hash = hashSeries(this.#context.accountId, query.series);
    return readConfiguration(await readDetector(this.#context.pool, hash, query.stat));
  }
}
