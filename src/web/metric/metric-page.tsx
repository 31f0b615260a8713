import { useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useAsk } from '../api/ask.ts';
import { useFollow } from '../api/follow.ts';
import {
  type MetricHeadFragment,
  MetricPageDocument,
  MetricStatusDocument,
  type PointFragment,
  UnusualPointsDocument,
} from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { shortenUnit } from '../parts/format-number.ts';
import { Notice } from '../parts/notice.tsx';
import { AnnotationForm } from './annotation-form.tsx';
import { ChartPanel } from './chart/chart-panel.tsx';
import { DownloadCard } from './download-card.tsx';
import { chooseEpisode, groupEpisodes } from './episodes.ts';
import { FlagList } from './flag-list.tsx';
import { MetricActions } from './metric-actions.tsx';
import { MetricState } from './metric-state.tsx';
import { PolicyEditor } from './policy-editor.tsx';
import { UnusualList } from './unusual-list.tsx';
import { useFlags } from './use-flags.ts';
import { useRange } from './use-range.ts';
import type { Flag } from './chart/value-plot.ts';
import { WhyPanel } from './why-panel.tsx';
import '../style/metric.css';
import 'uplot/dist/uPlot.min.css';

/** One metric: what it does, what was expected, and why something is unusual. */
export function MetricPage({ id }: { readonly id: string }) {
  const answer = useAsk(MetricPageDocument, { id });
  useFollow(MetricStatusDocument, { ids: [id] }, answer.askAgain);
  return (
    <Answered answer={answer} what="the metric">
      {({ metric }) =>
        metric === null ? (
          <Notice kind="problem" title="There is no such metric.">
            <Link href="/">To the wall</Link>
          </Notice>
        ) : (
          <MetricView metric={metric} />
        )
      }
    </Answered>
  );
}

function MetricView({ metric }: { readonly metric: MetricHeadFragment }) {
  const { id, unit } = metric;
  const ranging = useRange(metric.periodSeconds);
  const { points, latest } = useUnusualPoints(metric, ranging.range);
  const [chosen, setChosen] = useState<PointFragment | null>(null);
  const [previewFlags, setPreviewFlags] = useState<readonly Flag[]>([]);
  const { happened, askAgain } = useFlags(id, ranging.range);
  const flags = useMemo(() => [...happened, ...previewFlags], [happened, previewFlags]);
  const episodes = useMemo(() => groupEpisodes(points, metric.periodSeconds), [points, metric.periodSeconds]);
  const shown = chosen ?? chooseEpisode(episodes)?.first ?? latest;
  const event = episodes.find((episode) => episode.points.some(({ rowId }) => rowId === shown?.rowId));
  useEffect(() => {
    document.title = `${metric.name} · Lapwing`;
  }, [metric.name]);
  return (
    <div className="metric-page">
      <header className="across stack">
        <Link href="/">← Wall</Link>
        <div className="line spread">
          <div>
            <h1>{metric.name}</h1>
            <p className="quiet">
              {metric.displayName} · {metric.datasource.toLowerCase()} · every {metric.periodSeconds} s
              {shortenUnit(unit) === '' ? '' : ` · in ${shortenUnit(unit)}`}
            </p>
          </div>
          <MetricActions metric={metric} />
        </div>
        <MetricState metric={metric} />
      </header>
      <div className="stack">
        <ChartPanel metric={metric} ranging={ranging} flags={flags} />
        <FlagList flags={flags} range={ranging.range} />
      </div>
      <aside className="stack">
        {shown === null ? null : (
          <WhyPanel
            title={shown === latest && chosen === null ? 'Now' : 'Why'}
            point={shown}
            unit={unit}
            event={event ?? null}
          />
        )}
        <UnusualList episodes={episodes} unit={unit} chosen={shown} onChoose={setChosen} />
        <p className="only-heard">{id}</p>
      </aside>
      <div className="stack">
        <AnnotationForm server={metric.server} range={ranging.range} onSaved={askAgain} />
        <PolicyEditor metric={metric} onPreview={setPreviewFlags} />
        <DownloadCard id={id} range={ranging.range} />
      </div>
    </div>
  );
}

function useUnusualPoints(
  metric: MetricHeadFragment,
  range: { readonly fromMs: number; readonly toMs: number },
) {
  // A list that is asked for with every second that passes helps nobody: once a minute does.
  const fromMs = Math.floor(range.fromMs / 60_000) * 60_000;
  const toMs = Math.ceil(range.toMs / 60_000) * 60_000;
  const { data } = useAsk(UnusualPointsDocument, {
    id: metric.id,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
  });
  const points = useMemo(() => data?.metric?.data.nodes ?? [], [data]);
  return { points, latest: metric.latest };
}
