/** A monitoring policy as it is held in memory, and which metrics it means. Pure. */
import type { AlertPolicy } from '../../metrics/alert-policy.ts';
import { readModelParams } from '../../metrics/model-params.ts';
import { readTagFilters } from '../../metrics/stored-tags.ts';
import {
  matchesTags,
  matchesWildcards,
  type FilteredResource,
  type TagFilter,
} from '../../metrics/tag-filter.ts';
import type { MonitoringPolicy } from '../../../generated/prisma/client.ts';
import type { Datasource, ModelParams } from '../../../model.ts';

/**
 * Sources whose metrics come to be known by themselves: series that are pushed, and the default metrics of resources of
 * AWS that are listed. The host is monitored from the start, InfluxDB and Prometheus list no series,
 * and autostacks are made by hand.
 */
export const POLICY_SOURCES: readonly Datasource[] = ['CUSTOM', 'CLOUDWATCH'];

/** Which metrics: all conditions have to hold. */
export interface PolicyMatch {
  /** Of the whole name, with the wildcards of tag filters; null for any. */
  readonly namePattern: string | null;
  /** On the tags of the metric and of its resource; none for any. */
  readonly tags: readonly TagFilter[];
  readonly sources: readonly Datasource[];
}

export interface Policy {
  /** A uuid. */
  readonly id: string;
  readonly accountId: number;
  readonly name: string;
  readonly enabled: boolean;
  readonly match: PolicyMatch;
  readonly model: ModelParams;
  readonly alertPolicy: AlertPolicy;
}

/** A metric that begins to be known. */
export interface Candidate {
  readonly accountId: number;
  readonly datasource: Datasource;
  readonly name: string;
  /** With the tags of the metric itself. */
  readonly resource: FilteredResource;
}

export function matchesPolicy(
  { match, accountId }: Pick<Policy, 'match' | 'accountId'>,
  candidate: Candidate,
): boolean {
  const { namePattern, tags, sources } = match;
  if (candidate.accountId !== accountId || !sources.includes(candidate.datasource)) return false;
  if (namePattern !== null && !matchesWildcards(namePattern, candidate.name)) return false;
  return tags.length === 0 || matchesTags(tags, candidate.resource);
}

export function readPolicy(row: MonitoringPolicy): Policy {
  const { id, accountId, name, enabled, namePattern, sources, modelParams } = row;
  const { direction, minDeviation, minDeviationRatio } = row;
  return {
    id,
    accountId,
    name,
    enabled,
    match: { namePattern, tags: readTagFilters(row.tags), sources },
    model: readModelParams(modelParams),
    alertPolicy: { direction, minDeviation, minDeviationRatio },
  };
}
