/**
 * Finds the metrics that stopped reporting, and opens incidents of the kind NO_DATA for the rules that ask for them. What is
 * read of a metric's history is kept while it is silent: it cannot change. The sweep of incidents ends them.
 */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { MetricEntry, Registry } from '../../metrics/registry.ts';
import { inTransaction } from '../../../platform/postgres/transaction.ts';
import { enqueueNotifications } from '../delivery/enqueue-notifications.ts';
import { NO_CHANGES, type Changes } from '../follow-scores.ts';
import { describeOrigin, type Incident, UNNOTIFIED } from '../incident.ts';
import { findHeardMs, matchesScope, nameQuiet, readMetricFacts, type MetricFacts } from '../metric-facts.ts';
import { findMute } from '../mute.ts';
import type { Rule } from '../rule.ts';
import type { RuleBook } from '../rule-cache.ts';
import { readSilenced } from '../silences.ts';
import { readLastNotified, readOpenIncidents, saveIncidents } from '../store-incidents.ts';
import { readReporting } from './read-reporting.ts';
import { findSilenceLimit, type ReportingHistory } from './silence-limit.ts';

interface ReportingOptions {
  readonly pool: pg.Pool;
  readonly book: Pick<RuleBook, 'all'>;
  readonly registry: Pick<Registry, 'all' | 'byNumber'>;
  readonly now: () => Date;
  /** Since when the server takes samples, in milliseconds: it cannot have heard of a metric while it was down. */
  readonly readyMs: number;
}

interface Known {
  readonly heardMs: number;
  /** Null of a metric with too little history to say. */
  readonly history: ReportingHistory | null;
  /** When it was last seen silent for no longer than is normal; null for never. */
  normalMs: number | null;
}

/** A metric that may have stopped reporting. */
interface Candidate {
  readonly entry: MetricEntry;
  readonly heardMs: number;
  /** Up to now, or up to where its source was read. */
  readonly silentMs: number;
  readonly history: ReportingHistory;
  readonly normalMs: number | null;
}

/** What a rule made of its candidates. */
interface Found {
  readonly changed: Incident[];
  readonly opened: Incident[];
}

const CANDIDATES_PER_TRANSACTION = 500;

export class ReportingCheck {
  readonly #options: ReportingOptions;
  /** By the number of the metric; of those that are silent. */
  #known: ReadonlyMap<number, Known> = new Map();

  constructor(options: ReportingOptions) {
    this.#options = options;
  }

  async check(): Promise<Changes> {
    const rules = this.#options.book.all().filter(({ notifyNoData }) => notifyNoData);
    const now = this.#options.now();
    const candidates = rules.length === 0 ? [] : await this.#findCandidates(rules, now.getTime());
    if (rules.length === 0) this.#known = new Map();
    const changes = { incidentIds: [] as string[], notificationIds: [] as string[], opened: 0 };
    for (let from = 0; from < candidates.length; from += CANDIDATES_PER_TRANSACTION) {
      const some = candidates.slice(from, from + CANDIDATES_PER_TRANSACTION);
      const result = await inTransaction(this.#options.pool, (client) =>
        this.#open(client, some, rules, now),
      );
      changes.incidentIds.push(...result.incidentIds);
      changes.notificationIds.push(...result.notificationIds);
      changes.opened += result.opened;
    }
    return { ...NO_CHANGES, ...changes };
  }

  /** Monitored metrics that are silent for longer than the rule with the least patience allows. */
  async #findCandidates(rules: readonly Rule[], nowMs: number): Promise<readonly Candidate[]> {
    const minMs = Math.min(...rules.map(({ noDataSeconds }) => noDataSeconds)) * 1000;
    const silent = [...this.#options.registry.all()].filter(
      (entry) => entry.status === 'ACTIVE' && this.#measureSilence(entry, nowMs) > minMs,
    );
    await this.#learn(silent, nowMs);
    return silent.flatMap((entry) => {
      const known = this.#known.get(entry.number);
      const history = known?.history ?? null;
      if (known === undefined || history === null) return [];
      const silentMs = this.#measureSilence(entry, nowMs);
      const heardMs = findHeardMs(entry, nowMs);
      const { normalMs } = known;
      if (silentMs > findSilenceLimit(history, nowMs, minMs)) {
        return [{ entry, heardMs, silentMs, history, normalMs }];
      }
      known.normalMs = nowMs;
      return [];
    });
  }

  /** Since its newest sample or the server's start, whichever is later; 0 where there never was a sample. */
  #measureSilence(entry: MetricEntry, nowMs: number): number {
    const heardMs = findHeardMs(entry, nowMs);
    if (heardMs === 0) return 0;
    // A source that was not read yet, or could not be, may have samples; the host's own are read as of now.
    const isPolled = entry.datasource !== 'HOST' && entry.readToMs !== null;
    const untilMs = isPolled ? Math.min(nowMs, entry.readToMs ?? nowMs) : nowMs;
    return Math.max(0, untilMs - Math.max(heardMs, this.#options.readyMs));
  }

  /** Reads the histories of those that fell silent since the last check, and forgets those that are silent no more. */
  async #learn(silent: readonly MetricEntry[], nowMs: number): Promise<void> {
    const isKnown = (entry: MetricEntry) =>
      this.#known.get(entry.number)?.heardMs === findHeardMs(entry, nowMs);
    const unknown = silent.filter((entry) => !isKnown(entry));
    const numbers = unknown.map(({ number }) => number);
    const read = await readReporting(this.#options.pool, numbers, nowMs);
    const next = new Map<number, Known>();
    for (const entry of silent) {
      const known = isKnown(entry) ? this.#known.get(entry.number) : undefined;
      const heardMs = findHeardMs(entry, nowMs);
      next.set(entry.number, known ?? { heardMs, history: read.get(entry.number) ?? null, normalMs: null });
    }
    this.#known = next;
  }

  async #open(
    client: pg.PoolClient,
    candidates: readonly Candidate[],
    rules: readonly Rule[],
    now: Date,
  ): Promise<Changes> {
    const numbers = candidates.map(({ entry }) => entry.number);
    const facts = await readMetricFacts(client, numbers);
    const open = await readOpenIncidents(client, 'NO_DATA', numbers);
    const silenced = await readSilenced(client, numbers, now);
    const ruleIds = rules.map(({ id }) => id);
    const servers = [...new Set([...facts.values()].map(({ server }) => server))];
    const lastNotified = await readLastNotified(client, 'NO_DATA', ruleIds, servers);
    const changes = { incidentIds: [] as string[], notificationIds: [] as string[], opened: 0 };
    for (const rule of rules) {
      const known = new Map(
        open.filter(({ ruleId }) => ruleId === rule.id).map((one) => [one.metricNumber, one]),
      );
      const wanted = candidates.flatMap((candidate) => {
        const fact = facts.get(candidate.entry.number);
        return fact !== undefined && matchesScope(rule.scope, fact) ? [{ ...candidate, fact }] : [];
      });
      const found = this.#applyRule(rule, wanted, { known, silenced, lastNotified, nowMs: now.getTime() });
      await saveIncidents(client, found.changed, now);
      const incidentIds = found.changed.filter(({ notifiedMs }) => notifiedMs !== null).map(({ id }) => id);
      if (incidentIds.length > 0) {
        const request = { kind: 'START', rule, incidentIds } as const;
        changes.notificationIds.push(...(await enqueueNotifications(client, request, now)));
      }
      changes.incidentIds.push(...found.changed.map(({ id }) => id));
      changes.opened += found.opened.length;
    }
    return { ...NO_CHANGES, ...changes };
  }

  #applyRule(
    rule: Rule,
    candidates: readonly (Candidate & { readonly fact: MetricFacts })[],
    about: {
      readonly known: ReadonlyMap<number, Incident>;
      readonly silenced: ReadonlySet<number>;
      readonly lastNotified: Map<string, number>;
      readonly nowMs: number;
    },
  ): Found {
    const { known, silenced, lastNotified, nowMs } = about;
    const found: Found = { changed: [], opened: [] };
    for (const { entry, heardMs, silentMs, history, normalMs, fact } of candidates) {
      const limitMs = findSilenceLimit(history, nowMs, rule.noDataSeconds * 1000);
      // A sample may have come since the candidates were chosen.
      if (silentMs <= limitMs || findHeardMs(entry, nowMs) !== heardMs) continue;
      const incident = known.get(entry.number) ?? null;
      if (incident !== null && !isAskedAgain(incident)) continue;
      const key = nameQuiet(rule.id, fact);
      const mutedBy = findMute(rule, {
        // The limit falls, too, at the time of the week at which a metric uses to come back.
        pointMs: incident === null ? Math.max(nowMs - (silentMs - limitMs), normalMs ?? 0) : nowMs,
        nowMs,
        isSilenced: silenced.has(entry.number),
        lastNotifiedMs: lastNotified.get(key) ?? null,
      });
      if (incident !== null && incident.mutedBy === mutedBy) continue;
      if (mutedBy === null) lastNotified.set(key, nowMs);
      const next = incident ?? createIncident(rule, fact, history, heardMs);
      found.changed.push({ ...next, mutedBy, notifiedMs: mutedBy === null ? nowMs : null });
      if (incident === null) found.opened.push(next);
    }
    return found;
  }
}

/** What was muted by a silence or a window is notified after it. The message of its resource, and history, are not repeated. */
function isAskedAgain({ notifiedMs, mutedBy, isAcknowledged }: Incident): boolean {
  return (
    notifiedMs === null && isAcknowledged !== true && (mutedBy === 'SILENCE' || mutedBy === 'MAINTENANCE')
  );
}

function createIncident(
  rule: Rule,
  facts: MetricFacts,
  { last }: ReportingHistory,
  heardMs: number,
): Incident {
  const { value } = last;
  return {
    ...describeOrigin(rule, facts),
    id: randomUUID(),
    kind: 'NO_DATA',
    state: 'FIRING',
    startedMs: heardMs,
    lastPointMs: heardMs,
    lastHotMs: heardMs,
    hotPoints: 1,
    calmSinceMs: null,
    score: 0,
    value,
    expected: last.expected ?? value,
    low: last.low ?? value,
    high: last.high ?? value,
    aspect: null,
    peakScore: 0,
    peakValue: value,
    peakMs: heardMs,
    ...UNNOTIFIED,
  };
}
