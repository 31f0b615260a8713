/**
 * What a batch of scores means for incidents: which open, go on and end; who is notified. Everything is stored in the
 * transaction that notes the batch as done.
 */
import type pg from 'pg';
import type { AlertPoint } from '../annotations/alert-threshold.ts';
import { ALERT_KINDS } from '../notify/send.ts';
import type { ScoredSample } from '../samples/stored-sample.ts';
import type { ChannelKind } from '../../generated/prisma/client.ts';
import { holdAgainst, type Incident } from './incident.ts';
import { matchesScope, nameQuiet, readMetricFacts, type MetricFacts } from './metric-facts.ts';
import { findMute, type Moment } from './mute.ts';
import type { Rule } from './rule.ts';
import type { RuleBook } from './rule-cache.ts';
import { readSilenced } from './silences.ts';
import { dropIncidents, readLastNotified, readOpenIncidents, saveIncidents } from './store-incidents.ts';
import { enqueueNotifications, type NotificationRequest } from './delivery/enqueue-notifications.ts';

export interface FollowContext {
  readonly book: Pick<RuleBook, 'all' | 'leastSensitivity'>;
  /** Orders of magnitude by which labels raise the threshold of a metric, by its uuid, for a point. */
  readonly thresholdAdjustmentOf: (metricId: string, point: AlertPoint) => number;
  readonly now: () => Date;
}

/** What a batch changed, for subscribers; true once the transaction is committed. */
export interface Changes {
  readonly incidentIds: readonly string[];
  readonly notificationIds: readonly string[];
  readonly opened: number;
  readonly ended: number;
}

/** Channels that are given the id of each incident; to others the start of what supersedes it says enough. */
const BY_INCIDENT: ReadonlySet<ChannelKind> = new Set([...ALERT_KINDS, 'WEBHOOK']);

export const NO_CHANGES: Changes = { incidentIds: [], notificationIds: [], opened: 0, ended: 0 };

export function sumChanges(all: readonly Changes[]): Changes {
  return {
    incidentIds: all.flatMap(({ incidentIds }) => incidentIds),
    notificationIds: all.flatMap(({ notificationIds }) => notificationIds),
    opened: all.reduce((sum, { opened }) => sum + opened, 0),
    ended: all.reduce((sum, { ended }) => sum + ended, 0),
  };
}

/** The incidents of a batch in the making, by rule and metric. */
interface Work {
  readonly open: Map<string, Incident>;
  readonly stored: ReadonlyMap<string, Incident>;
  readonly ended: Incident[];
  /** Ids of those whose end the start of the next one says: people were notified of that at the same point. */
  readonly replaced: Set<string>;
}

export async function followScores(
  client: pg.PoolClient,
  scores: readonly ScoredSample[],
  context: FollowContext,
): Promise<Changes> {
  const least = context.book.leastSensitivity();
  const numbers = [...new Set(scores.map(({ metricNumber }) => metricNumber))];
  const stored = await readOpenIncidents(client, 'ANOMALY', numbers);
  const concerned = new Set(stored.map(({ metricNumber }) => metricNumber));
  for (const { score, metricNumber } of scores) if (score >= least) concerned.add(metricNumber);
  if (concerned.size === 0) return NO_CHANGES;
  const facts = await readMetricFacts(client, [...concerned]);
  const rules = new Map(
    [...facts.values()].map((fact) => [
      fact.number,
      context.book.all().filter(({ scope }) => matchesScope(scope, fact)),
    ]),
  );
  const lastNotified = await readLastNotified(
    client,
    'ANOMALY',
    context.book.all().map(({ id }) => id),
    [...new Set([...facts.values()].map(({ server }) => server))],
  );
  const silenced = await readSilenced(client, [...concerned], context.now());
  const work: Work = {
    open: new Map(stored.map((incident) => [keyOf(incident.ruleId, incident.metricNumber), incident])),
    stored: new Map(stored.map((incident) => [incident.id, incident])),
    ended: [],
    replaced: new Set(),
  };
  for (const sample of scores) {
    const fact = facts.get(sample.metricNumber);
    if (fact === undefined) continue;
    for (const rule of rules.get(sample.metricNumber) ?? []) {
      const isSilenced = silenced.has(sample.metricNumber);
      advance(work, sample, { rule, facts: fact, isSilenced, lastNotified }, context);
    }
  }
  return store(client, work, context);
}

function advance(
  { open, ended, replaced }: Work,
  sample: ScoredSample,
  about: {
    readonly rule: Rule;
    readonly facts: MetricFacts;
    readonly isSilenced: boolean;
    readonly lastNotified: Map<string, number>;
  },
  { thresholdAdjustmentOf, now }: FollowContext,
): void {
  const { rule, isSilenced, lastNotified } = about;
  const key = keyOf(rule.id, sample.metricNumber);
  const result = holdAgainst(open.get(key) ?? null, sample, about, thresholdAdjustmentOf);
  if (result.ended !== null) ended.push(result.ended);
  open.delete(key);
  if (result.next === null) return;
  // The quiet period keeps repeats away, and what supersedes is none.
  const superseded = result.ended?.endReason === 'SUPERSEDED' ? result.ended : null;
  const quiet = superseded === null ? lastNotified : new Map<string, number>();
  const moment = { pointMs: sample.timestampMs, nowMs: now().getTime(), isSilenced };
  const next = result.isDue ? decideNotification(result.next, about, quiet, moment) : result.next;
  open.set(key, next);
  if (superseded !== null && next.notifiedMs !== null) replaced.add(superseded.id);
}

/** Gives the incident the time it is notified of at, or why it is not. */
function decideNotification(
  incident: Incident,
  { rule, facts }: { readonly rule: Rule; readonly facts: MetricFacts },
  lastNotified: Map<string, number>,
  moment: Omit<Moment, 'lastNotifiedMs'>,
): Incident {
  const { nowMs } = moment;
  if (incident.isAcknowledged === true) return incident;
  if (!rule.notifyAnomalies) return { ...incident, mutedBy: 'RATE_ONLY' };
  const key = nameQuiet(rule.id, facts);
  const mutedBy = findMute(rule, { ...moment, lastNotifiedMs: lastNotified.get(key) ?? null });
  if (mutedBy !== null) return { ...incident, mutedBy };
  lastNotified.set(key, nowMs);
  return { ...incident, mutedBy: null, notifiedMs: nowMs };
}

async function store(
  client: pg.PoolClient,
  { open, stored, ended, replaced }: Work,
  { book, now }: FollowContext,
): Promise<Changes> {
  const at = now();
  const opened = [...open.values()];
  const changed = opened.filter((incident) => stored.get(incident.id) !== incident);
  const kept = new Set([...opened, ...ended].map(({ id }) => id));
  const dropped = [...stored.keys()].filter((id) => !kept.has(id));
  await dropIncidents(client, dropped);
  // Ends first: the place of an ended incident may be taken by the next one.
  await saveIncidents(client, ended, at);
  await saveIncidents(client, changed, at);
  const saved = [...ended, ...changed];
  const notificationIds: string[] = [];
  for (const telling of listNotificationRequests(saved, { stored, replaced }, book.all())) {
    notificationIds.push(...(await enqueueNotifications(client, telling, at)));
  }
  return {
    incidentIds: [...saved.map(({ id }) => id), ...dropped],
    notificationIds,
    opened: saved.filter(({ id }) => !stored.has(id)).length,
    ended: ended.length,
  };
}

/** Starts and ends to notify of, by rule. One that began and ended within the batch is in both. */
function* listNotificationRequests(
  saved: readonly Incident[],
  { stored, replaced }: Pick<Work, 'stored' | 'replaced'>,
  rules: readonly Rule[],
): Iterable<NotificationRequest> {
  for (const rule of rules) {
    const own = saved.filter(({ ruleId, notifiedMs }) => ruleId === rule.id && notifiedMs !== null);
    const list = (some: readonly Incident[]) => some.map(({ id }) => id);
    const starts = own.filter(({ id }) => (stored.get(id)?.notifiedMs ?? null) === null);
    yield { kind: 'START', rule, incidentIds: list(starts) };
    if (!rule.notifyEnd) continue;
    const ends = own.filter(({ state }) => state === 'ENDED');
    yield { kind: 'END', rule, incidentIds: list(ends.filter(({ id }) => !replaced.has(id))) };
    // Who knows incidents by their ids would have one that is replaced open for ever.
    const gone = list(ends.filter(({ id }) => replaced.has(id)));
    yield { kind: 'END', rule, incidentIds: gone, channelKinds: BY_INCIDENT };
  }
}

function keyOf(ruleId: string | null, metricNumber: number): string {
  return `${ruleId ?? ''} ${metricNumber}`;
}
