/** Queries of series held in memory. */
import { Evaluator } from '../../../../src/core/prometheus/promql/evaluate.ts';
import type { Selector } from '../../../../src/core/prometheus/promql/expression.ts';
import { parseQuery } from '../../../../src/core/prometheus/promql/parse-query.ts';
import { QueryBudget } from '../../../../src/core/prometheus/promql/query-budget.ts';
import { sortLabels } from '../../../../src/core/prometheus/promql/series-labels.ts';
import { type RangeReduction, SeriesReader } from '../../../../src/core/prometheus/promql/series-reader.ts';
import { NewestSample, RangeWindow } from '../../../../src/core/prometheus/promql/step-reducers.ts';
import {
  createStepSeries,
  type Grid,
  type StepSeries,
} from '../../../../src/core/prometheus/promql/value.ts';

const STEP_MS = 60_000;
const LOOKBACK_MS = 30_000;

/** A sample a minute, `_` for none, by `name{label="value",…}`. */
export type Data = Readonly<Record<string, string>>;

class MemoryReader extends SeriesReader {
  readonly #data: Data;
  readonly #budget: QueryBudget;

  constructor(data: Data, budget: QueryBudget) {
    super({
      pool: { query: () => Promise.reject(new Error('nothing is stored')) } as never,
      budget,
      lookbackMs: 1,
    });
    this.#data = data;
    this.#budget = budget;
  }

  override readSteps(selector: Selector, reduce: RangeReduction | null, grid: Grid): Promise<StepSeries[]> {
    const found = Object.entries(this.#data).flatMap(([series, samples]) => {
      const labels = readLabels(series);
      if (!selector.matchers.every(({ label, matches }) => matches(labels.get(label) ?? ''))) return [];
      const result = createStepSeries(labels, grid);
      const options = {
        grid,
        spanMs: selector.rangeMs ?? LOOKBACK_MS,
        offsetMs: selector.offsetMs,
        series: result,
      };
      const reducer =
        reduce === null
          ? new NewestSample(options)
          : new RangeWindow({ ...options, ...reduce, budget: this.#budget });
      for (const [minute, text] of samples.split(' ').entries()) {
        if (text !== '_') reducer.add(minute * STEP_MS, Number(text.replace('Inf', 'Infinity')));
      }
      reducer.finish();
      return result.present.includes(1) ? [result] : [];
    });
    return Promise.resolve(found);
  }
}

function readLabels(series: string) {
  const [name = '', rest = ''] = series.split('{');
  const pairs = [...rest.matchAll(/(\w+)="([^"]*)"/g)].map(
    ([, key = '', value = '']) => [key, value] as const,
  );
  return sortLabels([['__name__', name], ...pairs]);
}

/** As the data is written: what each series has at each minute from 0 on. */
export async function ask(query: string, data: Data, minutes = 1): Promise<Data | string> {
  const grid = { startMs: 0, stepMs: STEP_MS, count: minutes };
  // Each query has its own: its time begins with it.
  const budget = new QueryBudget({ timeoutMs: 60_000 });
  const evaluator = new Evaluator({ reader: new MemoryReader(data, budget), budget, grid });
  const value = await evaluator.evaluate(parseQuery(query));
  if (value.type === 'scalar') return [...value.values].join(' ');
  return Object.fromEntries(
    value.series.map(({ labels, values, present }) => {
      const pairs = [...labels]
        .filter(([key]) => key !== '__name__')
        .map(([key, text]) => `${key}="${text}"`);
      const name = `${labels.get('__name__') ?? ''}{${pairs.join(',')}}`;
      return [name, [...values].map((one, step) => (present[step] === 1 ? String(one) : '_')).join(' ')];
    }),
  );
}
