/** Looks now and then for metrics that are ahead of the clock, and brings them back to it. */
import type { MetricEntry } from '../metrics/registry.ts';
import type { ScoreFeed } from '../score-log/score-feed.ts';
import type { BacklogOptions } from './backfill.ts';
import type { Commit } from './commit.ts';
import { isAhead, rewindScores } from './write-rewind.ts';

const EVERY_MS = 60_000;

export interface ClockFollowerOptions extends Omit<BacklogOptions, 'commit' | 'scoreStored'> {
  readonly commit: Pick<Commit, 'begin'>;
  readonly live: Pick<ScoreFeed, 'forget'>;
  /** Called with each metric that was brought back: what is stored of the present is to be scored. */
  readonly onRewound: (entry: MetricEntry) => void;
}

export class ClockFollower {
  readonly #options: ClockFollowerOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;

  constructor(options: ClockFollowerOptions) {
    this.#options = options;
  }

  start(): void {
    void this.run();
    this.#timer = setInterval(() => void this.run(), EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Looks once. Never rejects: what fails is tried again. */
  run(): Promise<void> {
    this.#running ??= this.#rewindAll().finally(() => (this.#running = null));
    return this.#running;
  }

  async #rewindAll(): Promise<void> {
    const { registry, writeLock, log } = this.#options;
    const ahead = [...registry.all()].filter((entry) => isAhead(entry, this.#nowMs()));
    for (const entry of ahead) {
      try {
        await writeLock.runExclusive(() => this.#rewind(entry));
      } catch (error) {
        log.warn(
          { err: error, metric: entry.id },
          'metric is ahead of the clock and could not be brought back',
        );
      }
    }
  }

  async #rewind(entry: MetricEntry): Promise<void> {
    const { pool, registry, models, commit, live, onRewound, stats, log } = this.#options;
    await commit.begin();
    if (registry.byNumber(entry.number) !== entry || !isAhead(entry, this.#nowMs())) return;
    const wasAt = entry.scoredToMs;
    await rewindScores(pool, entry.number, this.#nowMs());
    models.discard([entry.number]);
    live.forget(entry.number);
    await registry.load([entry.number]);
    stats.count('metrics_rewound');
    log.warn(
      { metric: entry.id, wasAt, isAt: entry.scoredToMs },
      'metric was ahead of the clock and is brought back',
    );
    onRewound(entry);
  }

  #nowMs(): number {
    return (this.#options.now ?? Date.now)();
  }
}
