/** The series of an answer as samples of one metric. Pure. */
import type { Sample } from '../../../model.ts';

export type SeriesLabels = Readonly<Record<string, string>>;

export interface RangeSeries {
  readonly labels: SeriesLabels;
  /** In the order of time; values may be NaN or infinite. */
  readonly samples: readonly Sample[];
}

export interface MergedSeries {
  /** In the order of time, finite. */
  readonly samples: readonly Sample[];
  /** Values left out because they are no finite numbers. */
  readonly notFinite: number;
  /** Values left out because their step has others. */
  readonly ambiguous: number;
  /** Those with a value at the newest step that has any: none, one, or too many. */
  readonly newest: readonly SeriesLabels[];
}

const MAX_SHOWN_SERIES = 3;
const MAX_SHOWN_LENGTH = 200;

/** A series that ends where another begins, such as that of a pod that was replaced, goes on as the same metric. */
export function mergeSeries(series: readonly RangeSeries[]): MergedSeries {
  const steps = new Map<number, number[]>();
  for (const { samples } of series) {
    for (const { timestampMs, value } of samples) {
      const values = steps.get(timestampMs);
      if (values === undefined) steps.set(timestampMs, [value]);
      else values.push(value);
    }
  }
  const samples: Sample[] = [];
  let [notFinite, ambiguous, newestMs] = [0, 0, -Infinity];
  for (const [timestampMs, [value, ...others]] of steps) {
    newestMs = Math.max(newestMs, timestampMs);
    if (value === undefined) continue;
    if (others.length > 0) ambiguous += 1 + others.length;
    else if (Number.isFinite(value)) samples.push({ timestampMs, value });
    else notFinite += 1;
  }
  const newest = series.filter((one) => one.samples.at(-1)?.timestampMs === newestMs);
  return {
    samples: samples.toSorted((a, b) => a.timestampMs - b.timestampMs),
    notFinite,
    ambiguous,
    newest: newest.map(({ labels }) => labels),
  };
}

/** How many there are, and the labels of the first, for a message. */
export function showSeries(series: readonly SeriesLabels[]): string {
  const shown = series.slice(0, MAX_SHOWN_SERIES).map(showLabels);
  return `${series.length}: ${shown.join(', ')}${series.length > MAX_SHOWN_SERIES ? ', …' : ''}`;
}

function showLabels({ __name__: name = '', ...labels }: SeriesLabels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const text = `${name}{${pairs.join(', ')}}`;
  return text.length <= MAX_SHOWN_LENGTH ? text : `${text.slice(0, MAX_SHOWN_LENGTH)}…`;
}
