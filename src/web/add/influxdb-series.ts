/** From what a form says to a series of InfluxDB. */
import type { InfluxdbAggregate, InfluxdbMetricSpec } from '../generated/graphql.ts';

/** How the points of a period become one value, and what that is called. */
export const AGGREGATES = [
  ['MEAN', 'their average'],
  ['SUM', 'their sum'],
  ['MIN', 'the smallest'],
  ['MAX', 'the largest'],
  ['LAST', 'the newest'],
  ['COUNT', 'how many there are'],
] as const satisfies readonly (readonly [InfluxdbAggregate, string])[];

export interface SeriesDraft {
  readonly field: string;
  /** By tag; an empty value stands for any. */
  readonly tags: Readonly<Record<string, string>>;
  readonly aggregate: InfluxdbAggregate;
  readonly periodSeconds: number;
  /** The tag whose value names the resource; empty for the measurement. */
  readonly resourceTag: string;
}

/** Types of InfluxDB are named InfluxDB/BUCKET/MEASUREMENT, and either part may have slashes of its own. */
export function nameMeasurement(type: { readonly name: string; readonly namespace: string }): {
  readonly bucket: string;
  readonly measurement: string;
} {
  return {
    bucket: type.namespace.slice(type.namespace.indexOf('/') + 1),
    measurement: type.name.slice(type.namespace.length + 1),
  };
}

/** Tags without a value are left out, and with them a resource named by one. */
export function writeSeries(
  type: { readonly name: string; readonly namespace: string },
  draft: SeriesDraft,
): InfluxdbMetricSpec {
  const tags = Object.entries(draft.tags)
    .map(([key, value]) => ({ key, value: value.trim() }))
    .filter(({ value }) => value !== '');
  const isNamed = tags.some(({ key }) => key === draft.resourceTag);
  return {
    ...nameMeasurement(type),
    field: draft.field,
    tags,
    aggregate: draft.aggregate,
    periodSeconds: draft.periodSeconds,
    ...(isNamed ? { resourceTag: draft.resourceTag } : {}),
  };
}
