/** Draws the axes of a time chart, and measures the room they take. */
import type { AxisSide, TimeChart } from './chart.ts';
import { formatNumber } from './format-number.ts';
import type { PlotArea, TimeScale, ValueScale } from './plot-scales.ts';
import { drawText, element, fitText, measureText, PALETTES } from './svg.ts';

const SIZE = 11;
const TICK_HEIGHT = 45;
const TICK_WIDTH = 75;
const TITLE_WIDTH = 18;
const DAY_MS = 86_400_000;

function listTicks(scale: ValueScale, { top, bottom }: PlotArea) {
  const ticks = scale.ticks(Math.max(2, Math.round((bottom - top) / TICK_HEIGHT)));
  const step = Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0)) || 1;
  const most = Math.max(...ticks.map(Math.abs));
  // As many digits as distinguish two neighbours.
  const digits = most === 0 ? 3 : Math.min(15, Math.max(3, Math.ceil(Math.log10(most / step)) + 2));
  return ticks.map((value) => ({ value, text: formatNumber(value, digits) }));
}

/** Pixels; of an axis nothing is drawn against, none. */
export function measureValueAxis(
  scale: ValueScale | null,
  side: AxisSide,
  area: PlotArea,
  chart: TimeChart,
): number {
  if (scale === null) return 0;
  const widest = Math.max(...listTicks(scale, area).map(({ text }) => measureText(text, SIZE)));
  return widest + 12 + (chart.axes[side].label === '' ? 0 : TITLE_WIDTH);
}

/** With the grid, if it is the left one. */
export function drawValueAxis(
  scale: ValueScale | null,
  side: AxisSide,
  area: PlotArea,
  chart: TimeChart,
): string {
  const isShown = side === 'left' ? area.left > 0 : area.right < chart.width;
  if (scale === null || !isShown) return '';
  const { grid, quiet } = PALETTES[chart.theme];
  const x = side === 'left' ? area.left - 6 : area.right + 6;
  const parts = listTicks(scale, area).map(({ value, text }) => {
    const y = scale(value);
    const anchor = side === 'left' ? 'end' : 'start';
    const rule = { x1: area.left, x2: area.right, y1: y, y2: y, stroke: grid };
    const label = drawText(text, x, y + SIZE / 3, { size: SIZE, color: quiet, anchor });
    return side === 'left' ? element('line', rule) + label : label;
  });
  return parts.join('') + drawAxisTitle(side, area, measureValueAxis(scale, side, area, chart), chart);
}

function drawAxisTitle(
  side: AxisSide,
  { right, top, bottom }: PlotArea,
  taken: number,
  chart: TimeChart,
): string {
  const label = fitText(chart.axes[side].label, SIZE, bottom - top);
  const x = side === 'left' ? 12 : right + taken - 6;
  const y = (top + bottom) / 2;
  const transform = `rotate(${side === 'left' ? -90 : 90} ${x} ${y})`;
  return drawText(label, x, y, {
    size: SIZE,
    color: PALETTES[chart.theme].quiet,
    anchor: 'middle',
    transform,
  });
}

/** Two at least, where the range has two of anything: a time by itself does not say how long the axis is. */
function listTimes(times: TimeScale, { left, right }: PlotArea): readonly Date[] {
  const wanted = Math.max(2, Math.round((right - left) / TICK_WIDTH));
  const counts = Array.from({ length: wanted }, (_, i) => wanted + i);
  const enough = counts.map((count) => times.ticks(count)).find(({ length }) => length >= 2);
  return enough ?? times.ticks(wanted);
}

export function drawTimeAxis(times: TimeScale, area: PlotArea, chart: TimeChart): string {
  if (area.left === 0) return '';
  const { quiet, grid } = PALETTES[chart.theme];
  const ticks = listTimes(times, area);
  const stepMs = (ticks[1]?.getTime() ?? DAY_MS) - (ticks[0]?.getTime() ?? 0);
  const labels = ticks.map((tick) =>
    drawText(formatTime(tick, stepMs), times(tick), area.bottom + 16, {
      size: SIZE,
      color: quiet,
      anchor: 'middle',
    }),
  );
  const marks = ticks.map((tick) => {
    const x = times(tick);
    return element('line', {
      x1: x,
      x2: x,
      y1: area.top,
      y2: area.bottom,
      stroke: grid,
      'stroke-dasharray': '1 3',
    });
  });
  return [...marks, ...labels].join('');
}

/** @param tick shifted by the offset of the chart: its UTC parts are what a clock there shows */
function formatTime(tick: Date, stepMs: number): string {
  const text = tick.toISOString();
  if (stepMs >= 28 * DAY_MS) return text.slice(0, 7);
  if (tick.getTime() % DAY_MS === 0) return text.slice(5, 10);
  return stepMs < 60_000 ? text.slice(11, 19) : text.slice(11, 16);
}
