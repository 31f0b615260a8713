import { useEffect, useState } from 'react';
import { useAskOnce } from '../api/ask.ts';
import { type MetricHeadFragment, PreviewPolicyDocument } from '../generated/graphql.ts';
import { formatSpan } from '../parts/format-time.ts';
import type { PolicyDraft } from './policy-draft.ts';
import type { Flag } from './chart/value-plot.ts';
import { serverClock } from '../api/server-clock.ts';

const WEEK_MS = 7 * 86_400_000;
/** What `scoreSeries` takes at once, with some room. */
const MAX_POINTS = 9_500;
const TYPING_MS = 300;

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'problem'; readonly text: string }
  | { readonly kind: 'known'; readonly episodes: number; readonly alarms: number; readonly spanMs: number };

/** What a policy would have let through in the last week. */
export function PolicyPreview(props: {
  readonly metric: MetricHeadFragment;
  readonly draft: PolicyDraft;
  readonly onPreview: (flags: readonly Flag[]) => void;
}) {
  const { metric, draft, onPreview } = props;
  const [state, setState] = useState<State>({ kind: 'asking' });
  const preview = useAskOnce(PreviewPolicyDocument);
  const { id, periodSeconds } = metric;
  const { direction, minDeviation, minDeviationRatio } = draft;
  useEffect(() => {
    let isStale = false;
    setState({ kind: 'asking' });
    const ask = async () => {
      const spanMs = Math.min(WEEK_MS, MAX_POINTS * periodSeconds * 1000);
      const from = new Date(serverClock.now() - spanMs).toISOString();
      const policy = { direction, minDeviation, minDeviationRatio };
      const outcome = await preview({ input: { metricId: id, from, policy } });
      if (isStale) return;
      if ('problem' in outcome) {
        setState({ kind: 'problem', text: outcome.problem });
        return;
      }
      const { scoreSeries } = outcome.data;
      if ('failure' in scoreSeries) {
        setState({ kind: 'problem', text: scoreSeries.failure });
        return;
      }
      const alarms = scoreSeries.points.filter((point) => point.triggersAlert);
      const episodes = scoreSeries.points.filter((point) => point.opensIncident).length;
      setState({ kind: 'known', episodes, alarms: alarms.length, spanMs });
      onPreview(
        alarms.map(({ timestamp }) => ({
          timeMs: Date.parse(timestamp),
          kind: 'preview',
          text: 'would alert',
        })),
      );
    };
    const timer = setTimeout(() => void ask(), TYPING_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [id, periodSeconds, direction, minDeviation, minDeviationRatio, preview, onPreview]);
  return (
    <p className="quiet" role="status">
      {describe(state)}
    </p>
  );
}

function describe(state: State): string {
  if (state.kind === 'asking') return 'Loading the preview…';
  if (state.kind === 'problem') return `No preview: ${state.text}`;
  const { episodes, alarms, spanMs } = state;
  return `Preview, last ${formatSpan(spanMs)}: ${alarms} of ${episodes} anomalies would have triggered an alert (flagged on the chart).`;
}
