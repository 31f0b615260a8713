/** absent and absent_over_time: a series of ones where there is no other, by which an alert notices that something is gone. */
import type { Selector } from '../expression.ts';
import { NAME_LABEL } from '../parse-selector.ts';
import { type Labels, sortLabels } from '../series-labels.ts';
import { createStepSeries, type Grid, type StepSeries } from '../value.ts';

/** Labels the series would have: those the selector asks for by one value. */
export function listSelectedLabels({ matchers }: Pick<Selector, 'matchers'>): Labels {
  const labels = new Map<string, string>();
  const seen = new Set([NAME_LABEL]);
  for (const { label, operator, value } of matchers) {
    if (operator === '=' && !seen.has(label)) labels.set(label, value);
    // As in Prometheus, a second condition takes a value away.
    else labels.delete(label);
    if (operator === '=') seen.add(label);
  }
  return sortLabels([...labels].filter(([, value]) => value !== ''));
}

/** @returns one series at most */
export function findAbsent(series: readonly StepSeries[], labels: Labels, grid: Grid): readonly StepSeries[] {
  const absent = createStepSeries(labels, grid);
  for (let step = 0; step < grid.count; step += 1) {
    if (series.some(({ present }) => present[step] === 1)) continue;
    absent.values[step] = 1;
    absent.present[step] = 1;
  }
  return absent.present.includes(1) ? [absent] : [];
}
