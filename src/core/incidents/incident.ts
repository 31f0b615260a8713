/** An incident while it is open, and what each point makes of it. Pure. */
import { randomUUID } from 'node:crypto';
import { type AlertPoint, raiseSensitivity } from '../annotations/alert-threshold.ts';
import { matters } from '../models/score-history.ts';
import type { ScoredSample } from '../samples/stored-sample.ts';
import type { IncidentEnd, IncidentKind, IncidentMute } from '../../generated/prisma/client.ts';
import type { Datasource } from '../../model.ts';
import type { AnomalousGroup, AnomalousPoint } from '../notify/message.ts';
import { nameInstance, silenceMs, type MetricFacts } from './metric-facts.ts';
import type { Rule } from './rule.ts';
import { stepIncident, type Course, type RulePoint } from './state-machine.ts';

/** How many times rarer by its score. */
const FAR_RARER = 10;

export interface Incident extends Course, AnomalousPoint {
  readonly id: string;
  readonly kind: IncidentKind;
  /** Null once the rule was deleted; so with the metric. */
  readonly ruleId: string | null;
  readonly ruleName: string;
  readonly metricId: string | null;
  readonly metricNumber: number;
  readonly metricName: string;
  readonly metricUnit: string | null;
  readonly instance: string;
  readonly server: string;
  readonly location: string;
  readonly datasource: Datasource;
  readonly peakScore: number;
  readonly peakValue: number;
  readonly peakMs: number;
  readonly mutedBy: IncidentMute | null;
  /** Somebody looks after it: nobody else is notified. Of one that is stored; people alone change it. */
  readonly isAcknowledged?: boolean;
  /** When channels were given their message, by the clock on the wall. */
  readonly notifiedMs: number | null;
  readonly endedMs: number | null;
  readonly endReason: IncidentEnd | null;
  /** Which group of the rule an ANOMALY_RATE is of, and what it was when it fired; both null of other kinds. */
  readonly groupKey: string | null;
  readonly group: AnomalousGroup | null;
}

/** What a sample made of the incident of a rule and a metric. */
export interface Advance {
  readonly ended: Incident | null;
  /** The one that is open now. */
  readonly next: Incident | null;
  /** `next` fires, at an anomalous point, and nobody was notified of it yet. */
  readonly isDue: boolean;
}

/**
 * Holds a sample against a rule.
 * @param known the open incident of this rule and metric, or null
 * @param thresholdAdjustmentOf as labels ask for it, by the metric's uuid
 */
export function holdAgainst(
  known: Incident | null,
  sample: ScoredSample,
  about: { readonly rule: Rule; readonly facts: MetricFacts },
  thresholdAdjustmentOf: (metricId: string, point: AlertPoint) => number,
): Advance {
  const { rule, facts } = about;
  if (known === null && (sample.score < rule.sensitivity || !canBegin(sample))) {
    return { ended: null, next: null, isDue: false };
  }
  const { timestampMs, value, expected } = sample;
  if (sample.phase === 'EXCLUDED') {
    // It neither opens, carries on nor ends an incident; but the metric is not silent.
    return {
      ended: null,
      next: known === null ? null : { ...known, lastPointMs: timestampMs },
      isDue: false,
    };
  }
  const adjustment = thresholdAdjustmentOf(facts.id, { timestampMs, deviation: value - expected });
  const point = judgePoint(sample, rule, facts, adjustment);
  const { ended, next } = advanceIncident(known, sample, point, about);
  const isDue = next !== null && next.notifiedMs === null && next.state === 'FIRING' && point.isAnomalous;
  return { ended, next, isDue };
}

/**
 * Where something new begins; and as long as it lasts, as the point it began at need not have been one for the rule: it was too
 * small or excluded, was not confirmed, or came before a gap or before the rule. What is below red begins once: nothing says how
 * long it lasts.
 */
function canBegin({ episode, phase }: ScoredSample): boolean {
  return episode || phase === 'CONTINUES';
}

/** What a point means to a rule. @param adjustment orders of magnitude by which labels raise the threshold for it */
function judgePoint(sample: ScoredSample, rule: Rule, facts: MetricFacts, adjustment: number): RulePoint {
  const isWanted = matters(sample, sample.value, facts.policy) && matters(sample, sample.value, rule.policy);
  const isAnomalous =
    isWanted &&
    sample.score >= raiseSensitivity(rule.sensitivity, adjustment) &&
    !(rule.learningGuard && sample.provisional);
  return {
    timestampMs: sample.timestampMs,
    isAnomalous,
    opens: canBegin(sample),
    lasts: isWanted && (sample.phase === 'OPENS' || sample.phase === 'CONTINUES'),
    recovers: sample.phase === 'RECOVERS',
  };
}

/**
 * @param incident the open one of this rule and metric, or null
 * @returns what is to be stored of `incident` and of the one that begins instead of it; `next` is the one open now.
 * An incident that was never confirmed is to be dropped: it is in neither.
 */
function advanceIncident(
  incident: Incident | null,
  sample: ScoredSample,
  point: RulePoint,
  about: { readonly rule: Rule; readonly facts: MetricFacts },
): { readonly ended: Incident | null; readonly next: Incident | null } {
  if (incident !== null && point.timestampMs - incident.lastPointMs > silenceMs(about.facts.periodSeconds)) {
    // Nothing was heard of the metric for long: what is seen now is not the same any more.
    const ended = incident.state === 'PENDING' ? null : endIncident(incident, 'SILENT', incident.lastPointMs);
    return { ended, next: advanceIncident(null, sample, point, about).next };
  }
  if (incident !== null && incident.state !== 'PENDING' && supersedes(incident, sample, point)) {
    const ended = endIncident(incident, 'SUPERSEDED', point.timestampMs);
    return { ended, next: advanceIncident(null, sample, point, about).next };
  }
  const course = stepIncident(incident, point, about.rule.patience);
  if (course === null) return { ended: null, next: null };
  const known = incident ?? createIncident(sample, course, about);
  const moved = { ...known, ...course };
  if (course.state === 'ENDED') {
    return { ended: endIncident(moved, 'RECOVERED', course.calmSinceMs ?? point.timestampMs), next: null };
  }
  const fires = course.state === 'FIRING' && (incident === null || incident.state === 'PENDING');
  const frozen = fires ? { ...moved, ...freeze(sample) } : moved;
  return { ended: null, next: point.isAnomalous ? raisePeak(frozen, sample) : frozen };
}

/** What begins during an incident and is far rarer than all of it is an event of its own: people are notified again. */
function supersedes(
  { peakScore }: Incident,
  { score, episode }: ScoredSample,
  { isAnomalous }: RulePoint,
): boolean {
  return isAnomalous && episode && FAR_RARER * (1 - score) <= 1 - peakScore;
}

/** Never before it began: points have the time of their sender, whose clock may be ahead of ours. */
export function endIncident(incident: Incident, endReason: IncidentEnd, endedMs: number): Incident {
  return { ...incident, state: 'ENDED', endReason, endedMs: Math.max(endedMs, incident.startedMs) };
}

function createIncident(
  sample: ScoredSample,
  course: Course,
  { rule, facts }: { readonly rule: Rule; readonly facts: MetricFacts },
): Incident {
  return {
    ...course,
    ...freeze(sample),
    ...describeOrigin(rule, facts),
    id: randomUUID(),
    kind: 'ANOMALY',
    peakScore: sample.score,
    peakValue: sample.value,
    peakMs: sample.timestampMs,
    ...UNNOTIFIED,
  };
}

/** Of one that has just begun. */
export const UNNOTIFIED = { mutedBy: null, notifiedMs: null, endedMs: null, endReason: null } as const;

/** Whose an incident is, as it is kept when rule and metric are gone. */
export function describeOrigin(rule: Rule, facts: MetricFacts) {
  return {
    ruleId: rule.id,
    ruleName: rule.name,
    metricId: facts.id,
    metricNumber: facts.number,
    metricName: facts.name,
    metricUnit: facts.unit,
    instance: nameInstance(facts),
    server: facts.server,
    location: facts.location,
    datasource: facts.datasource,
    groupKey: null,
    group: null,
  };
}

function freeze({ score, value, expected, low, high, view }: ScoredSample): AnomalousPoint {
  return { score, value, expected, low, high, aspect: view };
}

function raisePeak(incident: Incident, { score, value, timestampMs }: ScoredSample): Incident {
  if (score <= incident.peakScore) return incident;
  return { ...incident, peakScore: score, peakValue: value, peakMs: timestampMs };
}
