/**
 * Opens and ends the incidents of groups of which many metrics are anomalous at once, for the rules that ask for them. Nothing is
 * kept between checks: what is open, and which metrics are anomalous, is in the incidents, so that a restart doubles nothing.
 */
import type pg from 'pg';
import { inTransaction } from '../../../platform/postgres/transaction.ts';
import { enqueueNotifications } from '../delivery/enqueue-notifications.ts';
import { NO_CHANGES, sumChanges, type Changes } from '../follow-scores.ts';
import type { Incident } from '../incident.ts';
import type { Rule } from '../rule.ts';
import { type CheckOptions, RuleChecks } from '../rule-checks.ts';
import { readSilenced } from '../silences.ts';
import { dropIncidents, saveIncidents } from '../store-incidents.ts';
import { nameGroup, type RateRule } from './anomaly-rate.ts';
import { findMembers } from './find-members.ts';
import {
  readFiringByRule,
  readGroupsNotified,
  readOpenGroups,
  readRulesWithOpenGroups,
} from './read-rates.ts';
import { stepGroups, type GroupChanges, type GroupNow } from './step-groups.ts';

export class RateCheck {
  readonly #options: CheckOptions;
  readonly #checks: RuleChecks;

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#checks = new RuleChecks({
      ...options,
      onFailed: () => options.stats.count('rate_check_failures'),
      words: {
        failed:
          'the anomaly rates of a rule could not be checked; tried again, and logged when it has succeeded',
        again: 'the anomaly rates of a rule are checked again',
      },
    });
  }

  /** A rule that fails costs no other its check. */
  async check(): Promise<Changes> {
    const { pool, book } = this.#options;
    const rules = book.all().filter((rule): rule is RateRule => rule.anomalyRate !== null);
    if (rules.length === 0) return NO_CHANGES;
    const ids = rules.map(({ id }) => id);
    this.#checks.keep(rules);
    const firing = await readFiringByRule(pool, ids);
    const open = await readRulesWithOpenGroups(pool, ids);
    const all: Changes[] = [];
    for (const rule of rules) {
      const groups = this.#groupFiring(rule, firing.get(rule.id) ?? []);
      const isAnyLarge = [...groups.values()].some(({ length }) => length >= rule.anomalyRate.minMetrics);
      if (!isAnyLarge && !open.has(rule.id)) continue;
      const check = () => inTransaction(pool, (client) => this.#checkRule(client, rule, groups));
      all.push((await this.#checks.try(rule, check)) ?? NO_CHANGES);
    }
    return sumChanges(all);
  }

  #groupFiring(rule: RateRule, firing: readonly Incident[]): ReadonlyMap<string, readonly Incident[]> {
    const groups = new Map<string, Incident[]>();
    for (const incident of firing) {
      const entry = this.#options.registry.byNumber(incident.metricNumber);
      if (entry === undefined) continue;
      const key = nameGroup(rule.anomalyRate, entry);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [incident]);
      else group.push(incident);
    }
    return groups;
  }

  async #checkRule(
    client: pg.PoolClient,
    rule: RateRule,
    firing: ReadonlyMap<string, readonly Incident[]>,
  ): Promise<Changes> {
    const now = this.#options.now();
    const open = await readOpenGroups(client, rule.id);
    const large = [...firing].filter(([, { length }]) => length >= rule.anomalyRate.minMetrics);
    const keys = new Set([...large.map(([key]) => key), ...open.flatMap(({ groupKey }) => groupKey ?? [])]);
    const members = await findMembers({ ...this.#options, pool: client }, rule, keys, now.getTime());
    const groups = [...keys].map((key): GroupNow => {
      const numbers = members.get(key);
      const anomalous = (firing.get(key) ?? []).filter(({ metricNumber }) => numbers?.has(metricNumber));
      return { key, anomalous, metricCount: numbers?.size ?? 0 };
    });
    const anomalous = groups.flatMap((group) => group.anomalous.map(({ metricNumber }) => metricNumber));
    const outcome = stepGroups(rule, groups, {
      open,
      silenced: await readSilenced(client, anomalous, now),
      notifiedMs: await readGroupsNotified(client, rule.id, [...keys]),
      nowMs: now.getTime(),
    });
    return store(client, rule, outcome, now);
  }
}

async function store(client: pg.PoolClient, rule: Rule, outcome: GroupChanges, now: Date): Promise<Changes> {
  const { dropped, saved, opened, starts, ends } = outcome;
  await dropIncidents(client, dropped);
  await saveIncidents(client, saved, now);
  const notificationIds: string[] = [];
  if (starts.length > 0) {
    notificationIds.push(
      ...(await enqueueNotifications(client, { kind: 'START', rule, incidentIds: starts }, now)),
    );
  }
  if (ends.length > 0 && rule.notifyEnd) {
    notificationIds.push(
      ...(await enqueueNotifications(client, { kind: 'END', rule, incidentIds: ends }, now)),
    );
  }
  return {
    incidentIds: [...saved.map(({ id }) => id), ...dropped],
    notificationIds,
    opened: opened.length,
    ended: saved.filter(({ state }) => state === 'ENDED').length,
  };
}
