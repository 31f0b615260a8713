/** count_values: a series for each value there is, how often at each step. */
import { groupSeries } from '../aggregate.ts';
import type { CountValuesExpression } from '../expression.ts';
import { LABEL_NAME } from '../functions/rewrite-labels.ts';
import { PromqlError } from '../promql-error.ts';
import { keyOf, sortLabels } from '../series-labels.ts';
import { createStepSeries, type Evaluation, type StepSeries } from '../value.ts';

export const COUNT_VALUES = 'count_values';

/** The value is in the place of a label that the series have already. @throws PromqlError */
export async function countValues(
  { label, grouping }: Pick<CountValuesExpression, 'label' | 'grouping'>,
  series: readonly StepSeries[],
  { grid, budget }: Evaluation,
): Promise<StepSeries[]> {
  if (!LABEL_NAME.test(label)) {
    throw new PromqlError('execution', `invalid label name in ${COUNT_VALUES}(): ${label.slice(0, 100)}`);
  }
  const found = new Map<string, StepSeries>();
  for (const { labels, members } of groupSeries(series, grouping)) {
    for (const { values, present } of members) {
      await budget.work(grid.count);
      for (const [step, value] of values.entries()) {
        if (present[step] !== 1) continue;
        const counted = sortLabels(new Map([...labels, [label, writeDecimal(value)]]));
        const key = keyOf(counted);
        let result = found.get(key);
        if (result === undefined) {
          budget.takePoints(grid.count);
          found.set(key, (result = createStepSeries(counted, grid)));
        }
        result.values[step] = (result.values[step] ?? 0) + 1;
        result.present[step] = 1;
      }
    }
  }
  return [...found.values()];
}

/** The shortest digits that mean the number, without an exponent: format 'f' of https://pkg.go.dev/strconv#FormatFloat */
export function writeDecimal(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const [significand = '', exponent = '0'] = value.toExponential().split('e');
  const sign = value < 0 ? '-' : '';
  const digits = significand.replace(/[-.]/g, '');
  const point = Number(exponent) + 1;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (digits.length <= point) return sign + digits.padEnd(point, '0');
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
