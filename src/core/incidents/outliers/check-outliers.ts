/**
 * Finds the metrics that behave unlike the others of their group, for the rules that ask for them, and opens and ends their
 * incidents. What is open is in the incidents, so that a restart doubles nothing.
 */
import type pg from 'pg';
import { inTransaction } from '../../../platform/postgres/transaction.ts';
import { compareGroups, groupAlike, type Compared } from '../../metric-lists/compare-groups.ts';
import type { MetricEntry } from '../../metrics/registry.ts';
import { enqueueNotifications } from '../delivery/enqueue-notifications.ts';
import { sumChanges, type Changes } from '../follow-scores.ts';
import type { Incident } from '../incident.ts';
import { findHeardMs, nameQuiet, readMetricFacts } from '../metric-facts.ts';
import { findMute } from '../mute.ts';
import { findScoped } from '../rates/find-members.ts';
import { type CheckOptions, RuleChecks } from '../rule-checks.ts';
import { readSilenced } from '../silences.ts';
import { readLastNotified, saveIncidents } from '../store-incidents.ts';
import { readCandidates, readOpenOutliers } from './read-outlier-state.ts';
import { stepOutlier, type OutlierRule } from './step-outlier.ts';

/** A check of a rule that did not fail. */
interface Check {
  readonly atMs: number;
  /** Metrics that were like the others of their group, by their numbers. */
  readonly alike: ReadonlySet<number>;
}

/** What a check knows. */
interface Comparisons {
  /** By the number of the metric; of those alone that could be compared. */
  readonly compared: ReadonlyMap<number, Compared>;
  /** Those that were like the others at the check before; none after a start. */
  readonly alike: ReadonlySet<number>;
  readonly nowMs: number;
}

const NONE: ReadonlySet<number> = new Set();
/** A comparison reads as far back as the range is long, twice. */
const MAX_METRICS = 1000;
/** Of the range: a metric has to be unlike the others for a share of it, so that more often would tell little. */
const CHECKS_PER_RANGE = 12;
const MIN_PAUSE_MS = 60_000;

export class OutlierCheck {
  readonly #options: CheckOptions;
  readonly #checks: RuleChecks;
  /** The last check of each rule that did not fail. */
  #last: ReadonlyMap<string, Check> = new Map();

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#checks = new RuleChecks({
      ...options,
      onFailed: () => options.stats.count('outlier_check_failures'),
      words: {
        failed:
          'the metrics of a rule could not be compared for outliers; tried again, and logged when it has succeeded',
        again: 'the metrics of a rule are compared again',
      },
    });
  }

  /** Of the rules that are due. One that fails costs no other its check. */
  async check(): Promise<Changes> {
    const rules = this.#options.book.all().filter((rule): rule is OutlierRule => rule.outliers !== null);
    this.#checks.keep(rules);
    const known = this.#last;
    const next = new Map<string, Check>();
    const all: Changes[] = [];
    for (const rule of rules) {
      const last = known.get(rule.id);
      const nowMs = this.#options.now().getTime();
      const sinceMs = last === undefined ? Infinity : nowMs - last.atMs;
      // A clock that was put back says nothing of when that was.
      const isDue = sinceMs < 0 || sinceMs >= findPauseMs(rule);
      const check = () => this.#checkRule(rule, nowMs, last?.alike ?? NONE);
      const done = isDue ? await this.#checks.try(rule, check) : null;
      // One that failed is due at the next round.
      const kept = done ?? last;
      if (kept !== undefined) next.set(rule.id, kept);
      if (done !== null) all.push(done.changes);
    }
    this.#last = next;
    return sumChanges(all);
  }

  async #checkRule(rule: OutlierRule, nowMs: number, alike: ReadonlySet<number>) {
    const { pool } = this.#options;
    const compared = await this.#compare(rule, nowMs);
    const now = { compared, alike, nowMs };
    const changes = await inTransaction(pool, (client) => this.#applyRule(client, rule, now));
    const isAlike = ({ share }: Compared) => share < rule.outliers.minShare;
    const like = [...compared.values()].filter(isAlike).map(({ metricNumber }) => metricNumber);
    return { atMs: nowMs, alike: new Set(like), changes };
  }

  /** @returns by the number of the metric; of those alone that could be compared */
  async #compare(rule: OutlierRule, nowMs: number): Promise<ReadonlyMap<number, Compared>> {
    const { pool, stats } = this.#options;
    const { seconds, tolerance } = rule.outliers;
    const fromMs = nowMs - seconds * 1000;
    const entries = await findScoped(this.#options, rule, (entry) => findHeardMs(entry, nowMs) >= fromMs);
    const chosen = entries.toSorted(byName).slice(0, MAX_METRICS);
    stats.count('outlier_metrics_skipped', entries.length - chosen.length);
    const candidates = await readCandidates(
      pool,
      chosen.map(({ number }) => number),
    );
    const found = new Map<number, Compared>();
    // One group after the other: the samples of all would be too many to hold at once.
    for (const group of groupAlike(candidates)) {
      for (const one of await compareGroups(pool, [group], { fromMs, toMs: nowMs, tolerance }))
        found.set(one.metricNumber, one);
    }
    return found;
  }

  async #applyRule(
    client: pg.PoolClient,
    rule: OutlierRule,
    { compared, alike, nowMs }: Comparisons,
  ): Promise<Changes> {
    const now = new Date(nowMs);
    const open = new Map((await readOpenOutliers(client, rule.id)).map((one) => [one.metricNumber, one]));
    const numbers = [...new Set([...compared.keys(), ...open.keys()])].filter((number) => {
      const found = compared.get(number);
      if (open.has(number)) return found !== undefined || this.#isHeard(number, rule, nowMs);
      return found !== undefined && found.share >= rule.outliers.minShare;
    });
    const facts = await readMetricFacts(client, numbers);
    const silenced = await readSilenced(client, numbers, now);
    const servers = [...new Set([...facts.values()].map(({ server }) => server))];
    const lastNotified = await readLastNotified(client, 'OUTLIER', [rule.id], servers);
    const steps = numbers.flatMap((number) => {
      const fact = facts.get(number);
      if (fact === undefined) return [];
      const known = open.get(number) ?? null;
      const stepped = stepOutlier(known, compared.get(number) ?? null, {
        rule,
        facts: fact,
        nowMs,
        wasAlike: alike.has(number),
      });
      if (stepped === null) return [];
      const key = nameQuiet(rule.id, fact);
      const lastNotifiedMs = lastNotified.get(key) ?? null;
      const next = notify(stepped, rule, { nowMs, isSilenced: silenced.has(number), lastNotifiedMs });
      if (next.notifiedMs === nowMs) lastNotified.set(key, nowMs);
      return [{ known, next }];
    });
    return store(client, rule, steps, now);
  }

  /** One that fell silent is left to the sweep of incidents. */
  #isHeard(number: number, { outliers }: OutlierRule, nowMs: number): boolean {
    const entry = this.#options.registry.byNumber(number);
    return entry !== undefined && findHeardMs(entry, nowMs) >= nowMs - outliers.seconds * 1000;
  }
}

function findPauseMs({ outliers }: OutlierRule): number {
  return Math.max(MIN_PAUSE_MS, (outliers.seconds * 1000) / CHECKS_PER_RANGE);
}

/** The same ones at each check. */
function byName(a: MetricEntry, b: MetricEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.number - b.number;
}

function notify(
  incident: Incident,
  rule: OutlierRule,
  moment: { readonly nowMs: number; readonly isSilenced: boolean; readonly lastNotifiedMs: number | null },
): Incident {
  const { state, notifiedMs, isAcknowledged } = incident;
  if (state !== 'FIRING' || notifiedMs !== null || isAcknowledged === true) return incident;
  const mutedBy = findMute(rule, { ...moment, pointMs: moment.nowMs });
  return { ...incident, mutedBy, notifiedMs: mutedBy === null ? moment.nowMs : null };
}

async function store(
  client: pg.PoolClient,
  rule: OutlierRule,
  steps: readonly { readonly known: Incident | null; readonly next: Incident }[],
  now: Date,
): Promise<Changes> {
  const saved = steps.map(({ next }) => next);
  await saveIncidents(client, saved, now);
  const starts = steps.filter(({ known, next }) => next.notifiedMs !== null && known?.notifiedMs == null);
  const ended = saved.filter(({ state }) => state === 'ENDED');
  const ends = ended.filter(({ notifiedMs }) => notifiedMs !== null);
  const notificationIds: string[] = [];
  for (const [kind, incidents] of [
    ['START', starts.map(({ next }) => next)],
    ['END', rule.notifyEnd ? ends : []],
  ] as const) {
    if (incidents.length === 0) continue;
    const incidentIds = incidents.map(({ id }) => id);
    notificationIds.push(...(await enqueueNotifications(client, { kind, rule, incidentIds }, now)));
  }
  return {
    incidentIds: saved.map(({ id }) => id),
    notificationIds,
    opened: steps.filter(({ known }) => known === null).length,
    ended: ended.length,
  };
}
