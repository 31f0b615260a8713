/** Draws lines, bands and marks over time. */
import { area, line } from 'd3-shape';
import type { AxisSide, ChartBand, HorizontalMark, TimeChart, VerticalMark } from './chart.ts';
import { drawTimeAxis, drawValueAxis, measureValueAxis } from './draw-axes.ts';
import { drawLegend, placeLegend, type Legend } from './draw-legend.ts';
import { drawTitle, measureTitle } from './draw-title.ts';
import {
  cutPoints,
  scaleTimes,
  scaleValues,
  shapeLines,
  type LineShape,
  type PlotArea,
  type TimeScale,
  type ValueScale,
} from './plot-scales.ts';
import { drawPicture, drawText, element, fitText, measureText, PALETTES } from './svg.ts';

/** What every part of the plot is drawn with. */
interface Plot {
  readonly chart: TimeChart;
  readonly area: PlotArea;
  readonly time: (timeMs: number) => number;
  readonly scales: Readonly<Record<AxisSide, ValueScale | null>>;
}

const MARK_SIZE = 11;
const CLIP = 'plot';

/** @returns SVG, `width` by `height` pixels. A chart too small for axes is drawn without them. */
export function drawTimeChart(given: TimeChart): string {
  const chart = keepRange(given);
  const legend = placeLegend(chart);
  const shapes = shapeLines(chart);
  const area = measureArea(chart, shapes, legend);
  const scaleOf = (side: AxisSide) => scaleValues(chart, shapes, side, area);
  const scales = { left: scaleOf('left'), right: scaleOf('right') };
  const times = scaleTimes(chart, area);
  const plot: Plot = { chart, area, scales, time: shiftTimes(times, chart) };
  const clip = element(
    'clipPath',
    { id: CLIP },
    element('rect', { x: area.left, y: area.top, ...measureSize(area) }),
  );
  const content = [
    drawBase(area, chart),
    ...chart.bands.map((band) => drawBand(band, plot)),
    ...chart.verticals.map((mark) => drawVertical(mark, plot)),
    ...chart.lines.map((_, i) => drawLine(i, shapes[i] ?? [], plot)),
    ...chart.horizontals.map((mark) => drawHorizontal(mark, plot)),
  ];
  return drawPicture(
    chart,
    element('defs', {}, clip),
    drawTitle(chart),
    drawTimeAxis(times, area, chart),
    drawValueAxis(scales.left, 'left', area, chart),
    drawValueAxis(scales.right, 'right', area, chart),
    element('g', { 'clip-path': `url(#${CLIP})` }, ...content),
    legend.width > 0
      ? drawLegend(legend, area.top, chart)
      : drawLegend(legend, chart.height - legend.height, chart),
  );
}

/** Within what is clipped: the renderer fails where all of that lies outside of the picture. */
function drawBase({ left, right, bottom }: PlotArea, { theme }: TimeChart): string {
  const y = bottom - 0.5;
  return element('line', { x1: left, x2: right, y1: y, y2: y, stroke: PALETTES[theme].quiet });
}

/** What lies outside of the range neither shows nor stretches the axes. */
function keepRange(chart: TimeChart): TimeChart {
  const keep = (points: TimeChart['lines'][number]['points']) =>
    cutPoints(points, chart.startMs, chart.endMs);
  return {
    ...chart,
    lines: chart.lines.map((one) => ({ ...one, points: keep(one.points) })),
    bands: chart.bands.map((one) => ({ ...one, lower: keep(one.lower), upper: keep(one.upper) })),
  };
}

function shiftTimes(times: TimeScale, { offsetMinutes }: TimeChart): (timeMs: number) => number {
  return (timeMs) => times(timeMs + offsetMinutes * 60_000);
}

/** Axes need to know their labels, labels their scale, and the scale its height: the height comes first. */
function measureArea(chart: TimeChart, shapes: readonly (readonly LineShape[])[], legend: Legend): PlotArea {
  const { width, height } = chart;
  const hasAxes = width >= 100 && height >= 60;
  const top = measureTitle(chart) + (hasAxes ? 10 : 0);
  const bottom = Math.max(top + 1, height - legend.height - (hasAxes ? 24 : 0));
  const rough = { left: 0, right: width, top, bottom };
  const side = (name: AxisSide) =>
    hasAxes ? measureValueAxis(scaleValues(chart, shapes, name, rough), name, rough, chart) : 0;
  const left = Math.min(side('left'), width / 3);
  const right = Math.max(
    left + 1,
    width - legend.width - Math.min(side('right'), width / 3) - (hasAxes ? 18 : 0),
  );
  return { left, right, top, bottom };
}

function measureSize({ left, right, top, bottom }: PlotArea) {
  return { width: right - left, height: bottom - top };
}

function drawLine(i: number, shape: readonly LineShape[], { chart, time, scales }: Plot): string {
  const drawn = chart.lines[i];
  const scale = drawn === undefined ? null : scales[drawn.axis];
  if (drawn === undefined || scale === null) return '';
  const { color, maxGapMs } = drawn;
  const x = ({ timeMs }: LineShape) => time(timeMs);
  const y = ({ to }: LineShape) => scale(to);
  const edge = line<LineShape>().x(x).y(y);
  const fill = area<LineShape>()
    .x(x)
    .y0(({ from }) => scale(from))
    .y1(y);
  const parts = chart.stacked ? [shape] : splitAtGaps(shape, maxGapMs);
  return parts
    .map((part) => {
      const [only, ...more] = part;
      if (only === undefined) return '';
      if (more.length === 0) return element('circle', { cx: x(only), cy: y(only), r: 2, fill: color });
      const stroke = { d: edge(part) ?? '', fill: 'none', stroke: color, 'stroke-width': 1.5 };
      const below = { d: fill(part) ?? '', fill: color, 'fill-opacity': '0.5' };
      return (chart.stacked ? element('path', below) : '') + element('path', stroke);
    })
    .join('');
}

function splitAtGaps(shape: readonly LineShape[], maxGapMs: number): readonly LineShape[][] {
  const parts: LineShape[][] = [];
  for (const point of shape) {
    const part = parts.at(-1);
    const last = part?.at(-1);
    if (part === undefined || last === undefined || point.timeMs - last.timeMs > maxGapMs)
      parts.push([point]);
    else part.push(point);
  }
  return parts;
}

function drawBand({ lower, upper, color, axis }: ChartBand, { time, scales }: Plot): string {
  const scale = scales[axis];
  if (scale === null) return '';
  const tops = new Map(upper);
  const edges = lower.flatMap(([timeMs, low]) => {
    const high = tops.get(timeMs);
    return high === undefined ? [] : [{ timeMs, low, high }];
  });
  const shape = area<(typeof edges)[number]>()
    .x(({ timeMs }) => time(timeMs))
    .y0(({ low }) => scale(low))
    .y1(({ high }) => scale(high));
  return element('path', { d: shape(edges) ?? '', fill: color, 'fill-opacity': '0.25' });
}

function drawHorizontal(mark: HorizontalMark, { area: plot, scales }: Plot): string {
  const scale = scales[mark.axis];
  if (scale === null) return '';
  const { color } = mark;
  const y = scale(mark.value);
  const other = findEdge(
    mark.until === null ? null : scale(mark.until),
    mark.fill,
    plot.top,
    plot.bottom,
    'above',
  );
  const { width } = measureSize(plot);
  const shade = { x: plot.left, y: Math.min(y, other ?? y), width, height: Math.abs((other ?? y) - y) };
  const lines = mark.until === null ? [y] : [y, scale(mark.until)];
  const right = mark.axis === 'right';
  const label = fitText(mark.label, MARK_SIZE, width - 8);
  const at = {
    x: right ? plot.right - 4 : plot.left + 4,
    y: y - 4 < plot.top + MARK_SIZE ? y + MARK_SIZE + 2 : y - 4,
  };
  return [
    other === null ? '' : element('rect', { ...shade, fill: color, 'fill-opacity': '0.15' }),
    ...lines.map((at) =>
      element('line', { x1: plot.left, x2: plot.right, y1: at, y2: at, stroke: color, 'stroke-width': 1.5 }),
    ),
    drawText(label, at.x, at.y, { size: MARK_SIZE, color, anchor: right ? 'end' : 'start', weight: 'bold' }),
  ].join('');
}

function drawVertical(mark: VerticalMark, { area: plot, time }: Plot): string {
  const { color } = mark;
  const x = time(mark.timeMs);
  const until = mark.untilMs === null ? null : time(mark.untilMs);
  const other = findEdge(until, mark.fill, plot.left, plot.right, 'before');
  const { height } = measureSize(plot);
  const shade = { x: Math.min(x, other ?? x), y: plot.top, width: Math.abs((other ?? x) - x), height };
  const label = fitText(mark.label, MARK_SIZE, height);
  const fitsRight = x + 4 + measureText(label, MARK_SIZE) <= plot.right;
  return [
    other === null ? '' : element('rect', { ...shade, fill: color, 'fill-opacity': '0.15' }),
    ...[x, ...(until === null ? [] : [until])].map((at) =>
      element('line', {
        x1: at,
        x2: at,
        y1: plot.top,
        y2: plot.bottom,
        stroke: color,
        'stroke-dasharray': '4 3',
      }),
    ),
    drawText(label, fitsRight ? x + 4 : x - 4, plot.top + MARK_SIZE, {
      size: MARK_SIZE,
      color,
      anchor: fitsRight ? 'start' : 'end',
    }),
  ].join('');
}

/** Where the shade of a mark ends: at its other edge, or at that of the plot; null for no shade. */
function findEdge(
  until: number | null,
  fill: HorizontalMark['fill'] | VerticalMark['fill'],
  first: number,
  last: number,
  toFirst: 'above' | 'before',
): number | null {
  if (until !== null) return until;
  if (fill === 'none') return null;
  return fill === toFirst ? first : last;
}
