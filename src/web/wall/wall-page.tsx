import { useMemo } from 'react';
import { Notice, Waiting } from '../parts/notice.tsx';
import { FirstRun } from '../unmonitored/first-run.tsx';
import { OpenIncidents } from '../incidents/open-incidents.tsx';
import { AnomalousThen } from './timeline/anomalous-then.tsx';
import { findNow, measureRates } from './timeline/anomaly-rate.ts';
import { BAR_MS, worstClass } from './bars.ts';
import { BarLegend } from './bar-legend.tsx';
import { RateTimeline } from './timeline/rate-timeline.tsx';
import { SpanChoice } from './timeline/span-choice.tsx';
import { TimeScale } from './time-scale.tsx';
import { type Brush, useBrush } from './timeline/use-brush.ts';
import { useStarts } from './use-starts.ts';
import { useView } from './use-view.ts';
import { useWall } from './use-wall.ts';
import { WallGrid } from './wall-grid.tsx';
import type { Wall } from './wall-state.ts';
import { listRows, type WallRow } from './wall-rows.ts';
import { WallToolbar } from './wall-toolbar.tsx';
import '../style/bars.css';
import '../style/wall.css';

/** All monitored metrics, the most anomalous first. */
export function WallPage() {
  const view = useView();
  const { wall, problem, readAgain } = useWall(view.window);
  const starts = useStarts(view.window);
  const brush = useBrush(BAR_MS[view.window]);
  const rows = useMemo(() => (wall === undefined ? [] : listRows(wall, view, starts)), [wall, view, starts]);
  return (
    <>
      <h1 className="only-heard">Anomalies</h1>
      <OpenIncidents />
      <WallToolbar view={view} count={wall === undefined ? '' : describeCount(rows, starts)} />
      {problem === null ? null : (
        <Notice kind="problem" title="Could not load the overview.">
          <p>{problem}</p>
          <p>Retrying automatically.</p>
          <button onClick={readAgain}>Retry now</button>
        </Notice>
      )}
      {wall === undefined ? (
        problem === null ? (
          <Waiting what="the overview" />
        ) : null
      ) : rows.length === 0 ? (
        wall.metrics.size > 0 ? (
          <Notice title="No matching metrics">Clear filters to see more.</Notice>
        ) : (
          <FirstRun />
        )
      ) : (
        <div className="wall">
          <div className="wall-top">
            <div className="wall-head" aria-hidden="true">
              <span>Name</span>
              <span>State</span>
              <span>Latest value</span>
              <TimeScale starts={starts} window={view.window} />
            </div>
            <WallRate wall={wall} starts={starts} brush={brush} widthMs={BAR_MS[view.window]} />
          </div>
          {brush.chosen === null ? null : (
            <AnomalousThen span={brush.chosen} metricId={null} onClose={brush.clear} />
          )}
          <WallGrid rows={rows} starts={starts} window={view.window} onTurn={view.turn} />
          {wall.totalCount > wall.metrics.size ? (
            <p className="more quiet">
              Showing the {wall.metrics.size.toLocaleString('en')} most anomalous of{' '}
              {wall.totalCount.toLocaleString('en')} metrics.
            </p>
          ) : null}
          <BarLegend />
        </div>
      )}
    </>
  );
}

/** The anomaly rate of all metrics, above the rows: an outage of many is seen before any row is read. */
function WallRate(props: {
  readonly wall: Wall;
  readonly starts: readonly number[];
  readonly brush: Brush;
  /** Of an interval. */
  readonly widthMs: number;
}) {
  const { wall, starts, brush, widthMs } = props;
  const rates = useMemo(() => measureRates(wall.metrics.values(), starts), [wall, starts]);
  const last = findNow(rates);
  return (
    <div className="wall-rate">
      <span className="line spread">
        Anomaly rate
        <SpanChoice rates={rates} widthMs={widthMs} brush={brush} />
      </span>
      <span className="quiet">
        {last === undefined ? '' : `${last.yellow + last.red} of ${last.scored} anomalous now`}
      </span>
      <RateTimeline rates={rates} brush={brush} />
    </div>
  );
}

function describeCount(rows: readonly WallRow[], starts: readonly number[]): string {
  const top = rows.filter(({ level }) => level === 1);
  const reds = top.filter(({ bars }) => worstClass(bars, starts) === 'RED').length;
  return `${top.length} ${top.length === 1 ? 'row' : 'rows'}, ${reds} critical`;
}
