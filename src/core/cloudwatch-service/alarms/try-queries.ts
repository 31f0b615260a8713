/**
 * Tries the expressions of an alarm on made-up points when it is put: what can never give one series would leave the alarm
 * without a state for ever, and nobody would be notified.
 */
import { ComputedPoints } from '../math/computed-points.ts';
import { evaluateExpression, type MathScope } from '../math/evaluate.ts';
import { MathError, type MathValue, type TimeSeries } from '../math/values.ts';
import type { DataQuery } from '../metrics/data-query.ts';
import { refuseBandIn } from '../metrics/query-parts.ts';
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import type { TimeRange } from '../model/time-range.ts';
import type { AlarmRule } from './check-alarm.ts';

type TriedRule = Pick<AlarmRule, 'queries' | 'evaluated' | 'periodSeconds'>;

/** @throws CloudwatchError ValidationError, in AWS' words where AWS has some */
export async function tryQueries(rule: TriedRule): Promise<void> {
  try {
    const value = await new Trial(rule).resolve(rule.evaluated);
    if (value.kind === 'number') throw new MathError('the result is a number; a series is needed');
    if (value.kind === 'list' && value.list.length !== 1) {
      throw new MathError(`the result are ${value.list.length} series; an alarm takes one`);
    }
  } catch (error) {
    if (!(error instanceof MathError)) throw error;
    const message = `Invalid metrics list: ${error.message}`;
    throw new CloudwatchError('ValidationError', message, { cause: error });
  }
}

/** As in a request that reads as much as one may. */
const MAX_COMPUTED = 4_000_000;

class Trial {
  readonly #queries: AlarmRule['queries'];
  readonly #range: TimeRange;
  readonly #computed = new ComputedPoints(MAX_COMPUTED);
  /** By id: each query is tried once, however many others name it. */
  readonly #values = new Map<string, Promise<MathValue>>();

  constructor({ queries, periodSeconds }: TriedRule) {
    this.#queries = queries;
    this.#range = { startMs: 0, endMs: 2 * periodSeconds * 1000 };
  }

  resolve(id: string): Promise<MathValue> {
    const known = this.#values.get(id);
    if (known !== undefined) return known;
    const value = this.#evaluate(id);
    this.#values.set(id, value);
    return value;
  }

  async #evaluate(id: string): Promise<MathValue> {
    const query = this.#queries.get(id);
    if (query === undefined) throw new MathError(`no query has the Id ${id}`);
    if (query.kind === 'expression') return await evaluateExpression(query.expression, this.#scopeOf(query));
    return { kind: 'series', series: this.#makeUp(id, query.periodSeconds) };
  }

  #makeUp(label: string, periodSeconds: number): TimeSeries {
    const points = new Map<number, number>();
    for (let time = 0; time < this.#range.endMs; time += periodSeconds * 1000) points.set(time, 1);
    return { label, periodSeconds, points };
  }

  #scopeOf(query: Pick<DataQuery, 'periodSeconds'>): MathScope {
    const shortest = Math.min(60, ...[...this.#queries.values()].map((query) => query.periodSeconds ?? 60));
    return {
      range: this.#range,
      periodSeconds: query.periodSeconds ?? shortest,
      resolve: (id) => this.resolve(id),
      metrics: (part) => Promise.resolve({ kind: 'list', list: this.#listMetrics(part) }),
      search: () =>
        Promise.reject(new CloudwatchError('ValidationError', 'SEARCH is not supported on Metric Alarms.')),
      computed: this.#computed,
      band: async (expression) => {
        refuseBandIn(expression, this.#queries);
        const value = await evaluateExpression(expression, this.#scopeOf(query));
        if (value.kind !== 'series') throw new MathError('ANOMALY_DETECTION_BAND takes one series');
        return { kind: 'list', list: [value.series, value.series] };
      },
    };
  }

  #listMetrics(part: string): readonly TimeSeries[] {
    return [...this.#queries.values()].flatMap((query) =>
      query.kind === 'stat' && query.id.includes(part) ? [this.#makeUp(query.id, query.periodSeconds)] : [],
    );
  }
}
