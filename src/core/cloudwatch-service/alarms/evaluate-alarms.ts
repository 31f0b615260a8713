/** Evaluates every alarm once: reads its window, judges it, changes its state. */
import type { CloudwatchAlarm, PrismaClient } from '../../../generated/prisma/client.ts';
import type { Log } from '../../../log.ts';
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import type { EvaluationContext } from '../model/operation.ts';
import { changeState, type StateChange } from './change-state.ts';
import { readRule, type AlarmRule } from './check-alarm.ts';
import { judgeAlarm, type AlarmState, type WatchedPoint } from './judge-alarm.ts';
import { readWindow } from './read-window.ts';
import { readSpec } from './show-alarm.ts';

export type AlarmContext = Omit<EvaluationContext, 'accountId'> & {
  readonly prisma: PrismaClient;
  readonly log: Log;
};

const ALARMS_AT_A_TIME = 100;
/** Alarms evaluated side by side: more would keep pushed data waiting for a connection. */
const SIDE_BY_SIDE = 4;
const MOST_SHOWN = 10;

/** @returns how many alarms changed their state */
export async function evaluateAlarms(context: AlarmContext): Promise<number> {
  let changed = 0;
  let after = 0;
  for (;;) {
    const alarms = await context.prisma.cloudwatchAlarm.findMany({
      where: { id: { gt: after } },
      orderBy: { id: 'asc' },
      take: ALARMS_AT_A_TIME,
    });
    const waiting = [...alarms];
    const work = async () => {
      for (let alarm = waiting.pop(); alarm !== undefined; alarm = waiting.pop()) {
        if (await evaluateAlarm(alarm, context)) changed += 1;
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    const last = alarms.at(-1);
    if (last === undefined) return changed;
    after = last.id;
  }
}

async function evaluateAlarm(alarm: CloudwatchAlarm, context: AlarmContext): Promise<boolean> {
  const spec = readSpec(alarm);
  const now = context.now();
  try {
    const rule = readRule(spec, { limits: context.limits, accountId: alarm.accountId });
    const points = await readWindow(rule, { ...context, accountId: alarm.accountId }, now.getTime());
    const state = judgeAlarm(points, rule);
    if (state === null || state === alarm.state) return false;
    return await changeState(context.pool, alarm, spec, explainState(state, points, rule, now), now);
  } catch (error) {
    // A query that no longer fits its data is its owner's affair; the other alarms go on.
    const level = error instanceof CloudwatchError ? 'debug' : 'error';
    context.log[level]({ err: error, alarmId: alarm.id }, 'an alarm could not be evaluated');
    return false;
  }
}

function explainState(
  state: AlarmState,
  points: readonly WatchedPoint[],
  rule: AlarmRule,
  now: Date,
): StateChange {
  const known = points.filter(({ value }) => value !== null).slice(-rule.evaluationPeriods);
  const recent = known.slice(-MOST_SHOWN);
  const shown = recent.map(({ value, timeMs }) => `${value ?? ''} (${new Date(timeMs).toISOString()})`);
  const threshold = 'threshold' in rule.comparison ? rule.comparison.threshold : null;
  const against = threshold === null ? 'the expected band' : `the threshold (${threshold})`;
  const reason =
    state === 'INSUFFICIENT_DATA'
      ? `Insufficient Data: no datapoints in the last ${rule.evaluationPeriods} periods.`
      : `Threshold Crossed: ${known.length} datapoints [${shown.join(', ')}] compared with ${against} by ` +
        `${rule.comparison.operator}; ${rule.datapointsToAlarm} out of ${rule.evaluationPeriods} make an alarm.`;
  const data = {
    version: '1.0',
    queryDate: now.toISOString(),
    startDate: recent[0] === undefined ? null : new Date(recent[0].timeMs).toISOString(),
    period: rule.periodSeconds,
    recentDatapoints: recent.map(({ value }) => value),
    ...(threshold === null
      ? {
          recentLowerThresholds: recent.map(({ lower }) => lower),
          recentUpperThresholds: recent.map(({ upper }) => upper),
        }
      : { threshold }),
  };
  return { state, reason: reason.slice(0, LONGEST_REASON), data: JSON.stringify(data) };
}

const LONGEST_REASON = 1_023;
