/** What a comparison of a metric with the others of its group makes of its incident. Pure. */
import { randomUUID } from 'node:crypto';
import type { Compared } from '../../metric-lists/compare-groups.ts';
import { describeOrigin, endIncident, type Incident, UNNOTIFIED } from '../incident.ts';
import type { MetricFacts } from '../metric-facts.ts';
import type { OutlierAlert, Rule } from '../rule.ts';
import { stepIncident } from '../state-machine.ts';

/** A rule that asks for it. */
export type OutlierRule = Rule & { readonly outliers: OutlierAlert };

/**
 * One that was unlike the others before the range, too, and at the check before, opens none: a primary beside its replicas is
 * no news.
 * @param known the open incident of this rule and metric, or null
 * @param found null for a metric that has no longer enough others to be compared with
 * @returns what is to be stored; null for nothing
 */
export function stepOutlier(
  known: Incident | null,
  found: Compared | null,
  {
    rule,
    facts,
    nowMs,
    wasAlike,
  }: {
    readonly rule: OutlierRule;
    readonly facts: MetricFacts;
    readonly nowMs: number;
    /** Whether it was like the others at the check before. */
    readonly wasAlike: boolean;
  },
): Incident | null {
  const { minShare } = rule.outliers;
  const isOutlier = found !== null && found.share >= minShare;
  const isNews = wasAlike || (found?.shareBefore ?? 0) < minShare;
  if (known === null && !(isOutlier && isNews)) return null;
  const course = stepIncident(
    known,
    { timestampMs: nowMs, isAnomalous: isOutlier, opens: true, lasts: false, recovers: false },
    { confirmSeconds: 0, confirmPoints: 1, recoverySeconds: rule.patience.recoverySeconds },
  );
  const incident = known ?? (found === null ? null : createIncident(found, rule, facts, nowMs));
  if (course === null || incident === null) return null;
  const moved = { ...incident, ...course };
  if (course.state === 'ENDED') return endIncident(moved, 'RECOVERED', course.calmSinceMs ?? nowMs);
  return found !== null && isFurther(found, moved)
    ? { ...moved, peakValue: found.value, peakMs: nowMs }
    : moved;
}

function isFurther({ value }: Compared, { expected, peakValue }: Incident): boolean {
  return Math.abs(value - expected) > Math.abs(peakValue - expected);
}

/** Its value and what was expected are means over the range; the expected range is what the tolerance lets through. */
function createIncident(
  { value, expected, spread }: Compared,
  rule: OutlierRule,
  facts: MetricFacts,
  nowMs: number,
): Omit<Incident, 'state' | 'startedMs' | 'lastPointMs' | 'lastHotMs' | 'hotPoints' | 'calmSinceMs'> {
  const reach = rule.outliers.tolerance * spread;
  return {
    ...describeOrigin(rule, facts),
    id: randomUUID(),
    kind: 'OUTLIER',
    score: 0,
    value,
    expected,
    low: Math.max(expected - reach, -Number.MAX_VALUE),
    high: Math.min(expected + reach, Number.MAX_VALUE),
    aspect: null,
    peakScore: 0,
    peakValue: value,
    peakMs: nowMs,
    ...UNNOTIFIED,
  };
}
