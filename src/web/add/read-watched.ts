/** What became of a wish to watch one metric. */
import type { Outcome } from '../api/ask.ts';
import type { WatchMetricMutation } from '../generated/graphql.ts';

export type Watched =
  | { readonly kind: 'problem'; readonly text: string }
  | { readonly kind: 'done'; readonly id: string; readonly name: string; readonly isNew: boolean };

/** One that is watched already is as good as a new one. */
export function readWatched(outcome: Outcome<WatchMetricMutation>): Watched {
  if ('problem' in outcome) return { kind: 'problem', text: outcome.problem };
  const { monitorMetric: result } = outcome.data;
  if ('id' in result) return { kind: 'done', id: result.id, name: result.name, isNew: true };
  if ('metric' in result) {
    return { kind: 'done', id: result.metric.id, name: result.metric.name, isNew: false };
  }
  return { kind: 'problem', text: result.failure };
}
