import { useState } from 'react';
import { Link } from 'wouter';
import { useDo } from '../api/ask.ts';
import { type SourcesQuery, MonitorMetricDocument } from '../generated/graphql.ts';
import { ItemResults } from './item-results.tsx';
import { MetricPicker } from './metric-picker.tsx';
import { readMonitored } from './read-monitored.ts';
import { useItems } from './use-items.ts';

/** The host has one resource, itself: only its metrics are to be chosen. */
export function HostChoices({ type }: { readonly type: SourcesQuery['resourceTypes'][number] }) {
  const [metrics, setMetrics] = useState<ReadonlySet<string>>(
    () => new Set(type.metrics.filter(({ isDefault }) => isDefault).map(({ metric }) => metric)),
  );
  const monitor = useDo(MonitorMetricDocument);
  const { items, isWorking, begin } = useItems();
  const start = () =>
    begin(
      [...metrics].map((metric) => ({
        key: metric,
        title: metric,
        run: async () => {
          const monitored = readMonitored(await monitor({ input: { spec: { host: { metric } } } }));
          if (monitored.kind === 'problem') return { problem: monitored.text };
          return { text: monitored.isNew ? 'is monitored' : 'was monitored already' };
        },
      })),
    );
  return (
    <>
      <MetricPicker metrics={type.metrics} chosen={metrics} onChoose={setMetrics} />
      <div className="line">
        <button className="main" disabled={metrics.size === 0 || isWorking} onClick={() => void start()}>
          Monitor {metrics.size} {metrics.size === 1 ? 'metric' : 'metrics'} of this host
        </button>
      </div>
      <ItemResults items={items} label="What became of the metrics" />
      {items.some(({ state }) => state === 'done') && !isWorking ? (
        <Link href="/">See them on the wall</Link>
      ) : null}
    </>
  );
}
