/** How the value is drawn: the line over its expected band, anomalous points on it, flags above. */
import uPlot from 'uplot';
import { classOf } from '../../parts/bar-height.ts';
import { formatTicks, shortenUnit } from '../../parts/format-number.ts';
import type { Zone } from '../../parts/preferences.ts';
import type { ChartColors } from './chart-colors.ts';
import type { Columns } from './columns.ts';
import type { Previous } from './use-previous.ts';

/** Something that happened at a time: an incident, an annotation, an alarm that would have been. */
export interface Flag {
  readonly timeMs: number;
  readonly kind: 'incident' | 'annotation' | 'preview';
  readonly text: string;
}

/** The same for all plots, or the times below each other were not the same. */
export const PADDING: uPlot.Padding = [10, 40, 0, 0];
/** Of the axes of plots below each other, in pixels: as wide as the longest label of them needs, once that was measured. */
export interface AxisWidth {
  pixels: number;
}

/** Room for -12.35 MB/s. */
export const AXIS_WIDTH = 88;
/** A longer unit stands beside the name of the metric alone, or labels were cut off. */
const MAX_UNIT_LENGTH = 4;
const DAY_SECONDS = 86_400;
const AXIS_FONT = '12px system-ui, sans-serif';
/** For a chart with little room. */
const COMPACT = {
  padding: [6, 8, 0, 0],
  axisWidth: 52,
  axisHeight: 30,
  font: '10px system-ui, sans-serif',
} as const;

/**
 * What uPlot is given for the columns.
 * @param previous what is drawn over them: its times are others
 */
export function arrangeValues(
  { times, values, expected, low, high, scores }: Columns,
  previous: Previous | null = null,
): uPlot.AlignedData {
  // What never was below nothing is not expected there either, however wide the band.
  const floor = values.every((value) => value === null || value >= 0) ? 0 : Number.NEGATIVE_INFINITY;
  const raise = (bound: number | null) => (bound === null ? null : Math.max(floor, bound));
  const only = (wanted: string) =>
    values.map((value, index) => (classOf(scores[index] ?? null) === wanted ? value : null));
  const own: uPlot.AlignedData = [
    [...times],
    high.map(raise),
    low.map(raise),
    [...expected],
    [...values],
    only('YELLOW'),
    only('RED'),
  ];
  if (previous === null) return [...own, times.map(() => null)];
  // A time only one of the two has is no gap of the other.
  return uPlot.join([own, [[...previous.times], [...previous.values]]]);
}

export function describeValuePlot(options: {
  readonly colors: ChartColors;
  readonly unit: string | null;
  readonly zone: Zone;
  readonly readFlags: () => readonly Flag[];
  /** Whether it has little room. */
  readonly isCompact?: boolean;
  /** Of its own when left out. */
  readonly axisWidth?: AxisWidth;
}): Pick<uPlot.Options, 'series' | 'bands' | 'axes' | 'scales' | 'hooks' | 'tzDate' | 'padding'> {
  const { colors, unit, zone, readFlags, isCompact = false, axisWidth = { pixels: 0 } } = options;
  const shown = isCompact || shortenUnit(unit).length > MAX_UNIT_LENGTH ? null : unit;
  const font = isCompact ? { font: COMPACT.font } : {};
  const dots = (color: string, size: number) => ({
    stroke: color,
    paths: () => null,
    // No rim: where every point is anomalous the rims would cover the line.
    points: { show: true, size, fill: color, stroke: color, width: 0 },
  });
  return {
    ...describeTime(zone),
    padding: isCompact ? [...COMPACT.padding] : PADDING,
    scales: { x: { time: true, auto: false }, y: { range: (_plot, min, max) => widen(min, max) } },
    series: [
      {},
      { label: 'high', width: 0, points: { show: false } },
      { label: 'low', width: 0, points: { show: false } },
      { label: 'expected', stroke: colors['ink-quiet'], width: 1, dash: [4, 4], points: { show: false } },
      { label: 'value', stroke: colors.value, width: 1.6, points: showAlone(colors.value) },
      { label: 'yellow', ...dots(colors.yellow, 7) },
      { label: 'red', ...dots(colors.red, 10) },
      { label: 'previous', stroke: colors.accent, width: 1.2, dash: [2, 3], points: { show: false } },
    ],
    bands: [{ series: [1, 2], fill: colors.band }],
    axes: [
      {
        ...describeAxis(colors),
        ...font,
        ...(isCompact ? { size: COMPACT.axisHeight } : {}),
        space: 80,
        values: (_plot, ticks, _axis, _space, step) => nameTicks(ticks, step, zone),
      },
      {
        ...describeAxis(colors),
        ...font,
        size: (plot, labels) => {
          const least = isCompact ? COMPACT.axisWidth : AXIS_WIDTH;
          axisWidth.pixels = Math.max(least, measureLabels(plot, labels));
          return axisWidth.pixels;
        },
        values: (_plot, ticks, _axis, _space, step) => formatTicks(ticks, shown, step),
      },
    ],
    hooks: { draw: [(plot) => drawFlags(plot, readFlags(), colors)] },
  };
}

/** The ticks and the space before the letters. */
const BESIDE_LABEL = 18;

/** @param labels null while there are none */
function measureLabels({ ctx }: uPlot, labels: readonly string[] | null): number {
  ctx.save();
  ctx.font = AXIS_FONT;
  const widths = (labels ?? []).map((label) => ctx.measureText(label).width);
  ctx.restore();
  return Math.ceil(Math.max(0, ...widths)) + BESIDE_LABEL;
}

/** A line has two ends: a value without a neighbour would not be seen. */
function showAlone(color: string): uPlot.Series.Points {
  return {
    show: true,
    size: 5,
    fill: color,
    width: 0,
    filter: ({ data }, series) => listAlone(data[series] ?? []),
  };
}

/** Where a value has a gap on both sides: null is one, and undefined a time of another series. */
export function listAlone(values: ArrayLike<number | null | undefined>): number[] {
  const own = Array.from(values, (value, index) => ({ value, index })).filter(
    ({ value }) => value !== undefined,
  );
  const isGap = (place: number) => own[place]?.value == null;
  return own
    .filter((_, place) => !isGap(place) && isGap(place - 1) && isGap(place + 1))
    .map(({ index }) => index);
}

export function describeTime(zone: Zone): Pick<uPlot.Options, 'tzDate'> {
  return {
    tzDate: (seconds) => {
      const date = new Date(seconds * 1000);
      return zone === 'UTC' ? uPlot.tzDate(date, 'Etc/UTC') : date;
    },
  };
}

export function describeAxis(colors: ChartColors): uPlot.Axis {
  return {
    stroke: colors['ink-quiet'],
    font: AXIS_FONT,
    grid: { stroke: colors.line, width: 1 },
    ticks: { stroke: colors.line, width: 1 },
  };
}

/**
 * Times of the day, and the day where it begins.
 * @param step from one to the next, in seconds: on a narrow screen there is one alone
 */
function nameTicks(ticks: readonly number[], step: number, zone: Zone): string[] {
  const options = { hourCycle: 'h23', ...(zone === 'UTC' ? { timeZone: 'UTC' } : {}) } as const;
  const clock = new Intl.DateTimeFormat(undefined, {
    ...options,
    hour: '2-digit',
    minute: '2-digit',
    ...(step < 60 ? { second: '2-digit' } : {}),
  });
  const day = new Intl.DateTimeFormat(undefined, {
    ...options,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
  });
  let before = '';
  const [first, second] = ticks;
  const isCrowded =
    first !== undefined && second !== undefined && day.format(first * 1000) !== day.format(second * 1000);
  return ticks.map((tick, index) => {
    const date = day.format(tick * 1000);
    const isNew = date !== before;
    before = date;
    if (step >= DAY_SECONDS) return date;
    // The day of the left end would lie under the one that begins right beside it.
    return isNew && !(index === 0 && isCrowded)
      ? `${clock.format(tick * 1000)}\n${date}`
      : clock.format(tick * 1000);
  });
}

/** A constant line lies in the middle; others touch neither edge. */
function widen(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const room = max === min ? Math.max(1, Math.abs(max) * 0.1) : (max - min) * 0.08;
  return [min >= 0 && min - room < 0 ? 0 : min - room, max + room];
}

function drawFlags(plot: uPlot, flags: readonly Flag[], colors: ChartColors): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  for (const { timeMs, kind } of flags) {
    const x = plot.valToPos(timeMs / 1000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const color = kind === 'incident' ? colors.red : kind === 'preview' ? colors.accent : colors.ink;
    ctx.strokeStyle = color;
    ctx.fillStyle = color;
    ctx.lineWidth = ratio;
    ctx.setLineDash(kind === 'annotation' ? [3 * ratio, 3 * ratio] : []);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x + 8 * ratio, bbox.top + 4 * ratio);
    ctx.lineTo(x, bbox.top + 8 * ratio);
    ctx.fill();
  }
  ctx.restore();
}
