/** What is not counted but looked up at each scrape: the version, the metrics by status, the quota, the licence. */
import { DATASOURCES, METRIC_STATUS_BITS, type Datasource, type MetricStatus } from '../../model.ts';
import type { LicenseState } from './license.ts';
import type { Family } from './family.ts';

export interface ServerState {
  readonly version: string;
  readonly metrics: Iterable<{ readonly datasource: Datasource; readonly status: MetricStatus }>;
  /** Resources that are monitored, and how many may be; null for any number. */
  readonly resources: number;
  readonly resourceLimit: number | null;
  readonly license: LicenseState;
}

const LICENSE_STATUSES = ['ok', 'warning', 'error'] as const;

/** Every combination of datasource and status is shown, those of 0 too, so that a first error is a rise. */
export function describeServer({ version, metrics, ...state }: ServerState): readonly Family[] {
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
    gauge(
      'lapwing_resources',
      'Resources that are monitored. Near lapwing_resources_limit no further one can be.',
      state.resources,
    ),
    gauge(
      'lapwing_resources_limit',
      'Resources that may be monitored, by LAPWING_QUOTA_RESOURCES and the licence; +Inf for any number.',
      state.resourceLimit ?? Infinity,
    ),
    {
      name: 'lapwing_license_status',
      kind: 'gauge',
      help: 'What the licence is: 1 at one status, 0 at the others. No licence is ok.',
      samples: LICENSE_STATUSES.map((status) => ({
        labels: { status },
        value: status === state.license.status ? 1 : 0,
      })),
    },
  ];
}

function gauge(name: string, help: string, value: number): Family {
  return { name, kind: 'gauge', help, samples: [{ labels: {}, value }] };
}
