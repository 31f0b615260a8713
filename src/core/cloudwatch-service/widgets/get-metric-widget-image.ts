/** GetMetricWidgetImage: a widget as a picture. */
import {
  pickLineColor,
  type AxisSide,
  type ChartBand,
  type ChartLine,
  type SingleValue,
  type SingleValues,
  type TimeChart,
} from '../../../platform/chart/chart.ts';
import { drawBars } from '../../../platform/chart/draw-bars.ts';
import { drawPie } from '../../../platform/chart/draw-pie.ts';
import { drawSingleValues } from '../../../platform/chart/draw-single-values.ts';
import { drawTimeChart } from '../../../platform/chart/draw-time-chart.ts';
import { RenderError } from '../../../platform/chart/render-png.ts';
import { readRule } from '../alarms/check-alarm.ts';
import type { TimeSeries } from '../math/values.ts';
import type { DataQuery } from '../metrics/data-query.ts';
import { QueryEvaluator } from '../metrics/evaluate-queries.ts';
import { parseOffset } from '../metrics/get-metric-data.ts';
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import type { OperationContext } from '../model/operation.ts';
import { RawAnswer } from '../model/raw-answer.ts';
import { blob, string, structure, type Infer } from '../model/shape.ts';
import {
  findAlarm,
  markThreshold,
  readHorizontals,
  readVerticals,
  type WidgetAlarm,
} from './widget-annotations.ts';
import { readMetrics, type WidgetMetrics } from './widget-metrics.ts';
import { coarsenPeriods, readRange } from './widget-range.ts';
import { parseWidget, refuse, type Widget } from './widget-shape.ts';

export const GET_METRIC_WIDGET_IMAGE_INPUT = structure({ MetricWidget: string, OutputFormat: string }, [
  'MetricWidget',
]);
export const GET_METRIC_WIDGET_IMAGE_OUTPUT = structure({ MetricWidgetImage: blob });

const DEFAULT_WIDTH = 600;
const DEFAULT_HEIGHT = 400;
const PNG_TYPE = 'image/png';
/** Points further apart than so many periods are not joined. */
const MAX_GAP_PERIODS = 3;

/** `image/png` as OutputFormat makes the answer the picture itself, without an envelope. */
export async function getMetricWidgetImage(
  input: Infer<typeof GET_METRIC_WIDGET_IMAGE_INPUT>,
  context: OperationContext,
): Promise<Infer<typeof GET_METRIC_WIDGET_IMAGE_OUTPUT> | RawAnswer> {
  const { OutputFormat: format = 'png' } = input;
  if (format !== 'png' && format !== PNG_TYPE)
    throw refuse(`The parameter OutputFormat must be png or ${PNG_TYPE}.`);
  const widget = parseWidget(input.MetricWidget ?? '');
  const drawn = await context.queryTurns.run(context, () => drawWidget(widget, context));
  const image = await renderOrRefuse(drawn, context);
  return format === PNG_TYPE ? new RawAnswer(PNG_TYPE, image) : { MetricWidgetImage: image };
}

async function renderOrRefuse(svg: string, { renderer }: OperationContext): Promise<Buffer> {
  try {
    return await renderer.render(svg);
  } catch (cause) {
    if (!(cause instanceof RenderError) || cause.reason === 'FAILED') throw cause;
    if (cause.reason === 'BUSY') throw new CloudwatchError('Throttling', cause.message, { cause });
    const message = `The metric widget cannot be drawn: ${cause.message} Ask for fewer metrics or pixels.`;
    throw new CloudwatchError('ValidationError', message, { cause });
  }
}

/** Views that show the newest value of each series. */
const VALUE_VIEWS: ReadonlyMap<string, (picture: SingleValues) => string> = new Map([
  ['singleValue', drawSingleValues],
  ['bar', drawBars],
  ['pie', drawPie],
]);

/** A series of the widget with how it is drawn. */
interface Drawn {
  readonly series: TimeSeries;
  readonly color: string;
  readonly axis: AxisSide;
}

interface DrawnBand extends Drawn {
  readonly lower: TimeSeries;
}

/** @returns SVG */
async function drawWidget(widget: Widget, context: OperationContext): Promise<string> {
  const nowMs = context.now().getTime();
  const range = readRange(widget, nowMs);
  const offsetMinutes = parseOffset(widget.timezone, 'MetricWidget.timezone');
  const alarm = await findAlarm(widget, context);
  const { queries, renderings } = chooseMetrics(widget, alarm, context);
  const suited = coarsenPeriods(queries, range);
  const evaluator = new QueryEvaluator(suited, range, context, { offsetMinutes });
  const { lines, bands } = await evaluate(suited, renderings, evaluator);
  const {
    width = DEFAULT_WIDTH,
    height = DEFAULT_HEIGHT,
    title = alarm?.spec.AlarmName ?? '',
    theme = 'light',
  } = widget;
  const picture = { width, height, title, theme };
  const drawValues = widget.view === undefined ? undefined : VALUE_VIEWS.get(widget.view);
  if (drawValues !== undefined) return drawValues({ ...picture, values: lines.map(showNewest) });
  return drawTimeChart({
    ...picture,
    ...range,
    offsetMinutes,
    legend: widget.legend?.position ?? 'bottom',
    stacked: widget.stacked ?? false,
    lines: lines.map(showLine),
    bands: bands.map(showBand),
    horizontals: [...readHorizontals(widget), ...(alarm === null ? [] : markThreshold(alarm))],
    verticals: readVerticals(widget, nowMs),
    axes: { left: showAxis(widget, 'left'), right: showAxis(widget, 'right') },
  });
}

/** Those of the widget, or, where it has none, what its alarm looks at. */
function chooseMetrics(widget: Widget, alarm: WidgetAlarm | null, context: OperationContext): WidgetMetrics {
  if (widget.metrics !== undefined || alarm === null) return readMetrics(widget, context);
  return { queries: readRule(alarm.spec, context).queries, renderings: new Map() };
}

async function evaluate(
  queries: ReadonlyMap<string, DataQuery>,
  renderings: WidgetMetrics['renderings'],
  evaluator: QueryEvaluator,
): Promise<{ readonly lines: readonly Drawn[]; readonly bands: readonly DrawnBand[] }> {
  const shown = [...queries.values()].filter(({ returned }) => returned);
  await evaluator.prefetch(shown.map(({ id }) => id));
  const lines: Drawn[] = [];
  const bands: DrawnBand[] = [];
  for (const query of shown) {
    const { color, yAxis: axis = 'left', label } = renderings.get(query.id) ?? {};
    const found = await evaluator.answer(query.id);
    const [upper, lower] = found;
    if (isBand(query) && upper !== undefined && lower !== undefined) {
      const named = { ...upper, label: label ?? `${query.id} (expected)` };
      bands.push({ series: named, lower, axis, color: color ?? '#7f7f7f' });
      continue;
    }
    for (const series of found) {
      // A colour given for a search would make all of its series alike.
      const own = found.length === 1 ? color : undefined;
      lines.push({ series, axis, color: own ?? pickLineColor(lines.length) });
    }
  }
  return { lines: tellApart(lines), bands };
}

function isBand(query: DataQuery): boolean {
  return (
    query.kind === 'expression' &&
    query.expression.kind === 'call' &&
    query.expression.name === 'ANOMALY_DETECTION_BAND'
  );
}

/** Series of the same label get the values of their dimensions beside it. */
function tellApart(lines: readonly Drawn[]): readonly Drawn[] {
  const counts = new Map<string, number>();
  for (const { series } of lines) counts.set(series.label, (counts.get(series.label) ?? 0) + 1);
  return lines.map((one) => {
    const values = one.series.metric?.dimensions.map(({ value }) => value) ?? [];
    if ((counts.get(one.series.label) ?? 0) < 2 || values.length === 0) return one;
    return { ...one, series: { ...one.series, label: `${one.series.label} ${values.join(' ')}` } };
  });
}

function showLine({ series, color, axis }: Drawn): ChartLine {
  const { label, periodSeconds } = series;
  return { label, color, axis, points: [...series.points], maxGapMs: MAX_GAP_PERIODS * periodSeconds * 1000 };
}

function showBand({ series, lower, color, axis }: DrawnBand): ChartBand {
  return { label: series.label, color, axis, upper: [...series.points], lower: [...lower.points] };
}

function showNewest({ series, color }: Drawn): SingleValue {
  return { label: series.label, color, value: [...series.points.values()].at(-1) ?? null };
}

function showAxis({ yAxis }: Widget, side: AxisSide): TimeChart['axes'][AxisSide] {
  const { min = null, max = null, label = '' } = yAxis?.[side] ?? {};
  return { min, max, label };
}
