/** What rules and messages want to know of metrics, and which rule concerns which. */
import type pg from 'pg';
import type { AlertPolicy } from '../metrics/alert-policy.ts';
import type { MetricEntry } from '../metrics/registry.ts';
import { joinTags, readAttributes, readTags } from '../metrics/stored-tags.ts';
import { matchesTags, matchesWildcards, type FilteredResource } from '../metrics/tag-filter.ts';
import { SCORED_AHEAD_MS, type Datasource } from '../../model.ts';
import type { RuleScope } from './rule.ts';

export interface MetricFacts {
  readonly id: string;
  readonly number: number;
  readonly accountId: number;
  readonly name: string;
  readonly unit: string | null;
  readonly server: string;
  readonly location: string;
  readonly datasource: Datasource;
  /** The friendly name of its resource. */
  readonly tagName: string | null;
  readonly periodSeconds: number;
  readonly policy: AlertPolicy;
  readonly autostackId: string | null;
  /** What it belongs to as filters see it, with the tags of its series: see `Metric.tags`. */
  readonly resource: FilteredResource;
}

interface FactsRow extends Pick<
  MetricFacts,
  'id' | 'number' | 'name' | 'unit' | 'server' | 'location' | 'datasource'
> {
  account_id: number;
  tag_name: string | null;
  period_seconds: number;
  direction: AlertPolicy['direction'];
  min_deviation: number;
  min_deviation_ratio: number;
  autostack_id: string | null;
  /** Null where the metric has no resource, as are the next. */
  resource_id: string | null;
  state: string | null;
  series_tags: unknown;
  tags: unknown;
  attributes: unknown;
}

export async function readMetricFacts(
  client: Pick<pg.Pool, 'query'>,
  metricNumbers: readonly number[],
): Promise<ReadonlyMap<number, MetricFacts>> {
  const { rows } = await client.query<FactsRow>(
    `SELECT m.id, m.number, m.account_id, m.name, m.unit, m.server, m.location, m.datasource, m.tag_name, m.period_seconds,
            m.direction, m.min_deviation, m.min_deviation_ratio, m.autostack_id,
            m.tags AS series_tags,
            r.resource_id, r.state, r.tags, r.attributes
     FROM metric m LEFT JOIN resource r ON r.id = m.resource_id WHERE m.number = ANY($1::int[])`,
    [metricNumbers],
  );
  return new Map(rows.map((row) => [row.number, toFacts(row)]));
}

/** A scope without a condition is everything. */
export function matchesScope(scope: RuleScope, facts: MetricFacts): boolean {
  return matchesNames(scope, facts) && (scope.tags === undefined || matchesTags(scope.tags, facts.resource));
}

/** All that a scope asks for but tags: the registry knows it of every metric. */
export function matchesNames(
  { metricIds, servers, autostackId, namePattern }: RuleScope,
  facts: Pick<MetricFacts, 'id' | 'server' | 'autostackId' | 'name'>,
): boolean {
  if (metricIds !== undefined && !metricIds.includes(facts.id)) return false;
  if (servers !== undefined && !servers.includes(facts.server)) return false;
  if (autostackId !== undefined && facts.autostackId !== autostackId) return false;
  return namePattern === undefined || matchesWildcards(namePattern, facts.name);
}

/** As Metric.displayName. */
export function nameInstance({ tagName, server }: MetricFacts): string {
  return tagName === null ? server : `${tagName} (${server})`;
}

/** Whose quiet period it is: several accounts may call a resource of theirs the same. */
export function nameQuiet(
  ruleId: string,
  { accountId, server }: Pick<MetricFacts, 'accountId' | 'server'>,
): string {
  return `${ruleId} ${accountId} ${server}`;
}

const MIN_SILENCE_SECONDS = 3600;
const SILENT_PERIODS = 12;

/** How long no point of a metric may come before its incidents are no longer believed. */
export function silenceMs(periodSeconds: number): number {
  return Math.max(MIN_SILENCE_SECONDS, SILENT_PERIODS * periodSeconds) * 1000;
}

/** When a metric was last heard of; 0 for never. A sample that lies ahead, and waits to be scored, says nothing of that. */
export function findHeardMs(
  { lastTimestampMs, scoredToMs }: Pick<MetricEntry, 'lastTimestampMs' | 'scoredToMs'>,
  nowMs: number,
): number {
  const lastMs = lastTimestampMs ?? 0;
  return lastMs > nowMs + SCORED_AHEAD_MS ? (scoredToMs ?? 0) : lastMs;
}

function toFacts(row: FactsRow): MetricFacts {
  return {
    id: row.id,
    number: row.number,
    accountId: row.account_id,
    name: row.name,
    unit: row.unit,
    server: row.server,
    location: row.location,
    datasource: row.datasource,
    tagName: row.tag_name,
    periodSeconds: row.period_seconds,
    policy: {
      direction: row.direction,
      minDeviation: row.min_deviation,
      minDeviationRatio: row.min_deviation_ratio,
    },
    autostackId: row.autostack_id,
    resource: toResource(row),
  };
}

function toResource({ resource_id, state, series_tags, tags, attributes }: FactsRow): FilteredResource {
  return {
    resourceId: resource_id,
    state,
    tags: joinTags(readTags(series_tags), readTags(tags)),
    attributes: readAttributes(attributes),
  };
}
