/** The form of the catalogue's rows. */

export interface CatalogueMetric {
  readonly metric: string;
  /** Of CloudWatch: Average, Sum, Maximum, p99, … */
  readonly statistic: string;
  /** As CloudWatch writes units; null where it says None. */
  readonly unit: string | null;
  /** Highest value to expect (the lowest is 0); null where both are learned from the first samples. */
  readonly max: number | null;
  /** Monitored when its whole resource is. */
  readonly isDefault: boolean;
  /** Where it differs from its resource type's. */
  readonly namespace?: string;
  /** Dimensions it needs beside its resource type's. */
  readonly extraDimensions?: readonly string[];
}

export interface CatalogueType {
  /** As CloudFormation calls the type. */
  readonly name: string;
  readonly namespace: string;
  /** The dimensions that name one resource; its id is their values, with a slash between. */
  readonly dimensions: readonly string[];
  /** What a person calls it: "CPUUtilization of EC2 instance i-1 in us-west-2". */
  readonly noun: string;
  /** Whether its tags can be asked for, so that autostacks can be made of it. */
  readonly aggregatable?: true;
  readonly metrics: readonly CatalogueMetric[];
}

/** One that is monitored when its whole resource is. @param max highest value to expect; learned when left out */
export function byDefault(metric: string, statistic: string, unit: string | null, max?: number) {
  return { metric, statistic, unit, max: max ?? null, isDefault: true } satisfies CatalogueMetric;
}

/** One that is monitored only when it is asked for. @param max as of `byDefault` */
export function onRequest(metric: string, statistic: string, unit: string | null, max?: number) {
  return { ...byDefault(metric, statistic, unit, max), isDefault: false } satisfies CatalogueMetric;
}
