import { useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useAsk } from '../api/ask.ts';
import { useAskedAgain } from '../api/follow.ts';
import { useEvery } from '../api/use-every.ts';
import {
  type MetricHeadFragment,
  MetricPageDocument,
  MetricStatusDocument,
  AnomalousPointsDocument,
  MetricFlagsDocument,
} from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { shortenUnit } from '../parts/format-number.ts';
import { Notice } from '../parts/notice.tsx';
import { AnnotationForm } from './annotation-form.tsx';
import { AnomalyList } from './anomaly/anomaly-list.tsx';
import { ChartPanel } from './chart/chart-panel.tsx';
import { ComparePanel } from './compare/compare-panel.tsx';
import { describeInterval } from './describe-interval.ts';
import { DownloadCard } from './download-card.tsx';
import { groupEpisodes } from './anomaly/episodes.ts';
import { ExplainPanel } from './anomaly/explain-panel.tsx';
import { MetricActions } from './metric-actions.tsx';
import { MetricState } from './metric-state.tsx';
import { PolicyEditor } from './policy-editor.tsx';
import { useChosen } from './anomaly/use-chosen.ts';
import { useRange } from './use-range.ts';
import type { Flag } from './chart/value-plot.ts';
import '../style/metric.css';
import 'uplot/dist/uPlot.min.css';
import type { Range } from './range.ts';
import { TimeText } from '../parts/time-text.tsx';

/** How many samples it has is announced to nobody, nor that it was deleted. */
const COUNT_AGAIN_MS = 5_000;
const READ_AGAIN_MS = 60_000;

/** One metric: what it does, what was expected, and why something is anomalous. */
export function MetricPage({ id }: { readonly id: string }) {
  const answer = useAsk(MetricPageDocument, { id });
  const { data, askAgain } = answer;
  useAskedAgain(MetricStatusDocument, { ids: [id] }, askAgain);
  const isGrowing = isCounted(data?.metric);
  useEvery(isGrowing ? COUNT_AGAIN_MS : READ_AGAIN_MS, askAgain);
  return (
    <Answered answer={answer} what="the metric">
      {({ metric }) =>
        metric === null ? (
          <Notice kind="problem" title="There is no such metric.">
            <Link href="/">To the overview</Link>
          </Notice>
        ) : (
          <MetricView
            metric={metric}
            recent={metric.recent.nodes.map(({ timestamp }) => timestamp)}
            askAgain={askAgain}
          />
        )
      }
    </Answered>
  );
}

/** Whether it still collects the samples that it needs. */
function isCounted(metric: MetricHeadFragment | null | undefined): boolean {
  if (metric == null) return false;
  return metric.status === 'PENDING_DATA' || (metric.status === 'ACTIVE' && !metric.learning.done);
}

function MetricView(props: {
  readonly metric: MetricHeadFragment;
  /** Times of its newest points, newest first. */
  readonly recent: readonly string[];
  /** Reads the metric anew. */
  readonly askAgain: () => void;
}) {
  const { metric, recent } = props;
  const { id, unit } = metric;
  const ranging = useRange(metric.periodSeconds);
  const points = useAnomalousPoints(id, ranging.range);
  const chosen = useChosen(id);
  const [previewFlags, setPreviewFlags] = useState<readonly Flag[]>([]);
  const { happened, askAgain } = useFlags(id, ranging.range);
  const showSaved = () => {
    // What was saved lies behind the end of a range that moves only now and then.
    ranging.catchUp();
    askAgain();
  };
  const flags = useMemo(() => [...happened, ...previewFlags], [happened, previewFlags]);
  const episodes = useMemo(() => groupEpisodes(points, metric.periodSeconds), [points, metric.periodSeconds]);
  useEffect(() => {
    document.title = `${metric.name} · Lapwing`;
  }, [metric.name]);
  const facts = [
    metric.friendlyName === null ? metric.server : `${metric.friendlyName} (${metric.server})`,
    metric.datasource.toLowerCase(),
    describeInterval(recent),
    shortenUnit(unit) === '' ? null : `in ${shortenUnit(unit)}`,
  ].filter((fact) => fact !== null);
  return (
    <div className="metric-page">
      <header className="across stack">
        <Link href="/">← Overview</Link>
        <div className="line spread">
          <div>
            <h1>{metric.name}</h1>
            <p className="quiet">{facts.join(' · ')}</p>
          </div>
          <MetricActions metric={metric} onSilenced={props.askAgain} />
        </div>
        <MetricState metric={metric} onSilenceEnded={props.askAgain} />
      </header>
      <div className="stack">
        <ChartPanel metric={metric} ranging={ranging} flags={flags} />
        <FlagList flags={flags} range={ranging.range} />
        <ComparePanel id={id} ranging={ranging} />
      </div>
      <aside className="stack">
        <ExplainPanel metric={metric} chosen={chosen} episodes={episodes} />
        <AnomalyList episodes={episodes} unit={unit} chosen={chosen.point} onChoose={chosen.choose} />
        <p className="only-heard">{id}</p>
      </aside>
      <div className="stack">
        <AnnotationForm server={metric.server} range={ranging.range} onSaved={showSaved} />
        <PolicyEditor metric={metric} onPreview={setPreviewFlags} />
        <DownloadCard id={id} range={ranging.range} />
      </div>
    </div>
  );
}

function useAnomalousPoints(id: string, range: { readonly fromMs: number; readonly toMs: number }) {
  // A list that is asked for with every second that passes helps nobody: once a minute does.
  const fromMs = Math.floor(range.fromMs / 60_000) * 60_000;
  const toMs = Math.ceil(range.toMs / 60_000) * 60_000;
  const { data } = useAsk(AnomalousPointsDocument, {
    id,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
  });
  return useMemo(() => data?.metric?.data.nodes ?? [], [data]);
}

const MINUTE_MS = 60_000;

/** In no order. Asked anew once a minute while the range moves on, and on request. */
function useFlags(
  id: string,
  range: Range,
): { readonly happened: readonly Flag[]; readonly askAgain: () => void } {
  const { data, askAgain } = useAsk(MetricFlagsDocument, {
    id,
    from: new Date(Math.floor(range.fromMs / MINUTE_MS) * MINUTE_MS).toISOString(),
    to: new Date(Math.ceil(range.toMs / MINUTE_MS) * MINUTE_MS).toISOString(),
  });
  const happened = useMemo(() => {
    const metric = data?.metric;
    if (metric == null) return [];
    return [
      ...metric.incidents.nodes.map(({ startedAt, ruleName }): Flag => ({
        timeMs: Date.parse(startedAt),
        kind: 'incident',
        text: `Incident (rule: ${ruleName})`,
      })),
      ...(metric.annotations ?? []).map(({ timestamp, message, user }): Flag => ({
        timeMs: Date.parse(timestamp),
        kind: 'annotation',
        text: `${user}: ${message}`,
      })),
    ];
  }, [data]);
  return { happened, askAgain };
}

const SIGNS = { incident: '⚑ incident', annotation: '⚐ annotation', preview: '⚑ would alert' } as const;

/** The chart's flags in words, for those that lie in its time. Nothing where there are none. */
function FlagList({ flags, range }: { readonly flags: readonly Flag[]; readonly range: Range }) {
  const shown = flags.filter(({ timeMs }) => timeMs >= range.fromMs && timeMs <= range.toMs);
  if (shown.length === 0) return null;
  return (
    <ul className="flags" aria-label="Flags">
      {shown.map(({ timeMs, kind, text }) => (
        <li key={`${timeMs} ${kind} ${text}`} className="line">
          <span className="badge">{SIGNS[kind]}</span>
          <TimeText time={new Date(timeMs).toISOString()} />
          <span className="quiet">{text}</span>
        </li>
      ))}
    </ul>
  );
}
