/** The metrics of groups: what a share of anomalous metrics is a share of. */
import type pg from 'pg';
import type { MetricEntry, Registry } from '../../metrics/registry.ts';
import { findHeardMs, matchesNames, matchesScope, readMetricFacts } from '../metric-facts.ts';
import type { Rule } from '../rule.ts';
import { nameGroup, type RateRule } from './anomaly-rate.ts';

/** Bounds what is read of the database at once. */
const METRICS_AT_ONCE = 1000;

/**
 * The monitored metrics of some groups that the rule looks at, and that reported within its `staleSeconds`. The database is
 * asked only by rules that ask for tags.
 * @returns their numbers by group; a group without any is not in the answer
 */
export async function findMembers(
  context: { readonly pool: Pick<pg.Pool, 'query'>; readonly registry: Pick<Registry, 'all'> },
  rule: RateRule,
  groupKeys: ReadonlySet<string>,
  nowMs: number,
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const sinceMs = nowMs - rule.staleSeconds * 1000;
  const entries = await findScoped(
    context,
    rule,
    (entry) => groupKeys.has(nameGroup(rule.anomalyRate, entry)) && findHeardMs(entry, nowMs) >= sinceMs,
  );
  const members = new Map<string, Set<number>>();
  for (const entry of entries) {
    const key = nameGroup(rule.anomalyRate, entry);
    const known = members.get(key);
    if (known === undefined) members.set(key, new Set([entry.number]));
    else known.add(entry.number);
  }
  return members;
}

/** The monitored metrics that the rule looks at, and that are wanted. As above, the database is asked for tags alone. */
export async function findScoped(
  context: { readonly pool: Pick<pg.Pool, 'query'>; readonly registry: Pick<Registry, 'all'> },
  rule: Rule,
  isWanted: (entry: MetricEntry) => boolean,
): Promise<readonly MetricEntry[]> {
  const named = [...context.registry.all()].filter(
    (entry) => entry.status === 'ACTIVE' && matchesNames(rule.scope, entry) && isWanted(entry),
  );
  return rule.scope.tags === undefined ? named : keepTagged(context.pool, rule, named);
}

async function keepTagged(
  pool: Pick<pg.Pool, 'query'>,
  { scope }: Rule,
  entries: readonly MetricEntry[],
): Promise<readonly MetricEntry[]> {
  const kept: MetricEntry[] = [];
  for (let from = 0; from < entries.length; from += METRICS_AT_ONCE) {
    const some = entries.slice(from, from + METRICS_AT_ONCE);
    const facts = await readMetricFacts(
      pool,
      some.map(({ number }) => number),
    );
    for (const entry of some) {
      const fact = facts.get(entry.number);
      if (fact !== undefined && matchesScope(scope, fact)) kept.push(entry);
    }
  }
  return kept;
}
