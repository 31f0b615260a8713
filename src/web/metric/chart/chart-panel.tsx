import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type WheelEvent,
} from 'react';
import { describeError } from '../../api/ask.ts';
import type { MetricHeadFragment } from '../../generated/graphql.ts';
import { nameZone } from '../../parts/format-time.ts';
import { Notice } from '../../parts/notice.tsx';
import { useZone } from '../../parts/preferences.ts';
import { useUrlChoice } from '../../parts/url-state.ts';
import { ChartTools } from './chart-tools.tsx';
import { ChartLegend } from './chart-legend.tsx';
import { ChartReading } from './chart-reading.tsx';
import type { ChartColors } from './chart-colors.ts';
import { lengthOfGap, openGaps } from './columns.ts';
import { PlotView } from './plot-view.tsx';
import { lengthOfSpan, panRange, zoomRange } from '../range.ts';
import { arrangeScores, describeScorePlot } from './score-plot.ts';
import type { RangeState } from '../use-range.ts';
import { PERIOD_CHOICES, usePrevious } from './use-previous.ts';
import { useSeries } from './use-series.ts';
import { useStartOf } from './use-start-of.ts';
import { useWidth } from './use-width.ts';
import { arrangeValues, type AxisWidth, describeValuePlot, type Flag } from './value-plot.ts';

/** The value with its band, the scores below, and what moves them. */
export function ChartPanel(props: {
  readonly metric: Pick<MetricHeadFragment, 'id' | 'unit' | 'periodSeconds' | 'learning'>;
  readonly ranging: RangeState;
  readonly flags: readonly Flag[];
}) {
  const { metric, ranging, flags } = props;
  const { range, span, fix } = ranging;
  const zone = useZone();
  const place = useRef<HTMLElement>(null);
  const widthPixels = useWidth(place);
  const spanMs = span === null ? null : lengthOfSpan(span);
  // While it follows only the start of the range matters, once: what is new is added.
  const asked = useStartOf(span, range);
  const series = useSeries(metric.id, { range: asked, spanMs, widthPixels });
  const [period, setPeriod] = useUrlChoice('before', PERIOD_CHOICES);
  const previous = usePrevious(metric.id, period, { range, spanMs });
  const lengthMs = range.toMs - range.fromMs;
  const columns = useMemo(
    () => openGaps(series.columns, lengthOfGap(series.columns, metric.periodSeconds, lengthMs)),
    [series.columns, metric.periodSeconds, lengthMs],
  );
  const flagsNow = useRef(flags);
  useEffect(() => {
    flagsNow.current = flags;
  }, [flags]);
  const { unit } = metric;
  const [axisWidth] = useState<AxisWidth>({ pixels: 0 });
  const describeValues = useCallback(
    (colors: ChartColors) =>
      describeValuePlot({ colors, unit, zone, readFlags: () => flagsNow.current, axisWidth }),
    [unit, zone, axisWidth],
  );
  const describeScores = useCallback(
    (colors: ChartColors) => describeScorePlot({ colors, zone, axisWidth }),
    [zone, axisWidth],
  );
  // Flags are drawn with the data: a new array of it draws anew.
  const values = useMemo(() => arrangeValues(columns, previous), [columns, previous, flags]);
  const scores = useMemo(() => arrangeScores(columns), [columns]);
  const [pointed, setPointed] = useState<number | null>(null);

  const moves = useChartMoves(ranging);
  const shared = { range, syncKey: metric.id, onSelect: fix };
  return (
    <section className="card stack chart" ref={place} aria-label="Chart">
      <ChartTools
        metricId={metric.id}
        ranging={ranging}
        isAsking={series.isAsking}
        period={period}
        onPeriod={setPeriod}
      />
      {series.error === undefined ? null : (
        <Notice kind="problem" title="The series could not be read.">
          <p>{describeError(series.error)}</p>
          <button onClick={series.askAgain}>Try again</button>
        </Notice>
      )}
      <div
        className="plots"
        role="application"
        aria-label={`Value and scores, times in ${nameZone(zone)}. Arrow keys move, plus and minus zoom, 0 follows the newest.`}
        tabIndex={0}
        {...moves}
      >
        <PlotView {...shared} describe={describeValues} data={values} height={300} onPoint={setPointed} />
        <PlotView {...shared} describe={describeScores} data={scores} height={72} onPoint={setPointed} />
        {columns.times.length === 0 && !series.isAsking ? (
          <p className="no-points">No data in this time range.</p>
        ) : null}
      </div>
      <ChartReading columns={columns} pointed={pointed} unit={unit} seenPoints={metric.learning.rows} />
      <ChartLegend hasPrevious={previous !== null} />
    </section>
  );
}

/** What moves the chart: arrows, plus and minus, 0, and the wheel with Shift. */
function useChartMoves({ range, span, follow, fix }: RangeState) {
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => fix(panRange(range, -0.2)),
      ArrowRight: () => fix(panRange(range, 0.2)),
      '+': () => fix(zoomRange(range, 0.5)),
      '=': () => fix(zoomRange(range, 0.5)),
      '-': () => fix(zoomRange(range, 2)),
      '0': () => follow(span ?? '1d'),
    };
    const move = moves[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  };
  const onWheel = (event: WheelEvent) => {
    if (!event.shiftKey) return;
    const delta = event.deltaY === 0 ? event.deltaX : event.deltaY;
    fix(zoomRange(range, delta > 0 ? 1.25 : 0.8));
  };
  return { onKeyDown, onWheel };
}
