/** What there is to watch in InfluxDB: each measurement of each bucket, with its fields and tags. */
import { flux, HttpError } from '@influxdata/influxdb-client';
import { SourceUnavailableError } from '../../../errors.ts';
import type { QueryInfluxdb } from './influxdb-query.ts';
import { DEFAULT_PERIOD_SECONDS, INFLUXDB_NAMESPACE } from './influxdb-spec.ts';
import type { SupportedResourceType } from '../source.ts';

/** Each measurement costs two questions. */
const MAX_MEASUREMENTS = 500;

/** Answers that say something of one bucket: all of them are listed by the same token before. */
const OF_BUCKET: ReadonlySet<number> = new Set([400, 401, 403, 404, 422]);

const FROM_SCHEMA = 'import "influxdata/influxdb/schema"\n';

/**
 * Asks for all of it, one question after the other. InfluxDB's own buckets (with an underscore) are left out.
 * @throws SourceUnavailableError
 */
export async function listInfluxdb(
  query: QueryInfluxdb,
  signal: AbortSignal,
): Promise<readonly SupportedResourceType[]> {
  const list = async (question: string, column: string) =>
    (await query(question, signal)).map((row) => row[column]).filter((value) => typeof value === 'string');
  const types: SupportedResourceType[] = [];
  let failure: SourceUnavailableError | undefined;
  for (const bucket of await list('buckets()', 'name')) {
    if (bucket.startsWith('_')) continue;
    try {
      const measurements = await list(
        FROM_SCHEMA + flux`schema.measurements(bucket: ${bucket})`.toString(),
        '_value',
      );
      for (const measurement of measurements) {
        if (types.length >= MAX_MEASUREMENTS) return types;
        const of = flux`(bucket: ${bucket}, measurement: ${measurement})`.toString();
        const fields = await list(`${FROM_SCHEMA}schema.measurementFieldKeys${of}`, '_value');
        const tags = await list(`${FROM_SCHEMA}schema.measurementTagKeys${of}`, '_value');
        types.push(describeType(bucket, measurement, fields, tags));
      }
    } catch (error) {
      if (!isOfBucket(error)) throw error;
      failure ??= error;
    }
  }
  if (types.length === 0 && failure !== undefined) throw failure;
  return types;
}

/** A bucket that was deleted meanwhile, or that the token may see and not read, costs no other. */
function isOfBucket(error: unknown): error is SourceUnavailableError {
  if (!(error instanceof SourceUnavailableError) || !(error.cause instanceof HttpError)) return false;
  return OF_BUCKET.has(error.cause.statusCode);
}

function describeType(
  bucket: string,
  measurement: string,
  fields: readonly string[],
  tags: readonly string[],
): SupportedResourceType {
  const namespace = `${INFLUXDB_NAMESPACE}/${bucket}`;
  return {
    name: `${namespace}/${measurement}`,
    namespace,
    aggregatable: false,
    metrics: fields.map((metric) => ({
      namespace,
      metric,
      unit: null,
      statistic: 'mean',
      periodSeconds: DEFAULT_PERIOD_SECONDS,
      // Those with an underscore (_start, _field, …) are columns of Flux, not tags.
      dimensions: tags.filter((tag) => !tag.startsWith('_')),
      defaultMin: null,
      defaultMax: null,
      isDefault: false,
    })),
  };
}
