/** A rule in words. */
import type { NotificationScopeInput, RuleRowFragment } from '../generated/graphql.ts';
import { describeRarity } from '../parts/format-number.ts';
import { formatSpan } from '../parts/format-time.ts';

const SIDES = { BOTH: '', ABOVE: ', only above', BELOW: ', only below' } as const;

export function describeRule(rule: RuleRowFragment): string {
  const { sensitivity, direction, minDeviation, minDeviationRatio, confirmPoints, confirmSeconds } = rule;
  const least = [
    minDeviation > 0 ? `${minDeviation}` : null,
    minDeviationRatio > 0 ? `${Number((minDeviationRatio * 100).toPrecision(6))} %` : null,
  ].filter((part) => part !== null);
  const lasts = [
    confirmPoints === 1 ? null : `${confirmPoints} points`,
    confirmSeconds === 0 ? null : formatSpan(confirmSeconds * 1000),
  ].filter((part) => part !== null);
  const size = least.length === 0 ? '' : `, off by ${least.join(' and ')}`;
  const time = lasts.length === 0 ? '' : `, for ${lasts.join(' and ')}`;
  const quiet = formatSpan(rule.quietSeconds * 1000);
  return `${describeScope(rule.scope)}: ${describeRarity(sensitivity, Number.POSITIVE_INFINITY)} or rarer${SIDES[direction]}${size}${time}; max. 1 notification per resource in ${quiet}${rule.notifyNoData ? '; also when one stops reporting' : ''}${describeOutliers(rule)}${describeRate(rule)}.`;
}

function describeOutliers({ notifyOutliers, outlierSeconds }: RuleRowFragment): string {
  return notifyOutliers
    ? `; also when one is unlike the same metric of other resources over ${formatSpan(outlierSeconds * 1000)}`
    : '';
}

function describeRate(rule: RuleRowFragment): string {
  const { anomalyRatePercent: percent, anomalyRateMinMetrics: least, anomalyRateSeconds: seconds } = rule;
  if (percent === null) return '';
  const of = rule.anomalyRateGroup === 'RESOURCE' ? 'of a resource' : 'of the rule';
  const time = seconds === 0 ? '' : ` for ${formatSpan(seconds * 1000)}`;
  const when = `when ${percent} % of the metrics ${of} (at least ${least}) are anomalous${time}`;
  return rule.notifyAnomalies ? `; also ${when}` : `; notifies only ${when}`;
}

/** Which metrics, in words. */
export function describeScope(scope: NotificationScopeInput): string {
  const { namePattern, servers, metricIds, autostackId, tags } = scope;
  const conditions = [
    namePattern == null ? null : `metrics named ${namePattern}`,
    servers == null ? null : `of ${servers.join(', ')}`,
    metricIds == null ? null : `${metricIds.length} chosen metric${metricIds.length === 1 ? '' : 's'}`,
    autostackId == null ? null : 'of one autostack',
    tags == null ? null : `with ${tags.map(({ key, values }) => `${key}=${values.join('|')}`).join(', ')}`,
  ].filter((part) => part !== null);
  const text = conditions.length === 0 ? 'every metric' : conditions.join(', ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
