/**
 * The resource a series belongs to, where its source knows none: what its sender calls the thing that was measured.
 * Telegraf, Datadog and collectd write it as `host`, OpenTelemetry as `service.instance.id` and `host.name` (Prometheus
 * gets the first as `instance`), scrapers of Prometheus as `instance`, collectd for OpenTSDB as `fqdn`, and Graphite's manual as
 * `server`.
 * https://docs.influxdata.com/telegraf/v1/configuration/
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 * https://graphite.readthedocs.io/en/latest/tags.html
 */
import type { Datasource } from '../../model.ts';
import {
  readSeriesMetric,
  readSeriesTags,
  toCanonicalName,
  toPushedServer,
  writeSeriesName,
} from './pushed-name.ts';
import type { SourceResource } from './source.ts';

/** What a point's own `resource` becomes in the name of its series. */
const EXPLICIT_TAG = 'resource';

/**
 * Tags that name the resource; the first a series has counts. `host` comes before `instance`, which agents on Windows
 * use for a disk or a process of their host; what names one process comes before the name of its host.
 */
const RESOURCE_TAGS = [
  'host',
  'service.instance.id',
  'service_instance_id',
  'instance',
  'host.name',
  'host_name',
  'hostname',
  'fqdn',
  'server',
  EXPLICIT_TAG,
] as const;

/** Type and namespace of resources known from pushed series alone. */
const PUSHED_TYPE = 'Custom';

/** The key of the tag that names the resource; null when none does. */
export function findResourceTag(tags: ReadonlyMap<string, string>): string | null {
  return RESOURCE_TAGS.find((key) => (tags.get(key) ?? '').trim() !== '') ?? null;
}

/** The resource a pushed series names by its tags, short enough for an index; null when it names none. */
export function findPushedResource(name: string): string | null {
  if (!name.includes(';')) return null;
  const tags = readSeriesTags(name);
  const key = findResourceTag(tags);
  return key === null ? null : toPushedServer(tags.get(key) ?? '');
}

/** What the same metric of another resource is called as well: its name without the tag that names the resource. */
export function nameWithoutResource(name: string): string {
  const tags = readSeriesTags(name);
  const key = findResourceTag(tags);
  if (key === null) return name;
  return writeSeriesName(
    readSeriesMetric(name),
    [...tags].filter(([other]) => other !== key),
  );
}

/**
 * The name of the series a point belongs to whose sender says which resource it is of: the same metric of two resources
 * is two series, so the resource is a tag of it unless the series names it already.
 */
export function nameOnResource(name: string, resource: string): string {
  const canonical = toCanonicalName(name);
  if (findPushedResource(canonical) === resource) return canonical;
  const tags = readSeriesTags(canonical);
  // A name with semicolons but without tags is a name as any other.
  return writeSeriesName(readSeriesMetric(canonical), [...tags, [EXPLICIT_TAG, resource]]);
}

export function describePushedResource(resourceId: string): SourceResource {
  return {
    region: '',
    type: PUSHED_TYPE,
    namespace: PUSHED_TYPE,
    resourceId,
    name: resourceId,
    state: null,
    tags: [],
  };
}

/** The canonical name of a resource, as its metrics carry it: region/namespace/id, or what a pushed one is called. */
export function nameServer({
  datasource,
  region,
  namespace,
  resourceId,
}: Pick<SourceResource, 'region' | 'namespace' | 'resourceId'> & {
  readonly datasource: Datasource;
}): string {
  return datasource === 'CUSTOM' ? resourceId : `${region}/${namespace}/${resourceId}`;
}
