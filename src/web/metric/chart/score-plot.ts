/** How the scores are drawn: a stick for each point, as high as it is rare, in the colour of its class. */
import uPlot from 'uplot';
import type { AnomalyClass } from '../../generated/graphql.ts';
import { classOf, heightOf } from '../../parts/bar-height.ts';
import type { Zone } from '../../parts/preferences.ts';
import type { ChartColors } from './chart-colors.ts';
import type { Columns } from './columns.ts';
import { AXIS_WIDTH, type AxisWidth, describeAxis, describeTime, PADDING } from './value-plot.ts';

/** What uPlot is given for the columns: one row a class. */
export function arrangeScores({ times, scores }: Columns): uPlot.AlignedData {
  const only = (wanted: AnomalyClass) =>
    scores.map((score) => (score !== null && classOf(score) === wanted ? heightOf(score) : null));
  return [[...times], only('GREEN'), only('YELLOW'), only('RED')];
}

export function describeScorePlot(options: {
  readonly colors: ChartColors;
  readonly zone: Zone;
  /** That of the plot above, which is drawn first. */
  readonly axisWidth: AxisWidth;
}): Pick<uPlot.Options, 'series' | 'axes' | 'scales' | 'tzDate' | 'padding'> {
  const { colors, zone, axisWidth } = options;
  const sticks = (color: string, width: number): uPlot.Series => ({
    stroke: color,
    fill: color,
    paths: (plot, index, first, last) => drawSticks(plot, index, first, last, width),
    points: { show: false },
  });
  return {
    ...describeTime(zone),
    padding: PADDING,
    scales: { x: { time: true, auto: false }, y: { range: [0, 1] } },
    series: [{}, sticks(colors.normal, 1), sticks(colors.yellow, 2), sticks(colors.red, 3)],
    axes: [
      { ...describeAxis(colors), show: false },
      {
        ...describeAxis(colors),
        size: () => Math.max(AXIS_WIDTH, axisWidth.pixels),
        splits: () => [0, 0.4, 1],
        values: () => ['', 'warning', 'critical'],
      },
    ],
  };
}

function drawSticks(
  plot: uPlot,
  index: number,
  first: number,
  last: number,
  width: number,
): uPlot.Series.Paths {
  const path = new Path2D();
  const [times = []] = plot.data;
  const heights = plot.data[index] ?? [];
  const bottom = plot.valToPos(0, 'y', true);
  const wide = Math.max(1, Math.round(width * devicePixelRatio));
  for (let at = first; at <= last; at++) {
    const height = heights[at];
    const time = times[at];
    if (height == null || time == null) continue;
    const top = plot.valToPos(height, 'y', true);
    const x = Math.round(plot.valToPos(time, 'x', true));
    path.rect(x - Math.floor(wide / 2), top, wide, bottom - top);
  }
  return { stroke: null, fill: path };
}
