/** A quantile of each histogram whose buckets are among some series, step by step. */
import { chooseLabels } from './aggregate.ts';
import { type Bucket, findHistogramQuantile } from './math/quantile.ts';
import { keyOf, type Labels } from './series-labels.ts';
import { createStepSeries, type Evaluation, type StepSeries } from './value.ts';

/** The upper bound of a bucket; series without it, or with one that is no number, are of no histogram. */
const BOUND_LABEL = 'le';

interface Histogram {
  readonly labels: Labels;
  readonly buckets: { readonly bound: number; readonly series: StepSeries }[];
}

/** @param quantiles one for each step */
export async function joinHistograms(
  quantiles: Float64Array,
  series: readonly StepSeries[],
  { grid, budget }: Evaluation,
): Promise<readonly StepSeries[]> {
  const found: StepSeries[] = [];
  const histograms = groupBuckets(series);
  budget.takePoints(histograms.length * grid.count);
  for (const { labels, buckets } of histograms) {
    const result = createStepSeries(labels, grid);
    await budget.work(grid.count * buckets.length);
    for (let step = 0; step < grid.count; step += 1) {
      const there: Bucket[] = buckets.flatMap(({ bound, series: { values, present } }) =>
        present[step] === 1 ? [{ bound, count: values[step] ?? NaN }] : [],
      );
      if (there.length === 0) continue;
      result.values[step] = findHistogramQuantile(quantiles[step] ?? NaN, there);
      result.present[step] = 1;
    }
    found.push(result);
  }
  return found.filter(({ present }) => present.includes(1));
}

function groupBuckets(series: readonly StepSeries[]): readonly Histogram[] {
  const histograms = new Map<string, Histogram>();
  for (const one of series) {
    const bound = parseBound(one.labels.get(BOUND_LABEL));
    if (bound === null) continue;
    const labels = chooseLabels(one.labels, { labels: [BOUND_LABEL], isExcluded: true });
    const key = keyOf(labels);
    const histogram = histograms.get(key) ?? { labels, buckets: [] };
    histograms.set(key, histogram);
    histogram.buckets.push({ bound, series: one });
  }
  return [...histograms.values()];
}

/** As Go reads numbers: +Inf is one. */
function parseBound(text: string | undefined): number | null {
  if (text === undefined || text.trim() === '') return null;
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinity !== null) return infinity[1] === '-' ? -Infinity : Infinity;
  const bound = Number(text);
  return Number.isNaN(bound) ? null : bound;
}
