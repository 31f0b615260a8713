/** Reads the points an alarm looks at. */
import { createEvaluator, requireOne } from '../metrics/evaluate-queries.ts';
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
  const evaluator = createEvaluator(rule.queries, range, context);
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
