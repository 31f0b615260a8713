import { useCallback, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import { describeError } from '../../api/ask.ts';
import type { ComparedMetricsQuery } from '../../generated/graphql.ts';
import { useZone } from '../../parts/preferences.ts';
import type { ChartColors } from '../chart/chart-colors.ts';
import { ChartReading } from '../chart/chart-reading.tsx';
import { lengthOfGap, openGaps } from '../chart/columns.ts';
import { PlotView } from '../chart/plot-view.tsx';
import { useSeries } from '../chart/use-series.ts';
import { useStartOf } from '../chart/use-start-of.ts';
import { useWidth } from '../chart/use-width.ts';
import { arrangeValues, describeValuePlot } from '../chart/value-plot.ts';
import { lengthOfSpan } from '../range.ts';
import type { RangeState } from '../use-range.ts';

export type ComparedMetric = Extract<NonNullable<ComparedMetricsQuery['nodes'][number]>, { name: string }>;

/** One metric below another one: its own scale, the range and the pointer of all. */
export function ComparedChart(props: {
  readonly id: string;
  /** Null when there is no such metric any more. */
  readonly metric: ComparedMetric | null;
  readonly ranging: RangeState;
  readonly syncKey: string;
  readonly onRemove: () => void;
}) {
  const { id, metric, ranging, syncKey, onRemove } = props;
  const name = metric?.name ?? id;
  return (
    <article className="stack" aria-label={name}>
      <div className="line spread">
        <span>
          {metric === null ? (
            'There is no such metric any more.'
          ) : (
            <>
              <Link href={`/metric/${encodeURIComponent(id)}`}>{name}</Link>{' '}
              <span className="quiet">{metric.server === name ? '' : metric.server}</span>
            </>
          )}
        </span>
        <button className="bare" aria-label={`Remove ${name}`} onClick={onRemove}>
          ✕
        </button>
      </div>
      {metric === null ? null : <Values metric={metric} ranging={ranging} syncKey={syncKey} />}
    </article>
  );
}

function Values(props: {
  readonly metric: ComparedMetric;
  readonly ranging: RangeState;
  readonly syncKey: string;
}) {
  const { metric, ranging, syncKey } = props;
  const { range, span, fix } = ranging;
  const { unit } = metric;
  const zone = useZone();
  const place = useRef<HTMLDivElement>(null);
  const widthPixels = useWidth(place);
  const asked = useStartOf(span, range);
  const spanMs = span === null ? null : lengthOfSpan(span);
  const series = useSeries(metric.id, { range: asked, spanMs, widthPixels });
  const lengthMs = range.toMs - range.fromMs;
  const data = useMemo(
    () =>
      arrangeValues(openGaps(series.columns, lengthOfGap(series.columns, metric.periodSeconds, lengthMs))),
    [series.columns, metric.periodSeconds, lengthMs],
  );
  const describe = useCallback(
    (colors: ChartColors) => describeValuePlot({ colors, unit, zone, readFlags: () => [] }),
    [unit, zone],
  );
  const [pointed, setPointed] = useState<number | null>(null);
  return (
    <div ref={place} className="compared-values">
      {series.error === undefined ? null : <p role="alert">{describeError(series.error)}</p>}
      <PlotView
        describe={describe}
        data={data}
        range={range}
        height={160}
        syncKey={syncKey}
        onSelect={fix}
        onPoint={setPointed}
      />
      <ChartReading
        columns={series.columns}
        pointed={pointed}
        unit={unit}
        seenPoints={metric.learning.rows}
      />
    </div>
  );
}
