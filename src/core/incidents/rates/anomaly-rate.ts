/**
 * How many metrics of a group are anomalous at once, as a rule asks for it. A metric is anomalous while its own incident of the
 * rule is firing: so the rule's sensitivity, direction, deviations and confirmation, and the labels and policy of the metric
 * decide. Pure.
 */
import type { AnomalousGroup } from '../../notify/message.ts';
import type { Incident } from '../incident.ts';
import { stepIncident, type Course } from '../state-machine.ts';
import type { AnomalyRate, Rule } from '../rule.ts';

/** Metrics an incident names. */
const MAX_WORST = 10;
/** Checks are seconds apart. After a longer pause nothing is known of the time between: what was not confirmed begins anew. */
const MAX_PAUSE_MS = 180_000;

/** A rule that asks for it. */
export type RateRule = Rule & { readonly anomalyRate: AnomalyRate };

/** Which group of a rule a metric is in. Groups never mix accounts. */
export function nameGroup(
  { group }: AnomalyRate,
  { accountId, server }: { readonly accountId: number; readonly server: string },
): string {
  return group === 'RESOURCE' ? `RESOURCE ${accountId} ${server}` : `SCOPE ${accountId}`;
}

/** What a product of doubles may be off by: 33 of 3,000 are 1.1 %, which is 3,300.0000000000005 of 300,000 in doubles. */
const ROUNDING = 1e-12;

/** @param anomalousCount of `metricCount` metrics */
export function reachesRate(rate: AnomalyRate, anomalousCount: number, metricCount: number): boolean {
  const asked = rate.percent * metricCount * (1 - ROUNDING);
  return anomalousCount >= rate.minMetrics && 100 * anomalousCount >= asked;
}

/** By their highest scores, the highest first. */
export function sortWorst(anomalous: readonly Incident[]): readonly Incident[] {
  return anomalous.toSorted((a, b) => b.peakScore - a.peakScore || a.metricNumber - b.metricNumber);
}

/** @param anomalous the incidents of its metrics that fire; at least one */
export function describeGroup(anomalous: readonly Incident[], metricCount: number): AnomalousGroup {
  const worst = sortWorst(anomalous)
    .slice(0, MAX_WORST)
    .map(({ metricId, metricName, metricUnit, instance, peakScore, value, expected, low, high, aspect }) => {
      return {
        metricId,
        metricName,
        metricUnit,
        instance,
        score: peakScore,
        value,
        expected,
        low,
        high,
        aspect,
      };
    });
  return { anomalousCount: anomalous.length, metricCount, peakCount: anomalous.length, worst };
}

/**
 * What a check makes of the incident of a group, by the clock on the wall.
 * @param known the open one; null for none
 * @returns null while there is none
 */
export function stepRate(
  known: Incident | null,
  { isReached, nowMs }: { readonly isReached: boolean; readonly nowMs: number },
  { anomalyRate, patience }: RateRule,
): Course | null {
  const isForgotten = known?.state === 'PENDING' && nowMs - known.lastPointMs > MAX_PAUSE_MS;
  return stepIncident(
    isForgotten ? null : known,
    { timestampMs: nowMs, isAnomalous: isReached, opens: true, lasts: false, recovers: false },
    { confirmSeconds: anomalyRate.seconds, confirmPoints: 1, recoverySeconds: patience.recoverySeconds },
  );
}
