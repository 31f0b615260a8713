/** The metrics of listed resources of AWS that a policy means: those `monitorResource` takes. */
import { setImmediate } from 'node:timers/promises';
import type { PrismaClient } from '../../../generated/prisma/client.ts';
import { DEFAULT_ACCOUNT, type Datasource } from '../../../model.ts';
import { GONE } from '../../inventory/save-resources.ts';
import type { MetricEntry, Registry } from '../../metrics/registry.ts';
import { joinTags, readAttributes, readTags } from '../../metrics/stored-tags.ts';
import type { MetricDescription, Source } from '../../sources/source.ts';
import { matchesPolicy, type Candidate, type Policy } from './policy.ts';

export interface DiscoveredMetric {
  readonly candidate: Candidate;
  readonly spec: unknown;
  readonly description: MetricDescription;
  /** As it is known already. */
  readonly known: MetricEntry | undefined;
}

/** Some milliseconds of work: points are taken between two such pieces. */
const RESOURCES_AT_ONCE = 50;

export interface DiscoveryParts {
  readonly prisma: PrismaClient;
  readonly registry: Pick<Registry, 'byIdentity'>;
  readonly sources: ReadonlyMap<Datasource, Source>;
}

/** @param region null for all */
export async function* listMatching(
  parts: DiscoveryParts,
  policy: Pick<Policy, 'match' | 'accountId'>,
  region: string | null,
): AsyncGenerator<DiscoveredMetric> {
  if (!policy.match.sources.includes('CLOUDWATCH')) return;
  for await (const found of listDiscovered(parts, region)) {
    if (matchesPolicy(policy, found.candidate)) yield found;
  }
}

async function* listDiscovered(
  parts: DiscoveryParts,
  region: string | null,
): AsyncGenerator<DiscoveredMetric> {
  const source = parts.sources.get('CLOUDWATCH');
  if (source?.resourceSpecs === undefined) return;
  const resources = await parts.prisma.resource.findMany({
    where: {
      datasource: 'CLOUDWATCH',
      ...(region === null ? {} : { region }),
      OR: [{ state: { not: GONE } }, { state: null }],
    },
    orderBy: [{ region: 'asc' }, { type: 'asc' }, { resourceId: 'asc' }],
  });
  for (const [index, resource] of resources.entries()) {
    if (index % RESOURCES_AT_ONCE === 0) await setImmediate();
    for (const spec of source.resourceSpecs(resource, null)) {
      const description = source.describe(spec);
      const { resourceId, state } = resource;
      const tags = joinTags(description.tags ?? [], readTags(resource.tags));
      const seen = { resourceId, state, tags, attributes: readAttributes(resource.attributes) };
      yield {
        candidate: {
          accountId: DEFAULT_ACCOUNT,
          datasource: 'CLOUDWATCH',
          name: description.name,
          resource: seen,
        },
        spec,
        description,
        known: parts.registry.byIdentity('CLOUDWATCH', description.identity),
      };
    }
  }
}
