/** What became of a request to monitor one metric. */
import type { Outcome } from '../api/ask.ts';
import type { MonitorMetricMutation } from '../generated/graphql.ts';

export type Monitored =
  | { readonly kind: 'problem'; readonly text: string }
  | { readonly kind: 'done'; readonly id: string; readonly name: string; readonly isNew: boolean };

/** One that is monitored already is as good as a new one. */
export function readMonitored(outcome: Outcome<MonitorMetricMutation>): Monitored {
  if ('problem' in outcome) return { kind: 'problem', text: outcome.problem };
  const { monitorMetric: result } = outcome.data;
  if ('id' in result) return { kind: 'done', id: result.id, name: result.name, isNew: true };
  if ('metric' in result) {
    return { kind: 'done', id: result.metric.id, name: result.metric.name, isNew: false };
  }
  return { kind: 'problem', text: result.failure };
}
