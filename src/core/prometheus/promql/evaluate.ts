/** Evaluates a query at all its steps at once, from its parts up. */
import { aggregate, sortSeries } from './aggregate.ts';
import { combine, dropNames } from './binary.ts';
import { joinHistograms } from './join-histograms.ts';
import { type Expression, isOneOf, type Selector, type Subquery, typeOf } from './expression.ts';
import { countValues } from './operators/count-values.ts';
import { applyAtModifier } from './operators/at-modifier.ts';
import { reduceSubquery, sampleSubquery } from './operators/evaluate-subquery.ts';
import { DATE_FUNCTIONS, readDatePart } from './functions/date-functions.ts';
import { type MapValue, VALUE_MAPS } from './functions/value-maps.ts';
import { findAbsent } from './functions/find-absent.ts';
import { rewriteSeries } from './functions/rewrite-labels.ts';
import { PromqlError } from './promql-error.ts';
import type { QueryBudget } from './query-budget.ts';
import type { SeriesReader } from './series-reader.ts';
import {
  createStepSeries,
  type Evaluation,
  type Grid,
  type SampleSeries,
  type StepSeries,
  timeOf,
  type Value,
} from './value.ts';

export class Evaluator {
  readonly #reader: SeriesReader;
  readonly #budget: QueryBudget;
  readonly #grid: Grid;
  readonly #evaluation: Evaluation;
  readonly #query: Grid;

  /** @param options.query the steps of the whole query, where this is a part of it with steps of its own */
  constructor(options: {
    readonly reader: SeriesReader;
    readonly budget: QueryBudget;
    readonly grid: Grid;
    readonly query?: Grid;
  }) {
    this.#reader = options.reader;
    this.#budget = options.budget;
    this.#grid = options.grid;
    this.#query = options.query ?? options.grid;
    this.#evaluation = options;
  }

  /** @param expression one that gives numbers or instant vectors @throws PromqlError */
  async evaluate(expression: Expression): Promise<Value> {
    this.#budget.checkTime();
    await this.#budget.work(this.#grid.count);
    switch (expression.kind) {
      case 'number':
        return this.#scalar(() => expression.value);
      case 'time':
        return this.#scalar((step) => timeOf(this.#grid, step) / 1000);
      case 'selector':
        if (expression.at !== null) return this.#evaluateOnce(this.#applyAt(expression));
        return vector(await this.#reader.readSteps(expression, null, this.#grid));
      case 'timestamp':
        return this.#readTimes(expression.operand);
      case 'range': {
        const { name, selector, parameter } = expression;
        if (selector.at !== null)
          return this.#evaluateOnce({ ...expression, selector: this.#applyAt(selector) });
        const parameters = parameter === null ? null : await this.#evaluateNumbers(parameter);
        const series =
          selector.kind === 'selector'
            ? await this.#reader.readSteps(selector, { name, parameters }, this.#grid)
            : await reduceSubquery(
                selector,
                { name, parameters },
                this.#evaluateAt(selector),
                this.#evaluation,
              );
        return vector(name === 'last_over_time' ? series : dropNames(series));
      }
      case 'vector':
        return vector([this.#toSeries(await this.evaluate(expression.operand))]);
      case 'scalar':
        return this.#toScalar(await this.evaluate(expression.operand));
      case 'negate':
        return this.#map(await this.evaluate(expression.operand), (value) => -value);
      case 'map':
        return this.#mapBy(expression);
      case 'labels': {
        const operand = await this.#evaluateVector(expression.operand);
        this.#budget.takePoints(operand.length * this.#grid.count);
        return vector(await rewriteSeries(operand, expression.rewrite, this.#budget));
      }
      case 'absent':
        return vector(
          findAbsent(await this.#evaluateVector(expression.operand), expression.labels, this.#grid),
        );
      case 'sort':
        return vector(sortSeries(await this.#evaluateVector(expression.operand), expression, this.#grid));
      case 'histogram': {
        const quantiles = await this.#evaluateNumbers(expression.quantile);
        const operand = await this.#evaluateVector(expression.operand);
        return vector(await joinHistograms(quantiles, operand, this.#evaluation));
      }
      case 'aggregate': {
        const operand = await this.#evaluateVector(expression.operand);
        const { parameter } = expression;
        const values = parameter === null ? null : await this.#evaluateNumbers(parameter);
        this.#budget.takePoints(values === null ? 0 : operand.length * this.#grid.count);
        return vector(await aggregate(expression, operand, values, this.#evaluation));
      }
      case 'countValues': {
        const operand = await this.#evaluateVector(expression.operand);
        return vector(await countValues(expression, operand, this.#evaluation));
      }
      case 'binary': {
        const left = await this.evaluate(expression.left);
        const right = await this.evaluate(expression.right);
        const result = await combine(expression, left, right, this.#evaluation);
        if (result.type === 'vector') this.#budget.takePoints(result.series.length * this.#grid.count);
        return result;
      }
      case 'subquery':
      case 'string':
        throw new PromqlError(
          'bad_data',
          `expected type scalar or instant vector, got ${typeOf(expression)}`,
        );
    }
  }

  /** A subquery by itself, at the one time that is asked for. @throws PromqlError */
  evaluateSubquery(subquery: Subquery): Promise<readonly SampleSeries[]> {
    return sampleSubquery(this.#applyAt(subquery), this.#evaluateAt(subquery), this.#grid);
  }

  #evaluateAt({ operand }: Subquery): (grid: Grid) => Promise<readonly StepSeries[]> {
    return (grid) => this.#withGrid(grid).#evaluateVector(operand);
  }

  #withGrid(grid: Grid): Evaluator {
    return new Evaluator({ reader: this.#reader, budget: this.#budget, grid, query: this.#query });
  }

  #applyAt<Of extends Selector | Subquery>(of: Of): Of {
    return applyAtModifier(of, this.#grid, this.#query);
  }

  /** What is fixed in time is the same at each step: it is evaluated at the first one, as Prometheus does. */
  async #evaluateOnce(expression: Expression): Promise<Value> {
    const { count } = this.#grid;
    const once = await this.#withGrid({ ...this.#grid, count: 1 }).#evaluateVector(expression);
    this.#budget.takePoints(once.length * count);
    await this.#budget.work(once.length * count);
    return vector(
      once.map(({ labels, values, present }) => ({
        labels,
        values: new Float64Array(count).fill(values[0] ?? NaN),
        present: new Uint8Array(count).fill(present[0] ?? 0),
      })),
    );
  }

  /** Of a selector the times of its samples; what is computed is of its step. */
  async #readTimes(operand: Expression): Promise<Value> {
    if (operand.kind !== 'selector') {
      return this.#map(await this.evaluate(operand), (_, step) => timeOf(this.#grid, step) / 1000);
    }
    if (operand.at !== null)
      return this.#evaluateOnce({ kind: 'timestamp', operand: this.#applyAt(operand) });
    const times = { name: 'timestamp', parameters: null } as const;
    return vector(dropNames(await this.#reader.readSteps(operand, times, this.#grid)));
  }

  async #evaluateVector(expression: Expression): Promise<readonly StepSeries[]> {
    const value = await this.evaluate(expression);
    return value.type === 'vector' ? value.series : [];
  }

  /** @param expression one that gives numbers */
  async #evaluateNumbers(expression: Expression): Promise<Float64Array> {
    const value = await this.evaluate(expression);
    return value.type === 'scalar' ? value.values : new Float64Array(this.#grid.count).fill(NaN);
  }

  #scalar(valueAt: (step: number) => number): Value {
    return { type: 'scalar', values: new Float64Array(this.#grid.count).map((_, step) => valueAt(step)) };
  }

  #toSeries(value: Value): StepSeries {
    const series = createStepSeries(new Map(), this.#grid);
    if (value.type === 'scalar') series.values.set(value.values);
    series.present.fill(1);
    return series;
  }

  /** NaN at steps at which there is not exactly one series. */
  #toScalar(value: Value): Value {
    if (value.type === 'scalar') return value;
    return this.#scalar((step) => {
      const there = value.series.filter(({ present }) => present[step] === 1);
      return there.length === 1 ? (there[0]?.values[step] ?? NaN) : NaN;
    });
  }

  async #mapBy({ name, operand, parameters }: Extract<Expression, { kind: 'map' }>): Promise<Value> {
    const numbers: Float64Array[] = [];
    for (const parameter of parameters) numbers.push(await this.#evaluateNumbers(parameter));
    const value = await this.evaluate(operand);
    const parametersAt = Array.from({ length: this.#grid.count }, (_, step) =>
      numbers.map((values) => values[step] ?? NaN),
    );
    const apply: MapValue = isOneOf(DATE_FUNCTIONS, name)
      ? (one) => readDatePart(name, one)
      : VALUE_MAPS[name];
    const mapped = await this.#map(value, (one, step) => apply(one, parametersAt[step] ?? []));
    if (name !== 'clamp' || mapped.type === 'scalar') return mapped;
    // Nothing lies between a bound and one below it.
    const isEmpty = parametersAt.map(([low = NaN, high = NaN]) => high < low);
    const kept = mapped.series.map((series) => ({
      ...series,
      present: series.present.map((present, step) => (isEmpty[step] === true ? 0 : present)),
    }));
    return vector(kept.filter(({ present }) => present.includes(1)));
  }

  async #map(value: Value, apply: (value: number, step: number) => number): Promise<Value> {
    if (value.type === 'scalar') return { type: 'scalar', values: value.values.map(apply) };
    this.#budget.takePoints(value.series.length * this.#grid.count);
    const series: StepSeries[] = [];
    for (const one of dropNames(value.series)) {
      await this.#budget.work(this.#grid.count);
      series.push({ ...one, values: one.values.map(apply) });
    }
    return vector(series);
  }
}

function vector(series: readonly StepSeries[]): Value {
  return { type: 'vector', series };
}
