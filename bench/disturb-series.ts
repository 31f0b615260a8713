/** Disturbed copies of labelled sets: what both lose was fitted to the rows as they are. */
import { createRandom } from './nab-drop.ts';
import type { LabelledSeries } from './event-score.ts';
import { medianStep } from './labelled-set.ts';

export interface Disturbance {
  readonly name: string;
  /** Whether a row is kept. */
  readonly keeps?: (row: number, rows: number, random: () => number) => boolean;
  readonly shiftMs?: number;
  /** A row's value. @param spread the median step of the series */
  readonly change?: (value: number, random: () => number, spread: number) => number;
  /** A row's time, as a share of the step. */
  readonly jitter?: number;
}

export const DISTURBANCES: readonly Disturbance[] = [
  { name: 'one row in twenty lost', keeps: (_row, _rows, random) => random() >= 0.05 },
  { name: 'one row in five lost', keeps: (_row, _rows, random) => random() >= 0.2 },
  { name: 'every second row', keeps: (row) => row % 2 === 0 },
  { name: 'first tenth cut away', keeps: (row, rows) => row >= rows / 10 },
  { name: 'times shaken', jitter: 0.6 },
  {
    name: 'noise of half a step',
    change: (value, random, spread) => value + spread * (random() + random() - 1),
  },
  { name: 'values times a thousandth', change: (value) => value / 1000 },
  { name: 'upside down', change: (value) => -value },
  { name: 'clock moved by 7 h', shiftMs: 25_200_000 },
];

/** The rows that are left, with the labels of the rows they were. */
export function disturbSet(set: readonly LabelledSeries[], disturbance: Disturbance): LabelledSeries[] {
  return set.map((series, i) => disturb(series, disturbance, createRandom(i + 1)));
}

function disturb(series: LabelledSeries, disturbance: Disturbance, random: () => number): LabelledSeries {
  const { times, values, stepMs, incidents } = series;
  const steps = values
    .subarray(1)
    .map((value, row) => Math.abs(value - (values[row] ?? 0)))
    .sort();
  const spread = steps[steps.length >> 1] ?? 0;
  const kept: number[] = [];
  for (let row = 0; row < times.length; row++) {
    if (disturbance.keeps === undefined || disturbance.keeps(row, times.length, random)) kept.push(row);
  }
  const jitter = (disturbance.jitter ?? 0) * stepMs;
  const moved = Float64Array.from(
    kept,
    (row) => (times[row] ?? 0) + (disturbance.shiftMs ?? 0) + jitter * (random() - 0.5),
  );
  const changed = Float64Array.from(kept, (row) => {
    const value = values[row] ?? 0;
    return disturbance.change === undefined ? value : disturbance.change(value, random, spread);
  });
  const step = medianStep(moved);
  const first = kept.findIndex((row) => row >= series.firstRow);
  const firstRow = Math.max(first, Math.min(kept.length - 1, Math.max(200, Math.round(86_400_000 / step))));
  const left = kept.map((row) => incidents[row] ?? -1);
  const places = [...new Set(left.filter((incident, row) => incident >= 0 && row >= firstRow))];
  return {
    name: series.name,
    times: moved,
    values: changed,
    stepMs: step,
    firstRow,
    incidents: Int32Array.from(left, (incident) => (incident >= 0 ? places.indexOf(incident) : incident)),
    starts: places,
  };
}
