/**
 * Live scores. The log of scores is the only source: the newest part of it lies in one ring in memory, the rest in
 * the database, and a subscriber owns nothing but its place. Replay and live are the same loop, so there is no seam
 * between them; a subscriber that does not read costs nothing and finds its place again. Equal subscriptions form a
 * group that reads the log once.
 */
import type pg from 'pg';
import { readLog, readLogBounds, searchLog } from './read-log.ts';
import type { ScoredSample } from '../samples/stored-sample.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { formatCursor, parseCursor, type LogBounds } from './cursor.ts';
import type { Registry } from '../metrics/registry.ts';
import {
  compileFilter,
  leastScore,
  matchesMetric,
  narrowsMetrics,
  type ScoreFilter,
} from './score-filter.ts';
import {
  createScoreGroup,
  type LogStretch,
  type ScoreEvent,
  type ScoreGroup,
} from './shared-subscription.ts';
import { createReplayPace } from './catch-up-limiter.ts';
import { createScoreMemory } from './event-cache.ts';
import { createScoreRing, type ScoreRing } from './ring-buffer.ts';
import { streamScores } from './subscription.ts';
import { createStretchMemory } from './log-page-cache.ts';
import { Signal, type Wait } from '../../platform/runtime/signal.ts';

export type { ScoreEvent } from './shared-subscription.ts';
export type { ScoreFilter } from './score-filter.ts';

export interface SubscribeOptions {
  readonly filter: ScoreFilter;
  /** Cursor of the last event or row seen; null from now on. */
  readonly after: string | null;
  /** Most scores in one event. */
  readonly maxBatch: number;
  /** How long an event may wait for more scores, in milliseconds. */
  readonly lingerMs: number;
  /** True for a reader within the server, which is no subscriber anybody counts. */
  readonly isInternal?: boolean;
}

export interface PageOptions {
  readonly filter: ScoreFilter & { readonly fromMs?: number; readonly toMs?: number };
  readonly after: string | null;
  readonly first: number;
}

export interface Live {
  /**
   * Everything after the cursor, then live, without a gap or a repeat. `return()` ends it at once. Subscriptions with
   * equal options but `after` are given the same event objects once they stand at the same place.
   * @throws CursorInvalidError, CursorExpiredError at once, not at the first event
   */
  subscribe: (options: SubscribeOptions) => AsyncIterableIterator<ScoreEvent>;
  /** The same log by pages, oldest first. @throws CursorInvalidError, CursorExpiredError */
  readPage: (
    options: PageOptions,
  ) => Promise<{ readonly rows: readonly ScoredSample[]; readonly hasMore: boolean }>;
  cursorOf: (seq: number) => string;
  /** Cursor of the newest score. */
  head: () => string;
  /** How far the log goes. */
  bounds: () => LogBounds;
  /**
   * For those who follow the whole log by its places: the next rows after one, at most so many. Some may be of
   * metrics whose scores were taken back meanwhile: `onForget` then tells.
   */
  readAfter: (place: number, most?: number) => Promise<LogStretch & { readonly isStored: boolean }>;
  /** Sleeps until the log grows, `limitMs` at most. */
  sleepUntilGrown: (limitMs: number) => Wait;
  /** Tells from now on of metrics whose scores were taken back. @returns what ends it */
  onForget: (listener: (metricNumber: number) => void) => () => void;
  subscriberCount: () => number;
  /** Appends what a transaction just committed. */
  publish: (scores: readonly ScoredSample[]) => void;
  /** Scores of a metric that was deleted or unmonitored are shown no more. */
  forget: (metricNumber: number) => void;
  /** To be called after retention, and after a commit whose outcome was unclear: reads how far the log goes. */
  refreshBounds: () => Promise<void>;
  /** Ends every subscription, as if the client had ended it. */
  close: () => void;
}

/** About half a minute of 1,000 scores a second; 10 MB. */
const RING_CAPACITY = 32_768;
/** Rows looked at before other work gets the event loop. */
const STRETCH_ROWS = 2000;
/** 4 MB of rows read from the database. */
const MOST_STRETCHES = 8;
/** Of events made for several subscribers, together with what they are sent as: 20 MB. */
const REMEMBERED_SCORES = 40_000;

/** Reads how far the log goes, then is ready. */
export async function createLive(options: {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly stats: Stats;
}): Promise<Live> {
  const { pool, registry, stats } = options;
  const stored = await readLogBounds(pool);
  const ring = createScoreRing(RING_CAPACITY, stored.last);
  const groups = new Map<string, ScoreGroup>();
  const streams = new Set<AsyncIterableIterator<ScoreEvent>>();
  /** Streams of clients; those within the server are not counted. */
  let subscribers = 0;
  const memory = createScoreMemory(REMEMBERED_SCORES);
  const pace = createReplayPace();
  const grown = new Signal();
  let { floor } = stored;
  const forgetListeners = new Set<(metricNumber: number) => void>();

  const bounds = (): LogBounds => ({ epoch: stored.epoch, floor, last: ring.last });
  const cursorOf = (seq: number) => formatCursor(stored.epoch, seq);

  const readAfter = async (after: number, most = STRETCH_ROWS) => {
    if (after + 1 >= ring.first) return { ...readRing(ring, after, most), isStored: false };
    // By the count of rows, not of places: what retention and deletions emptied is passed over in one step.
    const end = ring.first - 1;
    const samples = await readLog(pool, { after, upTo: end, limit: most });
    const isFull = samples.length === most;
    return { samples, upTo: isFull ? (samples.at(-1)?.seq ?? end) : end, isStored: true };
  };

  const stretches = createStretchMemory((after) => readAfter(after), MOST_STRETCHES);
  const readStretch = async (after: number, most: number): Promise<LogStretch> => {
    if (after + 1 >= ring.first) return readRing(ring, after, most);
    const stretch = await stretches.read(after);
    // failpoint: tail.after_read
    stats.count('subscribers_caught_up');
    return stretch;
  };

  const findGroup = (key: string, { filter, maxBatch, lingerMs }: SubscribeOptions): ScoreGroup => {
    const known = groups.get(key);
    if (known !== undefined) return known;
    const matches = compileFilter(filter, registry);
    const last = () => ring.last;
    const group = createScoreGroup({ matches, maxBatch, lingerMs, readStretch, last, cursorOf, memory });
    groups.set(key, group);
    return group;
  };

  const wakeAll = () => {
    grown.wake();
    for (const group of groups.values()) group.wake();
  };

  const subscribe = (options: SubscribeOptions) => {
    const { filter, after, maxBatch, lingerMs, isInternal = false } = options;
    const start = after === null ? ring.last : parseCursor(after, bounds());
    const key = JSON.stringify([filter, maxBatch, lingerMs]);
    const group = findGroup(key, options);
    group.join();
    const stream = streamScores({
      group,
      start,
      pace,
      onEvent: (event) => {
        stats.count('score_events_sent');
        stats.count('scores_sent', event.scores.length);
      },
      onEnd: () => {
        if (group.leave()) groups.delete(key);
        streams.delete(stream);
        if (!isInternal) stats.set('subscribers', (subscribers -= 1));
      },
    });
    streams.add(stream);
    if (!isInternal) stats.set('subscribers', (subscribers += 1));
    return stream;
  };

  const readPage = async ({ filter, after, first }: PageOptions) => {
    const start = after === null ? 0 : parseCursor(after, bounds());
    const metricNumbers = narrowsMetrics(filter)
      ? [...registry.all()].filter((entry) => matchesMetric(filter, entry)).map((entry) => entry.number)
      : null;
    const rows = await searchLog(
      pool,
      start,
      {
        metricNumbers,
        leastScore: leastScore(filter),
        fromMs: filter.fromMs ?? null,
        toMs: filter.toMs ?? null,
      },
      first + 1,
    );
    return { rows: rows.slice(0, first), hasMore: rows.length > first };
  };

  return {
    subscribe,
    readPage,
    cursorOf,
    head: () => cursorOf(ring.last),
    bounds,
    readAfter,
    sleepUntilGrown: (limitMs) => grown.wait(limitMs),
    onForget: (listener) => {
      forgetListeners.add(listener);
      return () => void forgetListeners.delete(listener);
    },
    subscriberCount: () => subscribers,
    publish: (scores) => {
      ring.append(scores);
      wakeAll();
    },
    forget: (metricNumber) => {
      for (const listener of forgetListeners) listener(metricNumber);
      ring.forget(metricNumber);
      stretches.forget();
      for (const group of groups.values()) group.forget();
    },
    refreshBounds: async () => {
      const now = await readLogBounds(pool);
      ({ floor } = now);
      ring.skipTo(now.last);
      stretches.forget();
      wakeAll();
    },
    close: () => {
      for (const stream of [...streams]) void stream.return?.();
    },
  };
}

function readRing(ring: ScoreRing, after: number, most: number): LogStretch {
  const upTo = Math.min(ring.last, after + most);
  const samples: ScoredSample[] = [];
  for (let seq = after + 1; seq <= upTo; seq++) {
    const sample = ring.get(seq);
    if (sample !== undefined) samples.push(sample);
  }
  return { samples, upTo };
}
