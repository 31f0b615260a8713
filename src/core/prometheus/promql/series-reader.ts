/** Reads the samples of a selector, some metrics at a time, so that what is held is what they become and not they. */
import { nextParseSlot } from '../../../platform/bounded-input/parse-slot.ts';
import { findSamples, type Queryable } from '../../samples/find-samples.ts';
import type { StoredSample } from '../../samples/stored-sample.ts';
import type { Selector } from './expression.ts';
import { fitHeap } from '../../../platform/runtime/heap-share.ts';
import type { RangeReducer } from './functions/function-names.ts';
import { NumberList } from './math/number-list.ts';
import type { QueryBudget } from './query-budget.ts';
import { readMatchingMetrics } from './read-metric-labels.ts';
import { type ChosenSeries, listSeries } from './score-series.ts';
import { NewestSample, RangeWindow, type StepReducer } from './step-reducers.ts';
import { createStepSeries, type Grid, type SampleSeries, type StepSeries, timeOf } from './value.ts';

/** Metrics of one statement, and samples of all of them together: some 20 MB, or what a small heap has room for. */
const METRICS_AT_ONCE = 100;
const SAMPLES_AT_ONCE = fitHeap(50_000, 400);

/** Samples newer than `afterMs`, and not newer than `toMs`. */
interface Span {
  readonly afterMs: number;
  readonly toMs: number;
}

/** What becomes of the samples of a range. */
export interface RangeReduction {
  readonly name: RangeReducer;
  /** Of functions that take a number, at each step. */
  readonly parameters: Float64Array | null;
}

export class SeriesReader {
  readonly #pool: Queryable;
  readonly #budget: QueryBudget;
  readonly #lookbackMs: number;

  /** @param options.pool one account's, or everybody's */
  constructor(options: {
    readonly pool: Queryable;
    readonly budget: QueryBudget;
    readonly lookbackMs: number;
  }) {
    this.#pool = options.pool;
    this.#budget = options.budget;
    this.#lookbackMs = options.lookbackMs;
  }

  /**
   * @param reduce what becomes of the samples of a range, by a number at each step where the function takes one; null for the
   *   newest one within the lookback
   * @returns the series that have a value at one of the steps at least
   * @throws PromqlError where it is too much
   */
  async readSteps(selector: Selector, reduce: RangeReduction | null, grid: Grid): Promise<StepSeries[]> {
    const chosen = await this.#choose(selector, grid.count);
    const { offsetMs } = selector;
    const spanMs = selector.rangeMs ?? this.#lookbackMs;
    const found = chosen.map(({ labels }) => createStepSeries(labels, grid));
    const reducers = found.map((series): StepReducer => {
      const options = { grid, spanMs, offsetMs, series };
      return reduce === null
        ? new NewestSample(options)
        : new RangeWindow({ ...options, ...reduce, budget: this.#budget });
    });
    const span = {
      afterMs: grid.startMs - offsetMs - spanMs,
      toMs: timeOf(grid, grid.count - 1) - offsetMs,
    };
    await this.#readSamples(chosen, span, (index, timestampMs, value) =>
      reducers[index]?.add(timestampMs, value),
    );
    for (const reducer of reducers) {
      await this.#budget.work(grid.count);
      reducer.finish();
    }
    return found.filter(({ present }) => present.includes(1));
  }

  /** @returns the samples of a range, at one time @throws PromqlError where it is too much */
  async readRange(selector: Selector, atMs: number): Promise<readonly SampleSeries[]> {
    const chosen = await this.#choose(selector, 0);
    const found = chosen.map(({ labels }) => ({
      labels,
      timestampsMs: new NumberList(),
      values: new NumberList(),
    }));
    const toMs = atMs - selector.offsetMs;
    const span = { afterMs: toMs - (selector.rangeMs ?? this.#lookbackMs), toMs };
    await this.#readSamples(chosen, span, (index, timestampMs, value) => {
      this.#budget.takePoints(1);
      found[index]?.timestampsMs.push(timestampMs);
      found[index]?.values.push(value);
    });
    return found
      .filter(({ values }) => values.length > 0)
      .map(({ labels, timestampsMs, values }) => {
        return { labels, timestampsMs: timestampsMs.toArray(), values: values.toArray() };
      });
  }

  async #choose({ matchers }: Selector, steps: number): Promise<readonly ChosenSeries[]> {
    this.#budget.checkTime();
    const metrics = await readMatchingMetrics(this.#pool, matchers);
    const chosen = metrics.flatMap((metric) => listSeries(metric, matchers));
    this.#budget.takeSeries(chosen.length, steps);
    return chosen;
  }

  /** @param add is given each sample of each series, in the order of their times */
  async #readSamples(
    chosen: readonly ChosenSeries[],
    span: Span,
    add: (index: number, timestampMs: number, value: number) => void,
  ): Promise<void> {
    const byMetric = new Map<number, [index: number, chosen: ChosenSeries][]>();
    for (const [index, one] of chosen.entries()) {
      const known = byMetric.get(one.metricNumber);
      if (known === undefined) byMetric.set(one.metricNumber, [[index, one]]);
      else known.push([index, one]);
    }
    const isScored = chosen.every(({ series }) => !series.hasUnscored);
    const take = (sample: StoredSample) => {
      for (const [index, { series }] of byMetric.get(sample.metricNumber) ?? []) {
        const value = series.read(sample);
        if (value !== null) add(index, sample.timestampMs, value);
      }
    };
    const metrics = [...byMetric.keys()];
    for (let from = 0; from < metrics.length; from += METRICS_AT_ONCE) {
      await this.#readMetrics(metrics.slice(from, from + METRICS_AT_ONCE), span, isScored, take);
    }
  }

  async #readMetrics(
    metrics: readonly number[],
    { afterMs, toMs }: Span,
    isScored: boolean,
    take: (sample: StoredSample) => void,
  ): Promise<void> {
    const limit = Math.ceil(SAMPLES_AT_ONCE / metrics.length);
    let open = metrics.map((metricNumber) => ({ metricNumber, fromMs: afterMs + 1, toMs }));
    while (open.length > 0) {
      this.#budget.checkTime();
      const pages = await findSamples(this.#pool, open, { isScored }, { descending: false, limit });
      await nextParseSlot();
      const unread: typeof open = [];
      for (const [place, range] of open.entries()) {
        const page = pages[place] ?? [];
        this.#budget.takeRead(page.length);
        for (const sample of page) {
          take(sample);
          if (this.#budget.isPauseDue) await this.#budget.work(0);
        }
        const last = page.at(-1);
        if (last !== undefined && page.length === limit)
          unread.push({ ...range, fromMs: last.timestampMs + 1 });
      }
      open = unread;
    }
  }
}
