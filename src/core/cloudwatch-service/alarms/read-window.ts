/** Reads the points an alarm looks at. */
import { QueryEvaluator } from '../metrics/evaluate-queries.ts';
import type { TimeSeries } from '../math/values.ts';
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import type { EvaluationContext } from '../model/operation.ts';
import type { AlarmRule } from './check-alarm.ts';
import { countLookback, type WatchedPoint } from './judge-alarm.ts';

/** @returns oldest first; the last is the newest period that is over */
export async function readWindow(
  rule: AlarmRule,
  context: EvaluationContext,
  nowMs: number,
): Promise<readonly WatchedPoint[]> {
  const periodMs = rule.periodSeconds * 1000;
  const endMs = Math.floor(nowMs / periodMs) * periodMs;
  const count = rule.evaluationPeriods + countLookback(rule.periodSeconds);
  const range = { startMs: endMs - count * periodMs, endMs };
  const evaluator = new QueryEvaluator(rule.queries, range, context);
  const bandId = 'bandId' in rule.comparison ? rule.comparison.bandId : null;
  const watched = requireOne(await evaluator.answer(rule.watched), `The query ${rule.watched}`);
  const [upper, lower] = bandId === null ? [] : await evaluator.answer(bandId);
  return Array.from({ length: count }, (_, i) => {
    const timeMs = range.startMs + i * periodMs;
    const band = { upper: upper?.points.get(timeMs), lower: lower?.points.get(timeMs) };
    const comparable = bandId === null || band.upper !== undefined;
    return { timeMs, value: comparable ? (watched.points.get(timeMs) ?? null) : null, ...band };
  });
}

/** What an alarm compares must be one series. */
function requireOne(series: readonly TimeSeries[], what: string): TimeSeries {
  const [one, ...more] = series;
  if (one !== undefined && more.length === 0) return one;
  throw new CloudwatchError('InvalidParameterValue', `${what} must give one series, not ${series.length}.`);
}
