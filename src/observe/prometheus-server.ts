/** What is not counted but looked up at each scrape: the version, and the metrics by status. */
import { DATASOURCES, METRIC_STATUS_BITS, type Datasource, type MetricStatus } from '../model.ts';
import type { Family } from './prometheus.ts';

export interface ServerState {
  readonly version: string;
  readonly metrics: Iterable<{ readonly datasource: Datasource; readonly status: MetricStatus }>;
}

/** Every combination of datasource and status is told, those of 0 too, so that a first error is a rise. */
export function describeServer({ version, metrics }: ServerState): readonly Family[] {
  const counts = new Map<string, number>();
  for (const { datasource, status } of metrics) {
    const key = `${datasource} ${status}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  // Object.keys of a literal: its keys are the statuses.
  const statuses = Object.keys(METRIC_STATUS_BITS) as MetricStatus[];
  const samples = DATASOURCES.flatMap((datasource) =>
    statuses.map((status) => ({
      labels: { datasource, status },
      value: counts.get(`${datasource} ${status}`) ?? 0,
    })),
  );
  return [
    {
      name: 'lapwing_build_info',
      kind: 'gauge',
      help: 'The version that runs; always 1.',
      samples: [{ labels: { version }, value: 1 }],
    },
    {
      name: 'lapwing_metrics',
      kind: 'gauge',
      help: 'Metrics known, by source and status. Rises in ERROR when sources fail for hours or a detector throws.',
      samples,
    },
  ];
}
