/** What a check makes of the groups of a rule: which incidents open, go on and end, and who is notified. Pure. */
import { randomUUID } from 'node:crypto';
import { endIncident, type Incident, UNNOTIFIED } from '../incident.ts';
import { findMute } from '../mute.ts';
import type { Course } from '../state-machine.ts';
import { describeGroup, type RateRule, reachesRate, sortWorst, stepRate } from './anomaly-rate.ts';

/** A group as it is now. */
export interface GroupNow {
  readonly key: string;
  /** Incidents of its metrics that fire. */
  readonly anomalous: readonly Incident[];
  readonly metricCount: number;
}

interface Known {
  /** The open incidents of the groups of the rule. */
  readonly open: readonly Incident[];
  /** Metrics, by their numbers. */
  readonly silenced: ReadonlySet<number>;
  /** When the rule last notified of a group, by its key. */
  readonly notifiedMs: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

/** The ids are of incidents; those of `starts` and `ends` are to be notified of. */
export interface GroupChanges {
  /** Those that were never confirmed. */
  readonly dropped: readonly string[];
  readonly saved: readonly Incident[];
  readonly opened: readonly string[];
  readonly starts: readonly string[];
  readonly ends: readonly string[];
}

export function stepGroups(rule: RateRule, groups: readonly GroupNow[], known: Known): GroupChanges {
  const byKey = new Map(known.open.map((incident) => [incident.groupKey, incident]));
  // A rule has one open incident of a kind on a metric.
  const taken = new Set(known.open.map(({ metricNumber }) => metricNumber));
  const dropped: string[] = [];
  const steps = groups.flatMap((group) => {
    const stored = byKey.get(group.key) ?? null;
    const isReached = reachesRate(rule.anomalyRate, group.anomalous.length, group.metricCount);
    const course = stepRate(stored, { isReached, nowMs: known.nowMs }, rule);
    const before = stored !== null && stored.startedMs === course?.startedMs ? stored : null;
    if (stored !== null && before === null) dropped.push(stored.id);
    if (course === null) return [];
    const moved = before === null ? openIncident(rule, group, course, taken) : { ...before, ...course };
    if (moved === null) return [];
    const next = isReached ? advance(rule, group, { before, moved }, known) : finish(moved);
    return [{ before, next }];
  });
  const changed = steps.filter(({ before, next }) => before === null || isChanged(before, next));
  const isNotified = ({ notifiedMs }: Incident) => notifiedMs !== null;
  const saved = changed.map(({ next }) => next);
  return {
    dropped,
    saved,
    opened: changed.filter(({ before }) => before === null).map(({ next }) => next.id),
    starts: changed
      .filter(({ before, next }) => isNotified(next) && (before === null || !isNotified(before)))
      .map(({ next }) => next.id),
    ends: saved.filter((one) => one.state === 'ENDED' && isNotified(one)).map(({ id }) => id),
  };
}

/** Of the worst metric that no other open group names; null where each is named already. */
function openIncident(
  rule: RateRule,
  { key, anomalous, metricCount }: GroupNow,
  course: Course,
  taken: Set<number>,
): Incident | null {
  const worst = sortWorst(anomalous).find(({ metricNumber }) => !taken.has(metricNumber));
  if (worst === undefined) return null;
  taken.add(worst.metricNumber);
  return {
    ...worst,
    ...course,
    isAcknowledged: false,
    id: randomUUID(),
    kind: 'ANOMALY_RATE',
    instance: rule.anomalyRate.group === 'RESOURCE' ? worst.instance : rule.name,
    ...UNNOTIFIED,
    groupKey: key,
    group: describeGroup(anomalous, metricCount),
  };
}

/** While the share is reached: what of the group is anomalous is kept as it was when it fired. */
function advance(
  rule: RateRule,
  { key, anomalous, metricCount }: GroupNow,
  { before, moved }: { readonly before: Incident | null; readonly moved: Incident },
  { silenced, notifiedMs, nowMs }: Known,
): Incident {
  const now = describeGroup(anomalous, metricCount);
  const peakCount = Math.max(now.peakCount, before?.group?.peakCount ?? 0);
  const hasFired = before !== null && before.state !== 'PENDING' && before.group !== null;
  const next = { ...moved, group: { ...(hasFired ? before.group : now), peakCount } };
  if (next.state !== 'FIRING' || next.notifiedMs !== null || next.isAcknowledged === true) return next;
  const heard = anomalous.filter(({ metricNumber }) => !silenced.has(metricNumber)).length;
  const mutedBy = findMute(rule, {
    pointMs: nowMs,
    nowMs,
    isSilenced: !reachesRate(rule.anomalyRate, heard, metricCount),
    lastNotifiedMs: notifiedMs.get(key) ?? null,
  });
  return { ...next, mutedBy, notifiedMs: mutedBy === null ? nowMs : null };
}

/** While it is not: the incident is over once that has lasted. */
function finish(moved: Incident): Incident {
  return moved.state === 'ENDED'
    ? endIncident(moved, 'RECOVERED', moved.calmSinceMs ?? moved.lastPointMs)
    : moved;
}

/** Checks are seconds apart: what only goes on is not written each time. What is not confirmed is, to be known after a restart. */
function isChanged(before: Incident, next: Incident): boolean {
  return (
    next.state === 'PENDING' ||
    next.state !== before.state ||
    next.calmSinceMs !== before.calmSinceMs ||
    next.mutedBy !== before.mutedBy ||
    next.notifiedMs !== before.notifiedMs ||
    next.group?.peakCount !== before.group?.peakCount
  );
}
