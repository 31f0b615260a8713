/**
 * When alarms are evaluated: at fixed times of the clock, so that no delay adds up. Alarms with periods below a minute at
 * the end of each of their periods, every period once, also those that passed while the server was busy; the others each
 * minute. Data that arrive after their period was evaluated are looked at right away, and can raise an alarm, so that a
 * single breaching datum is never missed. Whatever changes a state wakes composite alarms and delivery.
 */
import { Signal } from '../../../platform/runtime/signal.ts';
import type { AdditionBatch } from '../store/addition.ts';
import { ActionDelivery, type ActionContext } from './deliver-actions.ts';
import {
  evaluateAlarms,
  evaluateSideBySide,
  findPeriodEnd,
  type AlarmContext,
  type AlarmToEvaluate,
} from './evaluate-alarms.ts';
import { evaluateComposites } from './composite/evaluate-composites.ts';
import { SingleFlight } from './single-flight.ts';

export type AlarmChange = 'configuration' | 'state';

const TICK_MS = 10_000;
const MINUTE_MS = 60_000;
/** Data sent at the end of a period are on their way this long. */
const GRACE_MS = 250;
/** Periods that passed meanwhile and are still evaluated one by one. */
const MAX_PASSED_PERIODS = 6;
/** Data of periods that ended earlier raise no alarm. */
const MAX_LATE_MS = 120_000;

interface HighResolutionAlarm {
  readonly id: number;
  readonly periodMs: number;
}

export class AlarmMonitor {
  readonly #context: AlarmContext & ActionContext;
  readonly #signal = new Signal();
  readonly #minute: SingleFlight;
  readonly #composites: SingleFlight;
  readonly #delivery: ActionDelivery;
  /** By the hash of their series, in hexadecimal. */
  #highResolution: ReadonlyMap<string, readonly HighResolutionAlarm[]> = new Map();
  /** Up to which end each alarm of high resolution was evaluated, or is just being. */
  #evaluatedUpTo = new Map<number, number>();
  /** Ends of periods that got data after they were evaluated, by alarm. */
  #late = new Map<number, Set<number>>();
  #boundaryMs = 0;
  #minuteMs = 0;
  #isConfigured = false;
  #isStateChanged = false;
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(context: AlarmContext & ActionContext) {
    this.#context = context;
    this.#minute = new SingleFlight(() => this.#evaluateMinute());
    this.#composites = new SingleFlight(() => evaluateComposites(context));
    this.#delivery = new ActionDelivery(context);
  }

  /** Evaluates every alarm for the periods that are over, and delivers. */
  async evaluateNow(): Promise<void> {
    const nowMs = this.#context.now().getTime();
    await evaluateAlarms(this.#context, null, (alarm) => findPeriodEnd(alarm, nowMs));
    await this.#composites.run();
    await this.#delivery.run();
  }

  /** Does what is due by now, and waits for it. */
  async tick(): Promise<void> {
    await this.#evaluateDue();
    if (this.#isMinuteDue()) await this.#minute.run();
    await this.#delivery.run();
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#signal.wake();
    await this.#loop;
    await Promise.all([this.#minute.settle(), this.#composites.settle(), this.#delivery.stop()]);
  }

  /** What an operation changed of alarms. */
  readonly onAlarmChange = (change: AlarmChange): void => {
    if (change === 'configuration') this.#isConfigured = true;
    this.#isStateChanged = true;
    this.#signal.wake();
  };

  /** Called once the data are on disk. */
  readonly onStored = (batches: readonly AdditionBatch[]): void => {
    if (this.#highResolution.size === 0) return;
    const nowMs = this.#context.now().getTime();
    for (const { additions } of batches) {
      for (const { hash, timestampMs } of additions) {
        const alarms = this.#highResolution.get(hash.toString('hex')) ?? [];
        for (const alarm of alarms) this.#noteLate(alarm, timestampMs, nowMs);
      }
    }
    if (this.#late.size > 0) this.#signal.wake();
  };

  #noteLate({ id, periodMs }: HighResolutionAlarm, timestampMs: number, nowMs: number): void {
    const endMs = Math.floor(timestampMs / periodMs) * periodMs + periodMs;
    const upToMs = this.#evaluatedUpTo.get(id) ?? Math.floor(this.#boundaryMs / periodMs) * periodMs;
    if (endMs > upToMs || endMs < nowMs - MAX_LATE_MS) return;
    const ends = this.#late.get(id) ?? new Set();
    this.#late.set(id, ends.add(endMs));
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#evaluateDue();
      } catch (error) {
        this.#context.log.error({ err: error }, 'alarms could not be evaluated; they are again in time');
      }
      this.#inBackground(this.#delivery.run());
      if (this.#isMinuteDue()) this.#inBackground(this.#minute.run().then(() => this.#delivery.run()));
      if (this.#isConfigured || this.#isStateChanged || this.#late.size > 0) continue;
      await this.#sleepToNextTick();
    }
  }

  async #sleepToNextTick(): Promise<void> {
    if (this.#stopped) return;
    const nowMs = this.#readClock();
    const nextMs = (Math.floor(nowMs / TICK_MS) + 1) * TICK_MS;
    await this.#signal.wait(nextMs - nowMs).done;
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.#context.log.error({ err: error }, 'alarms could not be evaluated or delivered');
    });
  }

  #readClock(): number {
    return this.#context.now().getTime() - GRACE_MS;
  }

  #isMinuteDue(): boolean {
    const minuteMs = Math.floor(this.#readClock() / MINUTE_MS) * MINUTE_MS;
    if (minuteMs <= this.#minuteMs && !isSetBack(this.#minuteMs, minuteMs)) return false;
    this.#minuteMs = minuteMs;
    return true;
  }

  /** Alarms of high resolution, late data, composite alarms. */
  async #evaluateDue(): Promise<void> {
    const boundaryMs = Math.floor(this.#readClock() / TICK_MS) * TICK_MS;
    if (isSetBack(this.#boundaryMs, boundaryMs)) {
      this.#boundaryMs = 0;
      this.#evaluatedUpTo = new Map();
    }
    const isTick = boundaryMs > this.#boundaryMs;
    let changed = 0;
    if (isTick || this.#isConfigured) {
      this.#isConfigured = false;
      this.#boundaryMs = Math.max(boundaryMs, this.#boundaryMs);
      changed += await this.#evaluateHighResolution();
    }
    changed += await this.#evaluateLate();
    if (changed > 0 || isTick || this.#isStateChanged) {
      this.#isStateChanged = false;
      await this.#composites.run();
    }
  }

  async #evaluateHighResolution(): Promise<number> {
    let changed = 0;
    for (let round = 0; round < MAX_PASSED_PERIODS; round++) {
      const due = await this.#findDue();
      if (due.length === 0) break;
      changed += await evaluateSideBySide(due, this.#context);
    }
    return changed;
  }

  /** Of each alarm the oldest period that is over and was not evaluated. */
  async #findDue(): Promise<readonly AlarmToEvaluate[]> {
    const alarms = await this.#context.prisma.cloudwatchAlarm.findMany({
      where: { type: 'MetricAlarm', periodSeconds: { lt: MINUTE_MS / 1000 } },
    });
    const bySeries = new Map<string, HighResolutionAlarm[]>();
    const upTo = new Map<number, number>();
    const due: AlarmToEvaluate[] = [];
    for (const alarm of alarms) {
      const periodMs = (alarm.periodSeconds ?? 0) * 1000;
      const newestMs = findPeriodEnd(alarm, this.#boundaryMs);
      const knownMs = this.#evaluatedUpTo.get(alarm.id) ?? newestMs - periodMs;
      const endMs = Math.max(knownMs + periodMs, newestMs - (MAX_PASSED_PERIODS - 1) * periodMs);
      if (endMs <= newestMs) due.push({ alarm, endMs });
      // Noted before the window is read: data that are stored meanwhile count as late then.
      upTo.set(alarm.id, Math.min(endMs, newestMs));
      if (alarm.seriesHash === null) continue;
      const hash = Buffer.from(alarm.seriesHash).toString('hex');
      bySeries.set(hash, [...(bySeries.get(hash) ?? []), { id: alarm.id, periodMs }]);
    }
    this.#highResolution = bySeries;
    this.#evaluatedUpTo = upTo;
    return due;
  }

  async #evaluateLate(): Promise<number> {
    const late = this.#late;
    if (late.size === 0) return 0;
    this.#late = new Map();
    const alarms = await this.#context.prisma.cloudwatchAlarm.findMany({
      where: { id: { in: [...late.keys()] } },
    });
    return await evaluateSideBySide(
      alarms.flatMap((alarm) =>
        [...(late.get(alarm.id) ?? [])].map((endMs) => ({ alarm, endMs, raisesOnly: true })),
      ),
      this.#context,
    );
  }

  async #evaluateMinute(): Promise<void> {
    const minuteMs = this.#minuteMs;
    await evaluateAlarms(this.#context, { highResolution: false }, (alarm) => findPeriodEnd(alarm, minuteMs));
    await this.#composites.run();
  }
}

/** Whether the clock was put back so far that waiting for it to come again would leave alarms without evaluation. */
function isSetBack(fromMs: number, toMs: number): boolean {
  return toMs < fromMs - MAX_LATE_MS;
}
