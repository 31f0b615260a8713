/**
 * Ends what the scores do not end: incidents of metrics that fell silent, report again, are monitored no longer or were
 * deleted, and of rules that no longer ask for them.
 */
import type pg from 'pg';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import type { IncidentEnd } from '../../generated/prisma/client.ts';
import { endIncident, type Incident } from './incident.ts';
import { findHeardMs, matchesScope, readMetricFacts, silenceMs, type MetricFacts } from './metric-facts.ts';
import type { RuleBook } from './rule-cache.ts';
import { dropIncidents, readOpenPage, saveIncidents } from './store-incidents.ts';
import { enqueueNotifications } from './delivery/enqueue-notifications.ts';

export interface SweepContext {
  readonly pool: pg.Pool;
  readonly book: Pick<RuleBook, 'byId'>;
  readonly registry: Pick<Registry, 'byId'>;
  readonly now: () => Date;
}

export interface Swept {
  readonly incidentIds: readonly string[];
  readonly notificationIds: readonly string[];
  /** How many of the incidents ended; the others were never confirmed and are gone. */
  readonly ended: number;
}

const PAGE = 500;
const BEFORE_ALL_IDS = '00000000-0000-0000-0000-000000000000';

export async function sweepIncidents(context: SweepContext): Promise<Swept> {
  const swept = { incidentIds: [] as string[], notificationIds: [] as string[], ended: 0 };
  for (let after: string | null = BEFORE_ALL_IDS; after !== null;) {
    const from: string = after;
    after = await inTransaction(context.pool, async (client) => {
      const page = await readOpenPage(client, from, PAGE);
      const result = await sweepPage(client, page, context);
      swept.incidentIds.push(...result.incidentIds);
      swept.notificationIds.push(...result.notificationIds);
      swept.ended += result.ended;
      return page.length < PAGE ? null : (page.at(-1)?.id ?? null);
    });
  }
  return swept;
}

async function sweepPage(
  client: pg.PoolClient,
  page: readonly Incident[],
  { book, registry, now }: SweepContext,
): Promise<Swept> {
  const at = now();
  const facts = await readMetricFacts(client, [...new Set(page.map(({ metricNumber }) => metricNumber))]);
  const ended: Incident[] = [];
  const dropped: string[] = [];
  for (const incident of page) {
    const entry = incident.metricId === null ? undefined : registry.byId(incident.metricId);
    const reason = findEnd(incident, entry, facts.get(incident.metricNumber), book, at.getTime());
    if (reason === null) continue;
    if (incident.state === 'PENDING') dropped.push(incident.id);
    else ended.push(endIncident(incident, reason, findEndedMs(incident, reason, entry, at.getTime())));
  }
  await dropIncidents(client, dropped);
  await saveIncidents(client, ended, at);
  const notificationIds: string[] = [];
  const notified = ended.filter(({ notifiedMs }) => notifiedMs !== null);
  for (const ruleId of new Set(notified.map((incident) => incident.ruleId))) {
    const rule = ruleId === null ? undefined : book.byId(ruleId);
    if (rule?.notifyEnd !== true) continue;
    const incidentIds = notified.filter((incident) => incident.ruleId === ruleId).map(({ id }) => id);
    notificationIds.push(...(await enqueueNotifications(client, { kind: 'END', rule, incidentIds }, at)));
  }
  const incidentIds = [...ended.map(({ id }) => id), ...dropped];
  return { incidentIds, notificationIds, ended: ended.length };
}

function findEnd(
  incident: Incident,
  entry: MetricEntry | undefined,
  facts: MetricFacts | undefined,
  book: Pick<RuleBook, 'byId'>,
  nowMs: number,
): IncidentEnd | null {
  if (incident.kind === 'ANOMALY_RATE') return findRateEnd(incident, book);
  if (entry === undefined || facts === undefined) return 'METRIC_DELETED';
  if (entry.status === 'UNMONITORED') return 'UNMONITORED';
  const rule = incident.ruleId === null ? undefined : book.byId(incident.ruleId);
  if (rule?.enabled !== true || !matchesScope(rule.scope, facts)) return 'RULE_CHANGED';
  if (incident.kind === 'NO_DATA') {
    if (!rule.notifyNoData) return 'RULE_CHANGED';
    return findHeardMs(entry, nowMs) > incident.lastPointMs ? 'RECOVERED' : null;
  }
  if (incident.kind === 'OUTLIER' && rule.outliers === null) return 'RULE_CHANGED';
  const heardMs = Math.max(findHeardMs(entry, nowMs), incident.lastPointMs);
  return nowMs - heardMs > silenceMs(entry.periodSeconds) ? 'SILENT' : null;
}

/** It is of a group, not of the metric it names: what its rule asks for alone ends it here. */
function findRateEnd({ ruleId }: Incident, book: Pick<RuleBook, 'byId'>): IncidentEnd | null {
  const rule = ruleId === null ? undefined : book.byId(ruleId);
  return rule?.enabled === true && rule.anomalyRate !== null ? null : 'RULE_CHANGED';
}

/** In the time of the points where they say it. */
function findEndedMs(
  { lastPointMs }: Incident,
  reason: IncidentEnd,
  entry: MetricEntry | undefined,
  nowMs: number,
): number {
  if (reason === 'SILENT') return lastPointMs;
  return reason === 'RECOVERED' && entry !== undefined ? findHeardMs(entry, nowMs) : nowMs;
}
