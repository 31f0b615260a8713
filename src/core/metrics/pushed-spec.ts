/** The specs of pushed metrics: which name and which resource they mean here. */
import { toCanonicalName, toPushedServer } from '../sources/pushed-name.ts';
import { findPushedResource } from '../sources/series-resource.ts';
import type { MetricEntry, Registry } from './registry.ts';

/** The spec a metric that is known by its name alone is monitored by. */
export function writePushedSpec(metric: Pick<MetricEntry, 'name' | 'server'>): object {
  const { name, server } = metric;
  return hasGivenResource(metric) ? { name, resource: server } : { name };
}

/**
 * The spec with the name its series has here: that of the metric it is already, else the canonical one. A metric keeps
 * the resource its points were pushed with unless the spec names another.
 */
export function resolvePushedSpec(
  spec: unknown,
  registry: Pick<Registry, 'byPushedName'>,
  accountId: number,
): unknown {
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) return spec;
  const entries: readonly [string, unknown][] = Object.entries(spec);
  const given = new Map(entries);
  const known = [given.get('name'), given.get('metric')]
    .filter((name) => typeof name === 'string')
    .map((name) => registry.byPushedName(name, accountId))
    .find((entry) => entry !== undefined);
  const resolve = (name: unknown) =>
    typeof name === 'string' ? (registry.byPushedName(name, accountId)?.name ?? toCanonicalName(name)) : name;
  const resolved = entries.map(([key, value]) => [
    key,
    key === 'name' || key === 'metric' ? resolve(value) : value,
  ]);
  const keepsResource = known !== undefined && given.get('resource') == null && hasGivenResource(known);
  return Object.fromEntries(keepsResource ? [...resolved, ['resource', known.server]] : resolved);
}

/** Whether the resource of a pushed metric is neither its own name nor what its tags name. */
function hasGivenResource({ name, server }: Pick<MetricEntry, 'name' | 'server'>): boolean {
  return server !== toPushedServer(name) && server !== findPushedResource(name);
}
