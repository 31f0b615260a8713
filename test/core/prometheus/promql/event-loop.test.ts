import { expect, it } from 'vitest';
import { aggregate } from '../../../../src/core/prometheus/promql/aggregate.ts';
import { combine } from '../../../../src/core/prometheus/promql/binary.ts';
import { PromqlError } from '../../../../src/core/prometheus/promql/promql-error.ts';
import { QueryBudget } from '../../../../src/core/prometheus/promql/query-budget.ts';
import {
  createStepSeries,
  type Evaluation,
  type StepSeries,
} from '../../../../src/core/prometheus/promql/value.ts';
import {
  replaceLabel,
  rewriteSeries,
} from '../../../../src/core/prometheus/promql/functions/rewrite-labels.ts';
import { ask } from './memory-queries.ts';
import { countRounds } from '../../../helpers/count-rounds.ts';

const grid = { startMs: 0, stepMs: 1000, count: 2000 };
const ALL = { labels: [], isExcluded: false };
const NAMES = { labels: [], isExcluded: true };

/** A million points. */
function makeSeries(): readonly StepSeries[] {
  return Array.from({ length: 500 }, (_, index) => {
    const series = createStepSeries(new Map([['metric', `m${index}`]]), grid);
    return {
      ...series,
      values: series.values.map((_value, step) => (index * 7919 + step) % 1000),
      present: series.present.fill(1),
    };
  });
}

const PARTS: Readonly<Record<string, (evaluation: Evaluation) => Promise<unknown>>> = {
  sum: (evaluation) => aggregate({ operator: 'sum', grouping: ALL }, makeSeries(), null, evaluation),
  topk: (evaluation) =>
    aggregate(
      { operator: 'topk', grouping: ALL },
      makeSeries(),
      new Float64Array(grid.count).fill(3),
      evaluation,
    ),
  ...Object.fromEntries(
    (['+', '>', 'and', 'or', 'unless'] as const).map((operator) => [
      operator,
      (evaluation: Evaluation) =>
        combine(
          { operator, isBool: false, matching: NAMES, grouping: null },
          { type: 'vector', series: makeSeries() },
          { type: 'vector', series: makeSeries() },
          evaluation,
        ),
    ]),
  ),
  group_left: (evaluation) =>
    combine(
      { operator: '+', isBool: false, matching: NAMES, grouping: { many: 'left', labels: [] } },
      { type: 'vector', series: makeSeries() },
      { type: 'vector', series: makeSeries() },
      evaluation,
    ),
  label_replace: (evaluation) =>
    rewriteSeries(makeSeries(), replaceLabel('a', '$1', 'host', '(.*)'), evaluation.budget),
};

it.each(Object.keys(PARTS))(
  '%s of a million points gives others the event loop again and again',
  async (name) => {
    const rounds = await countRounds(async () =>
      PARTS[name]?.({ grid, budget: new QueryBudget({ timeoutMs: 60_000 }) }),
    );
    expect(rounds).toBeGreaterThanOrEqual(4);
  },
);

it('a subquery of many steps gives others the event loop between its operations', async () => {
  const query = `sum_over_time(vector(1${' + 1'.repeat(90)})[200000s:1s])`;
  const rounds = await countRounds(async () => {
    expect(await ask(query, {})).toEqual({ '{}': String(91 * 200_000) });
  });
  expect(rounds).toBeGreaterThanOrEqual(90);
});

it('a query nobody waits for any more ends in the midst of its work', async () => {
  const gone = new AbortController();
  const running = PARTS.topk?.({ grid, budget: new QueryBudget({ timeoutMs: 60_000, signal: gone.signal }) });
  gone.abort();
  await expect(running).rejects.toThrow(PromqlError);
});
