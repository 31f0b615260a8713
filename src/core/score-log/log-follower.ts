/**
 * A follower makes something of the log of scores (bars, incidents) beside the data path: it reads on from where it
 * stopped, gathers for a while, and stores its new position in the transaction that stores what it made of the rows. So
 * every row counts once, through crashes too, and a slow or failing follower costs pushers nothing.
 */
import type pg from 'pg';
import {
  findWatched,
  type FollowerPlace,
  keepScores,
  moveFollower,
  openFollowerPlace,
} from './follow-log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import type { Log } from '../../log.ts';
import type { Gauge, Stats } from '../../platform/telemetry/metrics.ts';
import type { Gathered } from './row-buffer.ts';
import type { Live } from './score-feed.ts';
import { createRetryPause } from '../../platform/runtime/backoff.ts';
import { createWakeUp } from '../../platform/runtime/signal.ts';

export interface LogFollower extends AsyncDisposable {
  /** Begins, or goes on from the stored position. Waits for the database as long as it takes. */
  start: () => void;
  /** Ends after the batch in hand. A follower that was stopped cannot be started again. */
  stop: () => Promise<void>;
  /** The log's places up to this one are dealt with and committed; null before the stored position has been read. */
  position: () => number | null;
  /**
   * Resolves once the log is dealt with up to the place it goes to now, without waiting for more; never, when the
   * follower is stopped before.
   */
  catchUp: () => Promise<void>;
}

export interface LogFollowerOptions {
  /** What its position is stored under; never to be given to another follower. */
  readonly name: string;
  /** Where a follower begins that has no position yet: with all there is, or with what comes from now on. */
  readonly beginAt: 'OLDEST' | 'NEWEST';
  /**
   * Makes what rows are gathered in. When its `write` throws, the same rows come again, in another one, after a pause
   * that doubles up to 30 s.
   */
  readonly gather: () => Gathered;
  /** Called once what was written last is committed, for whoever watches it. It must not throw. */
  readonly onApplied?: () => void;
  /** Takes back everything made so far, because another log begins (a restored database). Nothing when left out. */
  readonly reset?: (client: pg.PoolClient) => Promise<void>;
  /** Where the number of scores not dealt with yet is shown. */
  readonly lagGauge: Gauge;
  /** How long a score waits for more of them, in milliseconds, so that a transaction is worth it. */
  readonly lingerMs?: number;
  /**
   * How many times as long as the last transaction took the next one is waited for, a minute at most: the more there
   * is to write, the more rows share it. 1 when left out.
   */
  readonly restFactor?: number;
  readonly pool: pg.Pool;
  readonly live: Pick<Live, 'readAfter' | 'bounds' | 'sleepUntilGrown' | 'onForget'>;
  readonly stats: Stats;
  readonly log: Log;
}

const LINGER_MS = 250;
/** Growth is announced; this is for the announcement that never came. */
const LONGEST_SLEEP_MS = 30_000;
/** What is gathered meanwhile is read now and then, before it leaves memory. */
const READ_EVERY_MS = 200;
const LONGEST_REST_MS = 60_000;

/** What has been read and not been stored. */
interface Hand {
  readonly gathered: Gathered;
  /** Places up to this one have been read. */
  readTo: number;
  /** When it is to be written; null while nothing has been read. */
  dueMs: number | null;
}

export function createLogFollower(options: LogFollowerOptions): LogFollower {
  const { name, beginAt, pool, live, stats, log } = options;
  const lingerMs = options.lingerMs ?? LINGER_MS;
  const restFactor = options.restFactor ?? 1;
  /** Told when it is to stop or to hurry. */
  const called = createWakeUp();
  const moved = createWakeUp();
  let stopped = false;
  let working: Promise<void> | undefined;
  /** Null when it has to be read from the database. */
  let place: FollowerPlace | null = null;
  let hand: Hand = { gathered: options.gather(), readTo: 0, dueMs: null };
  let restUntilMs = 0;
  /** Somebody waits for the log to be dealt with up to here. */
  let wantedTo = 0;
  let forgotten = 0;
  const leave = live.onForget((metricNumber) => {
    forgotten += 1;
    hand.gathered.forget(metricNumber);
  });

  const work = async () => {
    const pause = createRetryPause(rest);
    while (!stopped) {
      try {
        if (place === null) settle(await openPlace());
        else if (isDue(place)) await write(place);
        else if (hand.readTo < live.bounds().last) await readOn(place);
        else await waitForMore();
        pause.reset();
      } catch (error) {
        stats.count('follower_failures');
        log.warn(
          { err: error, follower: name, pauseMs: pause.ms },
          'scores could not be followed; trying again',
        );
        // Whether a commit that failed happened after all, the database knows.
        place = null;
        await pause.wait();
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

  const isDue = ({ position }: FollowerPlace): boolean => {
    if (hand.dueMs === null) return false;
    const isWanted = position < wantedTo && hand.readTo >= wantedTo;
    return isWanted || hand.gathered.isFull() || performance.now() >= hand.dueMs;
  };

  const readOn = async ({ floor, position }: FollowerPlace) => {
    const startedMs = performance.now();
    const { floor: floorNow } = live.bounds();
    if (hand.dueMs === null && floorNow > floor && position < floorNow) tellGap(position, floorNow);
    const before = forgotten;
    const { samples, upTo, isStored } = await live.readAfter(hand.readTo);
    // Scores taken back while they were being read may be among them.
    if (forgotten !== before) return;
    hand.gathered.add(samples);
    hand.readTo = upTo;
    hand.dueMs ??= Math.max(startedMs + lingerMs, restUntilMs);
    // A long history is read half of the time, so that the database has the other half for the data path.
    if (isStored) await rest(performance.now() - startedMs);
  };

  const write = async (from: FollowerPlace) => {
    const startedMs = performance.now();
    const { gathered, readTo } = hand;
    const to = { epoch: from.epoch, position: readTo, floor: live.bounds().floor };
    await inTransaction(pool, async (client) => {
      if (!(await moveFollower(client, name, from, to))) throw new Error('the position moved meanwhile');
      await keepScores(client);
      const numbers = gathered.metricNumbers();
      if (numbers.size > 0) await gathered.write(client, await findWatched(client, [...numbers]));
    });
    const nowMs = performance.now();
    restUntilMs = nowMs + Math.min(restFactor * (nowMs - startedMs), LONGEST_REST_MS);
    settle(to);
    options.onApplied?.();
  };

  const tellGap = (position: number, floor: number) => {
    stats.count('follower_gaps');
    log.warn({ follower: name, position, floor }, 'retention dropped scores before they were followed');
  };

  const settle = (to: FollowerPlace) => {
    place = to;
    hand = { gathered: options.gather(), readTo: to.position, dueMs: null };
    stats.set(options.lagGauge, Math.max(0, live.bounds().last - to.position));
    moved.wake();
  };

  const waitForMore = async () => {
    if (hand.dueMs !== null) return rest(Math.min(hand.dueMs - performance.now(), READ_EVERY_MS));
    stats.set(options.lagGauge, 0);
    const nap = live.sleepUntilGrown(LONGEST_SLEEP_MS);
    const call = called.sleep();
    await Promise.race([nap.over, call.over]);
    nap.cut();
    call.cut();
  };

  const rest = async (restMs: number) => {
    if (!stopped) await called.sleep(restMs).over;
  };

  const stop = async () => {
    stopped = true;
    called.wake();
    await working;
    leave();
  };

  return {
    start: () => {
      if (!stopped) working ??= work();
    },
    stop,
    position: () => place?.position ?? null,
    catchUp: async () => {
      const goal = live.bounds().last;
      wantedTo = Math.max(wantedTo, goal);
      called.wake();
      while (place === null || place.position < goal) await moved.sleep().over;
    },
    [Symbol.asyncDispose]: stop,
  };
}
