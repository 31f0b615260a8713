/** Evaluates metric alarms: reads the window, decides on the state, changes it. */
import type { CloudwatchAlarm, PrismaClient } from '../../../generated/prisma/client.ts';
import type { Log } from '../../../log.ts';
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import type { EvaluationContext } from '../model/operation.ts';
import { changeState } from './change-state.ts';
import { readRule } from './check-alarm.ts';
import { judgeAlarm, type EvaluatedPoint } from './judge-alarm.ts';
import { readMetricWindows, readWindow, type AskedWindow } from './read-window.ts';
import { readSpec } from './show-alarm.ts';
import { explainState } from './state-reason.ts';

export type AlarmContext = Omit<EvaluationContext, 'accountId'> & {
  readonly prisma: PrismaClient;
  readonly log: Log;
};

const MAX_REASON_LENGTH = 1_023;
const ALARMS_AT_A_TIME = 100;
/** Alarms evaluated side by side: more would keep pushed data waiting for a connection. */
const SIDE_BY_SIDE = 4;

/**
 * @param isAsked which of the alarms
 * @param endOf the end of the newest period the alarm looks at
 * @returns how many alarms changed their state
 */
export async function evaluateAlarms(
  context: AlarmContext,
  isAsked: { readonly highResolution: boolean } | null,
  endOf: (alarm: CloudwatchAlarm) => number,
): Promise<number> {
  let changed = 0;
  for (let after = 0; ;) {
    const alarms = await context.prisma.cloudwatchAlarm.findMany({
      where: {
        id: { gt: after },
        type: 'MetricAlarm',
        ...(isAsked !== null && { periodSeconds: isAsked.highResolution ? { lt: 60 } : { gte: 60 } }),
      },
      orderBy: { id: 'asc' },
      take: ALARMS_AT_A_TIME,
    });
    changed += await evaluateSideBySide(
      alarms.map((alarm) => ({ alarm, endMs: endOf(alarm) })),
      context,
    );
    const last = alarms.at(-1);
    if (last === undefined) return changed;
    after = last.id;
  }
}

export interface AlarmToEvaluate {
  readonly alarm: CloudwatchAlarm;
  readonly endMs: number;
  /** Whether only a change to ALARM counts: for data that came after their period was evaluated. */
  readonly raisesOnly?: boolean;
}

interface PreparedAlarm extends AlarmToEvaluate {
  readonly window: AskedWindow;
}

/** @returns how many alarms changed their state */
export async function evaluateSideBySide(
  given: readonly AlarmToEvaluate[],
  context: AlarmContext,
): Promise<number> {
  const prepared = given.flatMap((one) => prepare(one, context));
  const windows = await readTogether(prepared, context);
  let changed = 0;
  const waiting = prepared.toReversed();
  const work = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (await evaluateAlarm(next, windows.get(next.window), context)) changed += 1;
    }
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, prepared.length) }, work));
  return changed;
}

function prepare(given: AlarmToEvaluate, context: AlarmContext): readonly PreparedAlarm[] {
  const { alarm, endMs } = given;
  const { accountId } = alarm;
  try {
    const rule = readRule(readSpec(alarm), { limits: context.limits, accountId });
    return [{ ...given, window: { rule, accountId, endMs } }];
  } catch (error) {
    noteFailure(alarm, error, context);
    return [];
  }
}

/** Where they cannot be read together, each alarm reads its own: what is wrong with one costs no other. */
async function readTogether(
  prepared: readonly PreparedAlarm[],
  context: AlarmContext,
): ReturnType<typeof readMetricWindows> {
  try {
    return await readMetricWindows(
      prepared.map(({ window }) => window),
      context,
    );
  } catch (error) {
    context.log.warn({ err: error, alarms: prepared.length }, 'alarms are read one by one');
    return new Map();
  }
}

async function evaluateAlarm(
  { alarm, window, raisesOnly = false }: PreparedAlarm,
  known: readonly EvaluatedPoint[] | undefined,
  context: AlarmContext,
): Promise<boolean> {
  const spec = readSpec(alarm);
  const { rule } = window;
  const now = context.now();
  try {
    const points = known ?? (await readWindow(window, context));
    const state = judgeAlarm(points, rule);
    if (state === null || state === alarm.state || (raisesOnly && state !== 'ALARM')) return false;
    const change = { state, ...explainState(state, points, rule, spec, now) };
    return await changeState(context.pool, alarm, spec, change, now);
  } catch (error) {
    noteFailure(alarm, error, context);
    if (!(error instanceof CloudwatchError) || raisesOnly) return false;
    return await showFailure(alarm, error.message, context);
  }
}

/** Of queries that no longer fit their data nothing is known, and DescribeAlarms says why. */
async function showFailure(alarm: CloudwatchAlarm, message: string, context: AlarmContext): Promise<boolean> {
  const reason = `Insufficient Data: the alarm could not be evaluated. ${message}`.slice(
    0,
    MAX_REASON_LENGTH,
  );
  if (alarm.state === 'INSUFFICIENT_DATA' && alarm.stateReason === reason) return false;
  const change = { state: 'INSUFFICIENT_DATA', reason, data: null } as const;
  return await changeState(context.pool, alarm, readSpec(alarm), change, context.now());
}

/** A query that no longer fits its data is its owner's affair; the other alarms go on. */
function noteFailure(alarm: CloudwatchAlarm, error: unknown, { log }: AlarmContext): void {
  const level = error instanceof CloudwatchError ? 'debug' : 'error';
  log[level]({ err: error, alarmId: alarm.id }, 'an alarm could not be evaluated');
}

/** The end of the newest period that is over. */
export function findPeriodEnd(alarm: CloudwatchAlarm, nowMs: number): number {
  const periodMs = (alarm.periodSeconds ?? 60) * 1000;
  return Math.floor(nowMs / periodMs) * periodMs;
}
