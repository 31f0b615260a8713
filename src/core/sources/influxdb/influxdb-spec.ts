/** What names a series of InfluxDB, and what watching it means. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidInputError } from '../../../errors.ts';
import { isPrintable, parseSpec } from '../parse-spec.ts';
import { findResourceTag } from '../series-resource.ts';
import type { MetricDescription } from '../source.ts';

/** How the points of one period become one value: functions of Flux of the same name. */
const INFLUXDB_AGGREGATES = ['mean', 'sum', 'min', 'max', 'last', 'count'] as const;

export const INFLUXDB_NAMESPACE = 'InfluxDB';
export const DEFAULT_PERIOD_SECONDS = 60;
const MAX_NAME_LENGTH = 255;
const MAX_TAGS = 30;

/** Not trimmed: a blank at an end belongs to a name of InfluxDB. */
const name = z
  .string()
  .min(1, 'expected a text, got an empty one')
  .max(MAX_NAME_LENGTH)
  .refine(isPrintable, 'expected a text without control characters');

const influxdbSpec = z.strictObject({
  bucket: name,
  measurement: name,
  field: name,
  /** Tags a point must have; those left out may be anything, and are aggregated over. */
  tags: z
    .record(name, name)
    .refine((tags) => Object.keys(tags).length <= MAX_TAGS, `expected at most ${MAX_TAGS} tags`)
    .default({}),
  aggregate: z.enum(INFLUXDB_AGGREGATES).default('mean'),
  periodSeconds: z.int().min(1).max(86_400).default(DEFAULT_PERIOD_SECONDS),
  /** The tag whose value is the resource the series belongs to; the first conventional one when left out. */
  resourceTag: name.optional(),
});

export type InfluxdbSpec = z.output<typeof influxdbSpec>;

/** @throws InvalidInputError naming the field */
export function readInfluxdbSpec(spec: unknown): InfluxdbSpec {
  const whole = { name: 'influxdb', expected: '{ bucket, measurement, field }' };
  const parsed = parseSpec(influxdbSpec, spec, whole);
  const { resourceTag, tags } = parsed;
  if (resourceTag !== undefined && !Object.hasOwn(tags, resourceTag)) {
    throw new InvalidInputError(
      `resourceTag: expected one of the tags (${Object.keys(tags).join(', ') || 'there are none'}), got ${JSON.stringify(resourceTag)}`,
      ['resourceTag'],
    );
  }
  return parsed;
}

export function describeInfluxdbMetric(spec: unknown): MetricDescription {
  const { bucket, measurement, field, tags, aggregate, periodSeconds, ...given } = readInfluxdbSpec(spec);
  const resourceTag = given.resourceTag ?? findResourceTag(new Map(Object.entries(tags))) ?? undefined;
  const sorted = Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  // Another tag set, aggregate or period is another series: its values are not comparable.
  const parts = [bucket, measurement, field, sorted, aggregate, periodSeconds];
  const resourceId = (resourceTag === undefined ? undefined : tags[resourceTag]) ?? measurement;
  const shownTags = sorted.map(([key, value]) => `${key}=${value}`).join(', ');
  return {
    identity: createHash('sha256').update(JSON.stringify(parts)).digest('hex'),
    name: `${measurement}.${field}`,
    description: `${aggregate} of ${measurement}.${field}${shownTags === '' ? '' : ` where ${shownTags}`} in ${bucket}`,
    unit: null,
    server: `${bucket}/${INFLUXDB_NAMESPACE}/${resourceId}`,
    location: bucket,
    tagName: null,
    periodSeconds,
    modelParams: {},
    resource: {
      region: bucket,
      type: resourceTag ?? measurement,
      namespace: INFLUXDB_NAMESPACE,
      resourceId,
      name: null,
      state: null,
      tags: resourceTag === undefined ? [] : [{ key: resourceTag, value: resourceId }],
    },
    tags: sorted.map(([key, value]) => ({ key, value })),
  };
}
