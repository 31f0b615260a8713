/** What a rule would have done in the last days, before it is made: stored scores are held against it once more. */
import type pg from 'pg';
import type { AlertPoint } from '../../annotations/alert-threshold.ts';
import { findSamples } from '../../samples/find-samples.ts';
import { checkRule, type RuleChange } from '../check-rule.ts';
import { GROUP_WAIT_MS } from '../delivery/enqueue-notifications.ts';
import { matchesScope, readMetricFacts } from '../metric-facts.ts';
import { findMute } from '../mute.ts';
import type { Rule } from '../rule.ts';
import { readAnomalousHours, readMonitoredNumbers } from './read-anomalous-hours.ts';
import { type DueMoment, MetricReplay, type ReplayedIncident } from './replay.ts';

export const PREVIEW_DAYS = 7;
const DAY_MS = 86_400_000;
/** Samples that are read for one preview, of all metrics together: a second or so. */
const MAX_POINTS = 100_000;
const POINTS_AT_ONCE = 200;
const METRICS_AT_ONCE = 100;

/** An incident the rule would have notified of. */
export interface PreviewedIncident extends ReplayedIncident {
  readonly notifiedMs: number;
}

export interface RulePreview {
  /** Monitored metrics the rule looks at. */
  readonly metricCount: number;
  /** Incidents that would have fired. */
  readonly incidentCount: number;
  /** Messages each channel would have had of their beginnings: those of one moment are one. */
  readonly notificationCount: number;
  /** Those that would have been notified of, newest first. */
  readonly notified: readonly PreviewedIncident[];
  /** False when there was more than is read for a preview: then the counts are lower bounds. */
  readonly isComplete: boolean;
}

/** What a new rule has for what is left out: as its columns in the database. */
export const DEFAULT_RULE = {
  sensitivity: 0.999_99,
  direction: 'BOTH',
  minDeviation: 0,
  minDeviationRatio: 0,
  confirmSeconds: 0,
  confirmPoints: 1,
  recoverySeconds: 600,
  quietSeconds: 3600,
  learningGuard: true,
  notifyAnomalies: true,
} as const satisfies RuleChange;

/**
 * @param change what the rule is to be; who it notifies, and whether it is on, makes no difference
 * @throws InvalidInputError naming the field and the value
 */
export async function previewRule(
  change: RuleChange,
  context: {
    readonly pool: pg.Pool;
    readonly thresholdAdjustmentOf: (metricId: string, point: AlertPoint) => number;
    readonly now: Date;
  },
): Promise<RulePreview> {
  checkRule(change);
  const rule = imagineRule(change);
  const { pool, now, thresholdAdjustmentOf } = context;
  const toMs = now.getTime();
  const facts = await readMetricFacts(pool, await readMonitoredNumbers(pool));
  const concerned = [...facts.values()].filter((fact) => matchesScope(rule.scope, fact));
  const hours = await readAnomalousHours(pool, {
    fromMs: toMs - PREVIEW_DAYS * DAY_MS,
    toMs,
    minScore: rule.sensitivity,
    withProvisional: !rule.learningGuard,
  });
  const replays = concerned.flatMap((fact) => {
    const anomalous = hours.get(fact.number);
    return anomalous === undefined
      ? []
      : [new MetricReplay({ rule, facts: fact }, anomalous, thresholdAdjustmentOf)];
  });
  const isComplete = await replayAll(pool, replays, toMs);
  const fired = new Map(replays.flatMap((replay) => [...replay.fired]));
  const notified = listNotified(
    replays.flatMap(({ due }) => due),
    rule,
  );
  return {
    metricCount: concerned.length,
    incidentCount: fired.size,
    notificationCount: countMessages([...notified.values()]),
    notified: [...notified]
      .flatMap(([id, notifiedMs]) => {
        const incident = fired.get(id);
        return incident === undefined ? [] : [{ ...incident, notifiedMs }];
      })
      .reverse(),
    isComplete,
  };
}

/** Reads what they ask for, some metrics at a time. @returns whether all of it was read */
async function replayAll(pool: pg.Pool, replays: readonly MetricReplay[], toMs: number): Promise<boolean> {
  let left = MAX_POINTS;
  let open = replays;
  while (open.length > 0 && left > 0) {
    const some = open.slice(0, METRICS_AT_ONCE);
    const ranges = some.map(({ metricNumber, nextMs }) => ({ metricNumber, fromMs: nextMs, toMs }));
    const found = await findSamples(pool, ranges, {}, { descending: false, limit: POINTS_AT_ONCE });
    for (const [place, replay] of some.entries()) {
      const samples = found[place] ?? [];
      left -= samples.length;
      replay.take(samples, samples.length < POINTS_AT_ONCE);
    }
    open = open.filter(({ nextMs }) => nextMs !== null);
  }
  return open.length === 0;
}

/** As live: the rule's maintenance and its quiet period by resource. @returns by incident when it is notified of, in the order of time */
function listNotified(due: readonly DueMoment[], rule: Rule): ReadonlyMap<string, number> {
  const notified = new Map<string, number>();
  if (!rule.notifyAnomalies) return notified;
  const lastByKey = new Map<string, number>();
  for (const { timeMs, incidentId, quietKey, supersedes } of due.toSorted((a, b) => a.timeMs - b.timeMs)) {
    if (notified.has(incidentId)) continue;
    const lastNotifiedMs = supersedes ? null : (lastByKey.get(quietKey) ?? null);
    // Points are taken to have come when they were measured, and nothing to have been silenced.
    const moment = { pointMs: timeMs, nowMs: timeMs, isSilenced: false, lastNotifiedMs };
    if (findMute(rule, moment) !== null) continue;
    notified.set(incidentId, timeMs);
    lastByKey.set(quietKey, timeMs);
  }
  return notified;
}

/** @param times of what is notified of, oldest first */
function countMessages(times: readonly number[]): number {
  let messages = 0;
  let firstMs = Number.NEGATIVE_INFINITY;
  for (const timeMs of times) {
    if (timeMs - firstMs < GROUP_WAIT_MS) continue;
    messages += 1;
    firstMs = timeMs;
  }
  return messages;
}

function imagineRule(change: RuleChange): Rule {
  const { sensitivity, direction, minDeviation, minDeviationRatio, ...wanted } = {
    ...DEFAULT_RULE,
    ...change,
  };
  const { confirmSeconds, confirmPoints, recoverySeconds, quietSeconds, learningGuard, notifyAnomalies } =
    wanted;
  return {
    id: '',
    name: '',
    enabled: true,
    scope: change.scope ?? {},
    sensitivity,
    policy: { direction, minDeviation, minDeviationRatio },
    patience: { confirmSeconds, confirmPoints, recoverySeconds },
    quietSeconds,
    staleSeconds: Number.POSITIVE_INFINITY,
    learningGuard,
    notifyEnd: false,
    notifyNoData: false,
    noDataSeconds: Number.POSITIVE_INFINITY,
    anomalyRate: null,
    outliers: null,
    notifyAnomalies,
    windows: change.maintenanceWindows ?? [],
    texts: { subject: null, body: null, timeZone: null, runbookUrl: null },
    channels: [],
  };
}
