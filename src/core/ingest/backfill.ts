/**
 * Scores what was stored before its metric had a model: once a metric's range is known, its samples are judged from
 * the first on, some at a time and in turns with live points; when none is left the metric is ACTIVE.
 */
import type pg from 'pg';
import { readUnscored } from '../samples/read-unscored.ts';
import type { Log } from '../../log.ts';
import { SCORED_AHEAD_MS } from '../../model.ts';
import { isOutage } from '../../platform/postgres/outage.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Commit } from './commit.ts';
import type { Draft } from './write-set.ts';
import { hasBounds, learnBounds, ROWS_TO_LEARN_FROM } from '../metrics/model-params.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import { createRetryPause } from '../../platform/runtime/backoff.ts';
import { failBacklog, type ScoreStored } from './score-backfill.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';
import { Signal } from '../../platform/runtime/signal.ts';

export interface Backlog {
  /** To be called when a metric got samples or a new status: it goes on from there if it can. */
  check: (entry: MetricEntry) => void;
  /** Goes on with every metric an earlier run left unfinished. */
  start: () => void;
  stop: () => Promise<void>;
}

/** Some milliseconds of scoring and writing: live points wait no longer than this for their turn. */
const ROWS_PER_TURN = 1440;

export function createBacklog(options: {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly writeLock: WriteLock;
  readonly models: ModelCache;
  readonly commit: Commit;
  readonly scoreStored: ScoreStored;
  readonly stats: Stats;
  readonly log: Log;
  readonly now?: () => number;
}): Backlog {
  const { pool, registry, writeLock, models, commit, log, now = Date.now } = options;
  /** Numbers of the metrics with something to do; each at most once. */
  const waiting = new Set<number>();
  const stopping = new Signal();
  let stopped = false;
  let working: Promise<void> | null = null;

  const check = (entry: MetricEntry) => {
    if (stopped || !isReady(entry)) return;
    waiting.add(entry.number);
    working ??= work();
  };

  const work = async () => {
    // It is over in the very step that finds nothing left: whoever came between would be forgotten.
    await Promise.resolve();
    const pause = createRetryPause((ms) => stopping.wait(ms).done);
    for (;;) {
      const [number] = waiting;
      if (number === undefined || stopped) break;
      try {
        const isDone = await writeLock.runExclusive(() => advance(number));
        // One that is not done goes to the end: a long history does not keep the others waiting.
        waiting.delete(number);
        if (!isDone) waiting.add(number);
        pause.reset();
      } catch (error) {
        if (!isOutage(error) && (await giveUp(number, error))) continue;
        log.warn(
          { err: error, metricNumber: number, pauseMs: pause.ms },
          'backlog could not be scored; trying again',
        );
        await pause.wait();
      }
    }
    working = null;
  };

  /** Another try would fail as this one did, and keep all other metrics waiting. @returns whether that is noted */
  const giveUp = async (number: number, error: unknown): Promise<boolean> => {
    const entry = registry.byNumber(number);
    try {
      if (entry !== undefined) await writeLock.runExclusive(() => failBacklog(entry, error, options));
    } catch (again) {
      if (isOutage(again)) return false;
      log.error({ err: again, metricNumber: number }, 'metric could not be put in ERROR');
    }
    waiting.delete(number);
    return true;
  };

  /** One turn's worth; true when there is nothing more to do for this metric. */
  const advance = async (number: number): Promise<boolean> => {
    const draft = await commit.begin();
    const entry = registry.byNumber(number);
    if (entry === undefined || !isReady(entry)) return true;
    if (!hasBounds(entry.modelParams)) await learn(entry);
    return scoreSome(entry, draft);
  };

  const learn = async (entry: MetricEntry) => {
    const bounds = await learnBounds(pool, entry.number);
    if (bounds === null) throw new Error(`metric ${entry.id} has rows to learn from but none is stored`);
    await pool.query(
      `UPDATE metric SET model_params = $2, status = 'CREATE_PENDING', message = NULL WHERE number = $1`,
      [entry.number, { ...entry.modelParams, ...bounds }],
    );
    await registry.load([entry.number]);
  };

  const scoreSome = async (entry: MetricEntry, draft: Draft): Promise<boolean> => {
    const upToMs = now() + SCORED_AHEAD_MS;
    const range = { metricNumber: entry.number, afterMs: entry.scoredToMs, upToMs };
    const rows = (await readUnscored(pool, [range], ROWS_PER_TURN)).get(entry.number) ?? [];
    const model = (await models.acquire([entry])).get(entry.number);
    if (model === undefined) throw new Error('acquire gives a model for every metric asked for');
    const isScored = options.scoreStored(draft, entry, rows, model);
    const isDone = rows.length < ROWS_PER_TURN;
    if (isScored && isDone) draft.statuses.set(entry, { status: 'ACTIVE', message: null });
    const refused = await commit.seal(draft)();
    // One that is in ERROR by now goes on when somebody takes it out of it.
    return isDone || !isScored || refused.has(entry) || !isReady(entry);
  };

  return {
    check,
    start: () => {
      for (const entry of registry.all()) check(entry);
    },
    stop: async () => {
      stopped = true;
      stopping.wake();
      await working;
    },
  };
}

function isReady(entry: MetricEntry): boolean {
  if (entry.status === 'CREATE_PENDING') return true;
  return entry.status === 'PENDING_DATA' && entry.lastRowId >= ROWS_TO_LEARN_FROM;
}
