/**
 * What a replica keeps in memory of what the leader commits: PostgreSQL notifies of each table and each metric that changed,
 * and that is read again.
 */
import type { Labels } from '../../core/annotations/labels.ts';
import type { Incidents } from '../../core/incidents/incidents.ts';
import type { AutostackDirectory } from '../../core/inventory/autostack-directory.ts';
import type { Inventory } from '../../core/inventory/inventory.ts';
import type { Registry } from '../../core/metrics/registry.ts';
import type { ScoreFeed } from '../../core/score-log/score-feed.ts';
import type { ChangeChannels } from '../../platform/postgres/change-channels.ts';
import type { StatusFeed } from '../../platform/runtime/change-feed.ts';
import { createRetryPause } from '../../platform/runtime/backoff.ts';
import { Signal } from '../../platform/runtime/signal.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Log } from '../../log.ts';
import { reloadMetrics } from './reload-metrics.ts';

interface ReplicaCachesOptions {
  readonly changes: Pick<ChangeChannels, 'listen' | 'catchUp'>;
  readonly registry: Registry;
  /** Held while metrics are changed by what their scores show. */
  readonly writeLock: Pick<WriteLock, 'runExclusive'>;
  readonly live: ScoreFeed;
  readonly labels: Labels;
  readonly incidents: Pick<Incidents, 'reloadRules' | 'incidentFeed' | 'messageFeed'>;
  readonly directory: AutostackDirectory;
  readonly inventory: Inventory;
  readonly statusFeed: StatusFeed;
  readonly stats: Pick<Stats, 'count'>;
  readonly log: Log;
}

export class ReplicaCaches implements AsyncDisposable {
  readonly #options: ReplicaCachesOptions;
  /** What is read again, by the table that changed. */
  readonly #readers: ReadonlyMap<string, () => Promise<void> | void>;
  readonly #stopListening: readonly (() => void)[];
  readonly #called = new Signal();
  #tables = new Set<string>();
  /** Numbers; null for all of them. */
  #metrics: Set<number> | null = new Set();
  #working: Promise<void> | null = null;
  #isBehind = false;
  #isStopped = false;

  constructor(options: ReplicaCachesOptions) {
    const { labels, live, directory, inventory, incidents, changes } = options;
    this.#options = options;
    // Who waits for changes of these reads them from the database, once woken.
    const wake = (feed: StatusFeed) => () => feed.publish('');
    this.#readers = new Map([
      ['anomaly_label', () => labels.load()],
      ['notification_rule', () => incidents.reloadRules()],
      ['autostack', () => directory.load()],
      ['autostack_member', () => directory.load()],
      ['inventory_region', () => inventory.load()],
      ['resource', () => live.forgetTags()],
      ['incident', wake(incidents.incidentFeed)],
      ['notification', wake(incidents.messageFeed)],
      ['metric', wake(options.statusFeed)],
    ]);
    this.#stopListening = [
      changes.listen('changes', (table) => this.#noteTable(table)),
      changes.listen('metrics', (numbers) => this.#noteMetrics(numbers)),
    ];
  }

  /** Whether all that was notified has been read. */
  isCurrent(): boolean {
    return !this.#isBehind;
  }

  /** Resolves once everything that was committed before is in memory, or cannot be read for now. */
  async catchUp(): Promise<void> {
    await this.#options.changes.catchUp();
    while (this.#working !== null && !this.#isBehind) {
      const failed = this.#called.wait();
      await Promise.race([this.#working, failed.done]);
      failed.cancel();
    }
  }

  #noteTable(table: string | null): void {
    for (const name of table === null ? this.#readers.keys() : [table]) {
      if (this.#readers.has(name)) this.#tables.add(name);
    }
    this.#begin();
  }

  #noteMetrics(numbers: string | null): void {
    if (numbers === null) this.#metrics = null;
    else for (const number of numbers.split(',')) this.#metrics?.add(Number(number));
    this.#begin();
  }

  #begin(): void {
    if (this.#isStopped) return;
    this.#working ??= this.#work().finally(() => (this.#working = null));
  }

  async #work(): Promise<void> {
    const pause = createRetryPause((ms) => this.#called.wait(ms).done);
    while (!this.#isStopped && (this.#tables.size > 0 || this.#metrics === null || this.#metrics.size > 0)) {
      const [tables, metrics] = [this.#tables, this.#metrics];
      [this.#tables, this.#metrics] = [new Set(), new Set()];
      try {
        await this.#read(tables, metrics);
        this.#isBehind = false;
        pause.reset();
      } catch (error) {
        this.#putBack(tables, metrics);
        this.#isBehind = true;
        this.#options.stats.count('replica_reads_failed');
        this.#options.log.warn(
          { err: error, pauseMs: pause.ms },
          'what changed could not be read; trying again',
        );
        this.#called.wake();
        await pause.wait();
      }
    }
  }

  /** Metrics first: the other tables are about them. */
  async #read(tables: ReadonlySet<string>, metrics: ReadonlySet<number> | null): Promise<void> {
    const { writeLock } = this.#options;
    if (metrics === null || metrics.size > 0) {
      await writeLock.runExclusive(() => reloadMetrics(this.#options, metrics));
    }
    for (const table of tables) await this.#readers.get(table)?.();
  }

  #putBack(tables: ReadonlySet<string>, metrics: ReadonlySet<number> | null): void {
    for (const table of tables) this.#tables.add(table);
    if (metrics === null) this.#metrics = null;
    else for (const number of metrics) this.#metrics?.add(number);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const stop of this.#stopListening) stop();
    this.#called.wake();
    await this.#working;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
