/**
 * The labels a metric has towards Prometheus: what is measured (`metric`), of which thing (`resource`), where it comes from
 * (`source`), and its tags. A label never names two things, and no two metrics have the same labels. Pure.
 */
import { DEFAULT_ACCOUNT, type Datasource } from '../../../model.ts';
import { joinTags } from '../../metrics/stored-tags.ts';
import type { Tag } from '../../metrics/tag-filter.ts';
import { readSeriesMetric, toCanonicalName } from '../../sources/pushed-name.ts';

/** By name, without empty values: Prometheus takes those for labels that are not there. */
export type Labels = ReadonlyMap<string, string>;

export interface MetricFacts {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly server: string;
  readonly datasource: Datasource;
  readonly hasResource: boolean;
  readonly account: { readonly id: number; readonly name: string };
  readonly seriesTags: readonly Tag[];
  readonly resourceTags: readonly Tag[];
}

export interface LabelledMetric<Facts extends MetricFacts> {
  readonly facts: Facts;
  readonly labels: Labels;
}

/** Labels that are not tags. */
export const OWN_LABELS = {
  metric: 'metric',
  resource: 'resource',
  source: 'source',
  account: 'account',
  id: 'lapwing_id',
} as const;
const OWN: ReadonlySet<string> = new Set(Object.values(OWN_LABELS));
const TAG_PREFIX = 'tag_';

/**
 * Of metrics whose labels would be the same the oldest has them as they are; the others have the label `lapwing_id` besides.
 * @param metrics all of those whose labels could be the same
 */
export function labelMetrics<Facts extends MetricFacts>(
  metrics: readonly Facts[],
): readonly LabelledMetric<Facts>[] {
  const seen = new Set<string>();
  return metrics
    .toSorted((a, b) => a.number - b.number)
    .map((facts) => {
      const labels = labelMetric(facts);
      const key = keyOf(labels);
      if (seen.has(key)) return { facts, labels: sortLabels([...labels, [OWN_LABELS.id, facts.id]]) };
      seen.add(key);
      return { facts, labels };
    });
}

/** @returns a text that two sets of labels share when they are the same */
export function keyOf(labels: Labels): string {
  return JSON.stringify([...labels]);
}

/** In the order of their names, so that equal ones have equal keys. */
export function sortLabels(labels: Iterable<readonly [string, string]>): Labels {
  return new Map([...labels].toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))));
}

function labelMetric(facts: MetricFacts): Labels {
  const { name, server, datasource, hasResource, account } = facts;
  const labels = new Map<string, string>([
    [OWN_LABELS.metric, nameMetric(facts.datasource, name)],
    [OWN_LABELS.source, datasource.toLowerCase()],
  ]);
  // A pushed metric of no resource has its own name in the place of one.
  if (hasResource || datasource !== 'CUSTOM') labels.set(OWN_LABELS.resource, server);
  if (account.id !== DEFAULT_ACCOUNT) labels.set(OWN_LABELS.account, account.name);
  for (const { key, value } of joinTags(facts.seriesTags, facts.resourceTags)) addTag(labels, key, value);
  return sortLabels([...labels].filter(([, value]) => value !== ''));
}

/** The name of a pushed series without its tags, which are labels of their own. */
function nameMetric(datasource: Datasource, name: string): string {
  if (datasource !== 'CUSTOM') return name;
  return readSeriesMetric(toCanonicalName(name));
}

function addTag(labels: Map<string, string>, key: string, value: string): void {
  let label = toLabelName(key);
  while (OWN.has(label) || labels.has(label)) {
    if (labels.get(label) === value) return;
    label = `${TAG_PREFIX}${label}`;
  }
  labels.set(label, value);
}

/** Letters, digits and underscores; two underscores at the beginning are Prometheus' own. */
function toLabelName(key: string): string {
  const name = key.replaceAll(/[^A-Za-z0-9_]/g, '_');
  if (name.startsWith('__')) return `${TAG_PREFIX}${name}`;
  return /^\d/.test(name) || name === '' ? `_${name}` : name;
}
