import type { MetricHeadFragment, PointFragment } from '../../generated/graphql.ts';
import { formatSpan } from '../../parts/format-time.ts';
import { formatValue } from '../../parts/format-number.ts';
import { measureSilence } from '../../wall/silence.ts';
import { TimeText } from '../../parts/time-text.tsx';
import { chooseEpisode, type Episode } from './episodes.ts';
import type { Chosen } from './use-chosen.ts';
import { WhyPanel } from './why-panel.tsx';
import { AnomalousThen } from '../../wall/timeline/anomalous-then.tsx';
import { serverClock } from '../../api/server-clock.ts';

/** How far around an anomaly others are looked for. */
const AROUND_MS = 3_600_000;

/** What was chosen, explained; else the newest anomaly that is shown, else how the metric is now. */
export function ExplainPanel(props: {
  readonly metric: MetricHeadFragment;
  readonly chosen: Chosen;
  /** Newest first. */
  readonly episodes: readonly Episode[];
}) {
  const { metric, chosen, episodes } = props;
  const { id, unit, latest } = metric;
  const explain = (title: string, point: PointFragment) => (
    <WhyPanel title={title} metricId={id} point={point} unit={unit} />
  );
  const explainAnomaly = (point: PointFragment) => (
    <>
      {explain('Why', point)}
      <AnomalousThen span={spanAround(point.timestamp)} metricId={id} onClose={null} />
    </>
  );
  if (chosen.point !== null) return explainAnomaly(chosen.point);
  // Another event than the one that was asked for is never shown in its place.
  if (chosen.time !== null) return <NothingThen chosen={chosen} />;
  const newest = chooseEpisode(episodes);
  if (newest !== null) return explainAnomaly(newest.first);
  if (latest === null) return null;
  const silentMs = measureSilence(Date.parse(latest.timestamp), metric.periodSeconds, serverClock.now());
  return silentMs === null ? (
    explain('Now', latest)
  ) : (
    <Silent metric={metric} latest={latest} silentMs={silentMs} />
  );
}

/** In whole intervals of bars, so that it is the same for a minute or two. */
function spanAround(timestamp: string) {
  const intervalMs = 300_000;
  const middle = Math.floor(Date.parse(timestamp) / intervalMs) * intervalMs;
  return { fromMs: middle - AROUND_MS, toMs: middle + AROUND_MS };
}

function NothingThen({ chosen: { time, isAsking } }: { readonly chosen: Chosen }) {
  if (time === null) return null;
  return (
    <section className="card stack" aria-label="Why">
      <h2>{isAsking ? 'Loading…' : 'Normal'}</h2>
      {isAsking ? null : (
        <p>
          No anomaly between <TimeText time={new Date(time.fromMs).toISOString()} /> and{' '}
          <TimeText time={new Date(time.toMs).toISOString()} />.
        </p>
      )}
    </section>
  );
}

/** A metric that sends nothing is not normal: nobody knows how it is. */
function Silent(props: {
  readonly metric: MetricHeadFragment;
  readonly latest: PointFragment;
  readonly silentMs: number;
}) {
  const { metric, latest, silentMs } = props;
  return (
    <section className="card stack" aria-label="Now">
      <div className="line spread">
        <h2>Now</h2>
        <span className="badge yellow">◆ no data</span>
      </div>
      <p>
        No data since <TimeText time={latest.timestamp} />, for {formatSpan(silentMs)}. The last value was{' '}
        {formatValue(latest.value, metric.unit)}.
      </p>
    </section>
  );
}
