/** The scales of a time chart: which value and which time stand where. */
import { scaleLinear, scaleUtc, type ScaleLinear, type ScaleTime } from 'd3-scale';
import type { AxisSide, ChartPoints, TimeChart } from './chart.ts';

/** Pixels. */
export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export type ValueScale = ScaleLinear<number, number>;
/** Of times shifted by the chart's offset, so that its ticks are whole hours of that zone. */
export type TimeScale = ScaleTime<number, number>;

/** Both edges of what each line covers: where lines are stacked, from the top of the one below. */
export interface LineShape {
  readonly timeMs: number;
  readonly from: number;
  readonly to: number;
}

/**
 * @returns the shape of each line. Stacked, every line has every time of its axis; one without a value there is as if
 * it were 0.
 */
export function shapeLines(chart: TimeChart): readonly (readonly LineShape[])[] {
  if (!chart.stacked) {
    return chart.lines.map(({ points }) => points.map(([timeMs, to]) => ({ timeMs, from: 0, to })));
  }
  const tops = { left: new Map<number, number>(), right: new Map<number, number>() };
  const times = { left: listTimes(chart, 'left'), right: listTimes(chart, 'right') };
  return chart.lines.map(({ axis, points }) => {
    const values = new Map(points);
    return times[axis].map((timeMs) => {
      const from = tops[axis].get(timeMs) ?? 0;
      const to = from + (values.get(timeMs) ?? 0);
      tops[axis].set(timeMs, to);
      return { timeMs, from, to };
    });
  });
}

function listTimes({ lines }: TimeChart, side: AxisSide): readonly number[] {
  const own = lines.filter(({ axis }) => axis === side);
  return [...new Set(own.flatMap(({ points }) => points.map(([timeMs]) => timeMs)))].sort((a, b) => a - b);
}

/** The length of an axis between values beyond this is no finite number. */
const MAX_VALUE = 1e300;

/** @returns null where nothing is drawn against this axis */
export function scaleValues(
  chart: TimeChart,
  shapes: readonly (readonly LineShape[])[],
  side: AxisSide,
  { top, bottom }: PlotArea,
): ValueScale | null {
  const isUsed = [...chart.lines, ...chart.bands, ...chart.horizontals].some(({ axis }) => axis === side);
  if (!isUsed && side === 'right') return null;
  const [low, high] = findExtent(chart, shapes, side);
  const { min, max } = chart.axes[side];
  const from = min ?? Math.min(low, max ?? low);
  const to = max ?? Math.max(high, min ?? high);
  const scale = scaleLinear().range([bottom, top]);
  // A single value, or a minimum above the maximum, is no range: it gets one around it.
  if (!(from < to)) {
    const room = Math.abs(from) * 0.1 || 1;
    return scale.domain([min ?? from - room, (min ?? from) + room]).nice(5);
  }
  if (min !== null && max !== null) return scale.domain([from, to]);
  const nice = scaleLinear().domain([from, to]).nice(5).domain();
  return scale.domain([min ?? nice[0] ?? from, max ?? nice[1] ?? to]);
}

function findExtent(
  chart: TimeChart,
  shapes: readonly (readonly LineShape[])[],
  side: AxisSide,
): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  const cover = (value: number | null) => {
    if (value === null || !Number.isFinite(value)) return;
    low = Math.max(-MAX_VALUE, Math.min(low, value));
    high = Math.min(MAX_VALUE, Math.max(high, value));
  };
  for (const [i, shape] of shapes.entries()) {
    if (chart.lines[i]?.axis !== side) continue;
    for (const { from, to } of shape) {
      cover(to);
      if (chart.stacked) cover(from);
    }
  }
  for (const { axis, lower, upper } of chart.bands) {
    if (axis === side) for (const [, value] of [...lower, ...upper]) cover(value);
  }
  for (const { axis, value, until } of chart.horizontals) {
    if (axis !== side) continue;
    cover(value);
    cover(until);
  }
  return low <= high ? [low, high] : [0, 1];
}

export function scaleTimes({ startMs, endMs, offsetMinutes }: TimeChart, area: PlotArea): TimeScale {
  const shift = offsetMinutes * 60_000;
  return scaleUtc()
    .domain([startMs + shift, endMs + shift])
    .range([area.left, area.right]);
}

/** Points within the range, and one on each side of it, so that lines reach the edges. */
export function cutPoints(points: ChartPoints, startMs: number, endMs: number): ChartPoints {
  return points.filter(([timeMs], i) => {
    const next = points[i + 1]?.[0] ?? timeMs;
    const previous = points[i - 1]?.[0] ?? timeMs;
    return next >= startMs && previous <= endMs;
  });
}
