/**
 * Writes every score to another server, in the order of the log. How far it has come is stored after the server has
 * answered, and beforehand how far the next request goes: after a crash that request is repeated as it was. Either the
 * server has all of it, and refuses what it has, or it takes all of it: nothing is lost, and nothing new is refused along
 * with something old.
 */
import type pg from 'pg';
import type { Log } from '../../../log.ts';
import { createRetryPause } from '../../../platform/runtime/backoff.ts';
import { Signal } from '../../../platform/runtime/signal.ts';
import { inTransaction } from '../../../platform/postgres/transaction.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { SCORE_SERIES } from '../promql/score-series.ts';
import { type Labels, OWN_LABELS } from '../promql/series-labels.ts';
import type { ScoredSample } from '../../samples/stored-sample.ts';
import { type FollowerOffset, moveFollower, openFollowerOffset } from '../../score-log/follow-log.ts';
import type { ScoreFeed } from '../../score-log/score-feed.ts';
import { deliverScores } from './deliver-scores.ts';
import type { MetricScores } from './encode-write.ts';
import { LabelDirectory } from './label-directory.ts';
import type { WriteTarget } from './write-target.ts';

export interface ScoreExporterOptions {
  readonly pool: pg.Pool;
  readonly live: Pick<ScoreFeed, 'readAfter' | 'bounds' | 'sleepUntilGrown'>;
  readonly target: WriteTarget;
  readonly stats: Stats;
  readonly log: Log;
  /** How long scores are gathered for one request, in milliseconds. */
  readonly lingerMs?: number;
}

/** The offsets it stores: what the target has answered, and what it may have been sent. */
const DELIVERED = 'remote_write';
const SENDING = 'remote_write_sending';

/** Five times as many samples: some hundred kilobytes, as Prometheus itself sends them. */
const MAX_SCORES = 1000;
const LINGER_MS = 1000;
/** Growth is announced; this is for an announcement that never came. */
const MAX_SLEEP_MS = 30_000;

interface Progress {
  readonly delivered: FollowerOffset;
  readonly sending: FollowerOffset;
}

export class ScoreExporter {
  readonly #options: ScoreExporterOptions;
  readonly #labels: LabelDirectory;
  readonly #stop = new AbortController();
  readonly #called = new Signal();
  #working: Promise<void> | undefined;
  /** Null when it has to be read from the database. */
  #progress: Progress | null = null;

  constructor(options: ScoreExporterOptions) {
    this.#options = options;
    this.#labels = new LabelDirectory({ pool: options.pool, rest: (ms) => this.#rest(ms) });
  }

  /** Begins with what comes from now on, or goes on from where it was. */
  start(): void {
    this.#working ??= this.#work();
  }

  /** Ends at once: what was not answered is sent again by the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#called.wake();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { stats, log } = this.#options;
    const pause = createRetryPause((ms) => this.#rest(ms));
    while (!this.#isStopped()) {
      try {
        await this.#step();
        pause.reset();
      } catch (error) {
        if (this.#isStopped()) return;
        // Only the database knows whether a commit that failed happened after all.
        this.#progress = null;
        stats.count('follower_failures');
        log.warn(
          { err: error, follower: DELIVERED, pauseMs: pause.ms },
          'scores could not be followed; trying again',
        );
        await pause.wait();
      }
    }
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #step(): Promise<void> {
    this.#progress ??= await this.#open();
    const { delivered, sending } = this.#progress;
    const { last } = this.#options.live.bounds();
    this.#options.stats.set('remote_write_lag', Math.max(0, last - delivered.offset));
    if (sending.offset > delivered.offset) await this.#send(delivered, sending);
    else if (last > delivered.offset) await this.#plan(delivered, sending);
    else await this.#waitForMore();
  }

  async #open(): Promise<Progress> {
    const { pool, live, stats, log } = this.#options;
    const { epoch, floor, last } = live.bounds();
    const first = { epoch, floor, offset: last };
    const delivered = await openFollowerOffset(pool, DELIVERED, first);
    const sending = await openFollowerOffset(pool, SENDING, first);
    const isOfLog = [delivered, sending].every((one) => one.epoch === epoch && one.offset <= last);
    if (!isOfLog) {
      log.warn(
        { follower: DELIVERED, delivered, epoch, last },
        'another log begins: it is followed from its end',
      );
      return this.#move({ delivered, sending }, { delivered: first, sending: first });
    }
    if (delivered.offset < floor && delivered.floor < floor) {
      stats.count('follower_gaps');
      log.warn(
        { follower: DELIVERED, delivered, floor },
        'retention dropped scores before they were written',
      );
    }
    return { delivered, sending };
  }

  /** Gathers a request, and stores how far it goes. */
  async #plan(delivered: FollowerOffset, sending: FollowerOffset): Promise<void> {
    const { live, lingerMs = LINGER_MS } = this.#options;
    if (live.bounds().last - delivered.offset < MAX_SCORES) await this.#rest(lingerMs);
    const { upTo } = await live.readAfter(delivered.offset, MAX_SCORES);
    const { floor } = live.bounds();
    const to = { epoch: delivered.epoch, floor, offset: upTo };
    this.#progress = await this.#move({ delivered, sending }, { delivered, sending: to });
  }

  /** Sends what was planned, whether it was sent before or not. */
  async #send(delivered: FollowerOffset, sending: FollowerOffset): Promise<void> {
    const { live, target, stats, log } = this.#options;
    const most = sending.offset - delivered.offset;
    const { samples, upTo } = await live.readAfter(delivered.offset, most);
    const planned = samples.filter(({ seq }) => seq <= sending.offset);
    await deliverScores(await this.#label(planned), {
      target,
      stats,
      log,
      rest: (ms) => this.#rest(ms),
      signal: this.#stop.signal,
    });
    const to = { ...sending, offset: Math.min(upTo, sending.offset) };
    this.#progress = await this.#move({ delivered, sending }, { delivered: to, sending });
  }

  /**
   * By metric, each metric's in the order of their times; what is not monitored any more is left out. So are scores of what
   * was written from here and pushed back: they would go round for ever, five times as many each time.
   */
  async #label(samples: readonly ScoredSample[]): Promise<readonly MetricScores[]> {
    const byMetric = new Map<number, ScoredSample[]>();
    for (const sample of samples) {
      const known = byMetric.get(sample.metricNumber);
      if (known === undefined) byMetric.set(sample.metricNumber, [sample]);
      else known.push(sample);
    }
    const labels = await this.#labels.find(byMetric.keys());
    return [...byMetric].flatMap(([number, scores]) => {
      const found = labels.get(number);
      if (found === undefined || isOwnSeries(found)) return [];
      return [{ labels: found, samples: scores.toSorted((a, b) => a.timestampMs - b.timestampMs) }];
    });
  }

  async #move(from: Progress, to: Progress): Promise<Progress> {
    await inTransaction(this.#options.pool, async (client) => {
      if (to.sending !== from.sending) await moveFollower(client, SENDING, from.sending, to.sending);
      if (to.delivered !== from.delivered)
        await moveFollower(client, DELIVERED, from.delivered, to.delivered);
    });
    return to;
  }

  async #waitForMore(): Promise<void> {
    const growth = this.#options.live.sleepUntilGrown(MAX_SLEEP_MS);
    const call = this.#called.wait();
    await Promise.race([growth.done, call.done]);
    growth.cancel();
    call.cancel();
  }

  async #rest(ms: number): Promise<void> {
    if (!this.#isStopped()) await this.#called.wait(ms).done;
  }
}

function isOwnSeries(labels: Labels): boolean {
  return SCORE_SERIES.some(({ name }) => name === labels.get(OWN_LABELS.metric));
}
