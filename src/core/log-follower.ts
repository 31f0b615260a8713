/**
 * A follower makes something of the log of scores (bars, incidents) beside the data path: it reads on from where it
 * stopped, some rows at a time, and stores its new position in the transaction that stores what it made of them. So
 * every row counts once, through crashes too, and a slow or failing follower costs pushers nothing.
 */
import type pg from 'pg';
import {
  findWatched,
  type FollowerPlace,
  keepScores,
  moveFollower,
  openFollowerPlace,
} from '../db/follow-log.ts';
import type { ScoredSample } from '../db/stored-sample.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Log } from '../log.ts';
import type { Gauge, Stats } from '../observe/stats.ts';
import type { Live } from './live.ts';
import { createWakeUp, type Nap } from './wake-up.ts';

export interface LogFollower extends AsyncDisposable {
  /** Begins, or goes on from the stored position. Waits for the database as long as it takes. */
  start: () => void;
  /** Ends after the batch in hand. A follower that was stopped cannot be started again. */
  stop: () => Promise<void>;
  /** The log's places up to this one are dealt with and committed; null before the stored position has been read. */
  position: () => number | null;
  /** Resolves once the log is dealt with up to the place it goes to now; never, when the follower is stopped before. */
  catchUp: () => Promise<void>;
}

export interface LogFollowerOptions {
  /** What its position is stored under; never to be given to another follower. */
  readonly name: string;
  /** Where a follower begins that has no position yet: with all there is, or with what comes from now on. */
  readonly beginAt: 'OLDEST' | 'NEWEST';
  /**
   * Stores what is to be made of the rows: in the order of their places, none of a metric that is deleted or
   * unmonitored. Whatever it writes by `client` is committed with the position, or not at all. When it throws, the
   * same rows come again after a pause that doubles up to 30 s. It may be called again with rows whose commit failed,
   * so nothing but the transaction may remember them.
   */
  readonly apply: (client: pg.PoolClient, scores: readonly ScoredSample[]) => Promise<void>;
  /** Called once what `apply` wrote last is committed, for whoever watches it. It must not throw. */
  readonly onApplied?: () => void;
  /** Takes back everything made so far, because another log begins (a restored database). Nothing when left out. */
  readonly reset?: (client: pg.PoolClient) => Promise<void>;
  /** Where the number of scores not dealt with yet is shown. */
  readonly lagGauge: Gauge;
  /** Most rows in one transaction; some thousands when left out. */
  readonly mostRows?: number;
  /** How long new scores wait for more of them, in milliseconds, so that a batch is worth its transaction. */
  readonly lingerMs?: number;
  readonly pool: pg.Pool;
  readonly live: Pick<Live, 'readAfter' | 'bounds' | 'sleepUntilGrown' | 'forgotten'>;
  readonly stats: Stats;
  readonly log: Log;
}

const LINGER_MS = 250;
/** Growth is announced; this is for the announcement that never came. */
const LONGEST_SLEEP_MS = 30_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

export function createLogFollower(options: LogFollowerOptions): LogFollower {
  const { name, beginAt, pool, live, stats, log } = options;
  const lingerMs = options.lingerMs ?? LINGER_MS;
  const stopping = createWakeUp();
  const moved = createWakeUp();
  let stopped = false;
  let working: Promise<void> | undefined;
  /** Null when it has to be read from the database. */
  let place: FollowerPlace | null = null;
  let nap: Nap | null = null;

  const work = async () => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopped) {
      try {
        if (place === null) settle(await openPlace());
        else if (place.position < live.bounds().last) await advance(place);
        else await waitForMore();
        pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        stats.count('follower_failures');
        log.warn({ err: error, follower: name, pauseMs }, 'scores could not be followed; trying again');
        // Whether a commit that failed happened after all, the database knows.
        place = null;
        await rest(pauseMs);
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
  };

  const openPlace = async (): Promise<FollowerPlace> => {
    const { epoch, floor, last } = live.bounds();
    const first = { epoch, floor, position: beginAt === 'OLDEST' ? 0 : last };
    const stored = await openFollowerPlace(pool, name, first);
    if (stored.epoch === epoch && stored.position <= last) return stored;
    log.warn(
      { follower: name, stored, epoch, last },
      'another log begins: it is followed from its beginning',
    );
    return begin(stored, { epoch, floor, position: 0 });
  };

  const begin = (from: FollowerPlace, to: FollowerPlace): Promise<FollowerPlace> =>
    inTransaction(pool, async (client) => {
      if (!(await moveFollower(client, name, from, to))) throw new Error('the position moved meanwhile');
      await options.reset?.(client);
      return to;
    });

  const advance = async (from: FollowerPlace) => {
    const startedAt = performance.now();
    const { floor } = live.bounds();
    if (floor > from.floor && from.position < floor) tellGap(from.position, floor);
    const forgotten = live.forgotten();
    const { samples, upTo, isStored } = await live.readAfter(from.position, options.mostRows);
    const to = { epoch: from.epoch, position: upTo, floor };
    try {
      await inTransaction(pool, async (client) => {
        if (!(await moveFollower(client, name, from, to))) throw new Error('the position moved meanwhile');
        await keepScores(client);
        if (live.forgotten() !== forgotten) throw new OutdatedRowsError();
        await applyWatched(client, samples);
      });
    } catch (error) {
      if (error instanceof OutdatedRowsError) return;
      throw error;
    }
    settle(to);
    options.onApplied?.();
    // A long history is read half of the time, so that the database has the other half for the data path.
    if (isStored) await rest(performance.now() - startedAt);
  };

  const applyWatched = async (client: pg.PoolClient, samples: readonly ScoredSample[]) => {
    const numbers = new Set(samples.map(({ metricNumber }) => metricNumber));
    if (numbers.size === 0) return;
    const watched = await findWatched(client, [...numbers]);
    const rows = samples.filter(({ metricNumber }) => watched.has(metricNumber));
    if (rows.length > 0) await options.apply(client, rows);
  };

  const tellGap = (position: number, floor: number) => {
    stats.count('follower_gaps');
    log.warn({ follower: name, position, floor }, 'retention dropped scores before they were followed');
  };

  const settle = (to: FollowerPlace) => {
    place = to;
    stats.set(options.lagGauge, Math.max(0, live.bounds().last - to.position));
    moved.wake();
  };

  const waitForMore = async () => {
    stats.set(options.lagGauge, 0);
    nap = live.sleepUntilGrown(LONGEST_SLEEP_MS);
    await nap.over;
    nap = null;
    await rest(lingerMs);
  };

  const rest = async (restMs: number) => {
    if (!stopped) await stopping.sleep(restMs).over;
  };

  const stop = async () => {
    stopped = true;
    stopping.wake();
    nap?.cut();
    await working;
  };

  return {
    start: () => {
      if (!stopped) working ??= work();
    },
    stop,
    position: () => place?.position ?? null,
    catchUp: async () => {
      const goal = live.bounds().last;
      while (place === null || place.position < goal) await moved.sleep().over;
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** A metric lost its scores after they were read, and may be watched anew by now: they have to be read again. */
class OutdatedRowsError extends Error {
  override readonly name = 'OutdatedRowsError';
}
