/**
 * How well scores find labelled incidents. An incident is found when an alarm lies between 3 rows before it and 10 rows
 * after it. Alarms outside all incidents, closer than max(12 rows, 1 h) to the one before, are one false alarm.
 *
 * Average precision is the area under precision over recall while one threshold sinks over all series. A run of alarms
 * counts as one false alarm however long it is, so scores have to be sparse: one that is never 0 alarms always, at
 * the lowest threshold, and that would be worth 0.7 and more.
 */
export interface LabelledSeries {
  readonly name: string;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly stepMs: number;
  /** Earlier rows do not count: the model learns, or nothing is labelled. */
  readonly firstRow: number;
  /** The incident of each row: its place in `starts`, -1 for none, -2 for one that began before the first row. */
  readonly incidents: Int32Array;
  readonly starts: readonly number[];
}

const ROWS_BEFORE = 3;
const ROWS_AFTER = 10;
const HOUR_MS = 3_600_000;
const WEEK_MS = 604_800_000;
const THRESHOLD_STEP = 1.12;

/** @param labels rows of the first and the last point of each incident, in order */
export function markIncidents(
  rows: number,
  firstRow: number,
  labels: readonly (readonly [number, number])[],
): Pick<LabelledSeries, 'incidents' | 'starts'> {
  const incidents = new Int32Array(rows).fill(-1);
  const starts: number[] = [];
  let end = -1;
  for (const [from, until] of labels) {
    if (from < firstRow) continue;
    const first = Math.max(end + 1, firstRow, from - ROWS_BEFORE);
    const last = Math.min(rows - 1, until + ROWS_AFTER);
    if (last < first) continue;
    incidents.fill(starts.length, first, last + 1);
    starts.push(from);
    end = last;
  }
  for (const [from, until] of labels) {
    if (from >= firstRow) continue;
    for (let row = from; row <= Math.min(rows - 1, until + ROWS_AFTER); row++) {
      if (incidents[row] === -1) incidents[row] = -2;
    }
  }
  return { incidents, starts };
}

export interface Counts {
  readonly found: number;
  readonly incidents: number;
  readonly falseAlarms: number;
  readonly falsePerWeek: number;
}

/** What alarms at a threshold find. @param scores one array a series, as long as it */
export function countAt(
  set: readonly LabelledSeries[],
  scores: readonly Float64Array[],
  threshold: number,
): Counts {
  let found = 0;
  let falseAlarms = 0;
  let weeks = 0;
  for (const [i, series] of set.entries()) {
    const own = countSeries(series, scores[i] ?? new Float64Array(), threshold);
    found += own.found;
    falseAlarms += own.falseAlarms;
    weeks += ((series.times.length - series.firstRow) * series.stepMs) / WEEK_MS;
  }
  const incidents = set.reduce((sum, { starts }) => sum + starts.length, 0);
  return { found, incidents, falseAlarms, falsePerWeek: falseAlarms / weeks };
}

function countSeries(
  series: LabelledSeries,
  scores: Float64Array,
  threshold: number,
): { found: number; falseAlarms: number } {
  const rest = Math.max(12, Math.round(HOUR_MS / series.stepMs));
  const hit = new Set<number>();
  let falseAlarms = 0;
  let last = -Infinity;
  for (let row = series.firstRow; row < series.times.length; row++) {
    const score = scores[row] ?? 0;
    if (score === 0 || score < threshold) continue;
    const incident = series.incidents[row] ?? -1;
    if (incident >= 0) hit.add(incident);
    else if (incident === -1 && row - last > rest) falseAlarms += 1;
    last = row;
  }
  return { found: hit.size, falseAlarms };
}

export function averagePrecision(set: readonly LabelledSeries[], scores: readonly Float64Array[]): number {
  const positive = set.flatMap(({ firstRow }, i) =>
    [...(scores[i]?.subarray(firstRow) ?? [])].filter((score) => score > 0),
  );
  const sorted = Float64Array.from(positive).sort().reverse();
  const thresholds = new Set<number>();
  for (let rank = 1; rank < sorted.length; rank = Math.ceil(rank * THRESHOLD_STEP))
    thresholds.add(sorted[rank - 1] ?? 0);
  if (sorted.length > 0) thresholds.add(sorted[sorted.length - 1] ?? 0);
  const curve = [...thresholds].map((threshold) => {
    const { found, incidents, falseAlarms } = countAt(set, scores, threshold);
    return { recall: found / incidents, precision: found / Math.max(1, found + falseAlarms) };
  });
  curve.sort((a, b) => b.recall - a.recall || a.precision - b.precision);
  let area = 0;
  let best = 0;
  for (const [i, { recall, precision }] of curve.entries()) {
    best = Math.max(best, precision);
    area += (recall - (curve[i + 1]?.recall ?? 0)) * best;
  }
  return area;
}
