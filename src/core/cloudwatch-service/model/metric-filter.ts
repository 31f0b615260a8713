/** Which metrics are asked for, and how one that is found looks. */

export interface MetricFilter {
  readonly namespace: string | null;
  readonly metricName: string | null;
  /** A metric must hold every one of these; a null value stands for any. */
  readonly dimensions: readonly { readonly name: string; readonly value: string | null }[];
  /** Only metrics that got data in the last three hours. */
  readonly recent: boolean;
}

export interface ListedMetric {
  readonly id: number;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: readonly { readonly name: string; readonly value: string }[];
}
