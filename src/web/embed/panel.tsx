import { useCallback, useEffect, useMemo, useRef, useState, type RefObject } from 'react';
import { useStore } from '../api/store.ts';
import { ClassBadge, PointBadge } from '../parts/class-badge.tsx';
import { formatExpected, formatValue } from '../parts/format-number.ts';
import { formatSpan, formatTime } from '../parts/format-time.ts';
import { useZone } from '../parts/preferences.ts';
import type { ChartColors } from '../metric/chart/chart-colors.ts';
import { lengthOfGap, openGaps } from '../metric/chart/columns.ts';
import { PlotView } from '../metric/chart/plot-view.tsx';
import { arrangeValues, describeValuePlot } from '../metric/chart/value-plot.ts';
import type { PanelFeed, PanelMetric, ShownPanel } from './panel-feed.ts';
import { serverClock } from '../api/server-clock.ts';

/** Narrower or lower charts have labels that are smaller and fewer. */
const ROOMY = { width: 560, height: 200 };
/** Of a chart that moves with the clock. */
const STEPS = 1_000;

const STATUS_WORDS: Readonly<Partial<Record<PanelMetric['status'], string>>> = {
  UNMONITORED: 'not monitored',
  PENDING_DATA: 'waiting for data',
  CREATE_PENDING: 'starting',
  ERROR: 'monitoring stopped',
};

/** One metric, in whatever room there is. */
export function Panel({ feed }: { readonly feed: PanelFeed }) {
  const state = useStore(feed.state);
  if (state.kind === 'loading') {
    return (
      <main className="panel">
        <h1 className="only-heard">Lapwing panel</h1>
        <p role="status" className="panel-words">
          {state.problem ?? 'Loading…'}
        </p>
      </main>
    );
  }
  if (state.kind === 'ended') {
    return (
      <main className="panel">
        <h1 className="only-heard">No panel</h1>
        <p role="alert" className="panel-words">
          {state.reason}
        </p>
      </main>
    );
  }
  return <ShownMetric shown={state.shown} lostMs={state.lostMs} />;
}

function ShownMetric({ shown, lostMs }: { readonly shown: ShownPanel; readonly lostMs: number | null }) {
  const { metric, latest } = shown;
  const { id, name, unit, server, friendlyName } = metric;
  const zone = useZone();
  useEffect(() => {
    document.title = `${name} · Lapwing`;
  }, [name]);
  const written = latest?.expected == null ? null : formatExpected(latest.value, latest.expected, unit);
  const of = friendlyName ?? (server === name ? null : server);
  return (
    <main className="panel">
      <header>
        <h1>
          <a href={`/metric/${encodeURIComponent(id)}`} target="_blank" rel="noopener">
            {name}
          </a>
          {of === null ? null : <span className="quiet panel-of"> {of}</span>}
        </h1>
        <p className="panel-value">
          <strong>{latest === null ? '–' : (written?.value ?? formatValue(latest.value, unit))}</strong>{' '}
          <State shown={shown} />
        </p>
        <p className="panel-facts quiet">
          <span className="panel-expected">{written === null ? '' : `expected ${written.range}`}</span>
          <span className="panel-time">{latest === null ? '' : formatTime(latest.timestamp, zone)}</span>
          <span className="panel-live" data-live={lostMs === null} role="status">
            {lostMs === null ? 'Live' : `Not live since ${formatTime(lostMs, zone)}`}
          </span>
        </p>
      </header>
      <PanelChart shown={shown} />
    </main>
  );
}

function State({ shown: { metric, latest } }: { readonly shown: ShownPanel }) {
  const words = STATUS_WORDS[metric.status] ?? (latest?.provisional === true ? 'learning' : null);
  if (words !== null) return <span className="badge">{words}</span>;
  return latest === null ? <ClassBadge value="NONE" /> : <PointBadge point={latest} />;
}

function PanelChart({ shown }: { readonly shown: ShownPanel }) {
  const { metric, columns, spanMs } = shown;
  const { unit, periodSeconds } = metric;
  const zone = useZone();
  const place = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(place);
  const range = useNewest(spanMs);
  const isCompact = width < ROOMY.width || height < ROOMY.height;
  const data = useMemo(
    () => arrangeValues(openGaps(columns, lengthOfGap(columns, periodSeconds, spanMs))),
    [columns, periodSeconds, spanMs],
  );
  const describe = useCallback(
    (colors: ChartColors) => describeValuePlot({ colors, unit, zone, readFlags: () => [], isCompact }),
    [unit, zone, isCompact],
  );
  const label = `Chart of ${metric.name}, the last ${formatSpan(spanMs)}`;
  return (
    <div className="panel-chart" ref={place} role="img" aria-label={label}>
      {height === 0 ? null : (
        <PlotView
          describe={describe}
          data={data}
          range={range}
          height={height}
          syncKey={metric.id}
          onSelect={() => undefined}
        />
      )}
    </div>
  );
}

/** The newest of it, which moves on by a pixel or so. */
function useNewest(spanMs: number) {
  const [toMs, setToMs] = useState(() => serverClock.now());
  useEffect(() => {
    const timer = setInterval(() => setToMs(serverClock.now()), Math.max(1_000, spanMs / STEPS));
    const unfollow = serverClock.follow(() => setToMs(serverClock.now()));
    return () => {
      clearInterval(timer);
      unfollow();
    };
  }, [spanMs]);
  return useMemo(() => ({ fromMs: toMs - spanMs, toMs }), [toMs, spanMs]);
}

/** In whole pixels; 0 until it is known. */
function useSize(place: RefObject<HTMLElement | null>): { readonly width: number; readonly height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const target = place.current;
    if (target === null) return;
    const observer = new ResizeObserver(() => {
      setSize({ width: target.clientWidth, height: target.clientHeight });
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, [place]);
  return size;
}
