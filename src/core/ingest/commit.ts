/**
 * The end of every write: one transaction; then memory is brought up to it and the scores are published. A batch may
 * be drafted on top of one that is still being committed: until then its progress stands beside the registry, not in
 * it. When a transaction fails, memory goes back to what is committed, and what was drafted on top of it fails, too.
 * A metric the database does not take costs itself alone (write-apart.ts).
 */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import type { SampleMonths } from '../samples/month-partitions.ts';
import { type Checkpoint, LogMovedError } from '../samples/write-batch.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { createDraft, type Draft, isBehind, type MetricProgress, type WriteSet } from './write-set.ts';
import { BatchWriter } from './write-apart.ts';
import { markUnsaved } from './metric-failure.ts';
import { type ProgressRows, readProgress } from './progress-rows.ts';
import type { ScoreFeed } from '../score-log/score-feed.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import type { StatusFeed } from '../../platform/runtime/change-feed.ts';

/** What a draft stood on has failed: nothing of it is wrong, and it can be drafted again at once. */
export class StaleDraftError extends Error {
  override readonly name = 'StaleDraftError';
}

/** Metrics of a draft of whose samples nothing is stored, with why: a fault of ours, or of the database. */
export type Refused = ReadonlyMap<MetricEntry, Error>;

/** Some 10 kB each; with every batch at most this many, so that they never hold up the samples. */
const CHECKPOINTS_PER_BATCH = 50;

/** A sealed draft with what belongs to it. */
interface Sealed {
  readonly draft: Draft;
  readonly checkpoints: readonly Checkpoint[];
  readonly over: PromiseWithResolvers;
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

export interface CommitOptions {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly models: ModelCache;
  readonly progressRows: ProgressRows;
  readonly months: SampleMonths;
  readonly stats: Stats;
  readonly statusFeed: StatusFeed;
  readonly live: Pick<ScoreFeed, 'publish' | 'refreshBounds' | 'bounds'>;
  readonly log: Log;
}

export class Commit {
  readonly #options: CommitOptions;
  readonly #writer: BatchWriter;
  /** Metrics whose last transaction failed; its outcome is unknown when the connection broke at the commit. */
  readonly #doubtful = new Set<number>();
  readonly #pending = new Map<MetricEntry, MetricProgress>();
  /** What is being committed or about to be: one, but for drafts that are made anew after a failure. */
  readonly #unsettled = new Set<Sealed>();
  #failures = 0;

  constructor(options: CommitOptions) {
    this.#options = options;
    this.#writer = new BatchWriter(options);
  }

  /** How many drafts have failed, wholly or in part: those that stand on them are stale. */
  get failures(): number {
    return this.#failures;
  }

  /** Begins a draft; after a failure it first reads back what is committed. */
  async begin(): Promise<Draft> {
    const { registry, live } = this.#options;
    // A status decides what is drafted for the metric; and what stands on a failed draft has to fail first.
    const mustWait =
      this.#doubtful.size > 0 || [...this.#unsettled].some(({ draft }) => draft.statuses.size > 0);
    if (mustWait) await this.settled();
    if (this.#doubtful.size > 0) {
      await registry.load([...this.#doubtful]);
      await live.refreshBounds();
      this.#doubtful.clear();
    }
    return createDraft(this.#failures);
  }

  /** How far a metric is, what is being committed included; to be changed for a draft. */
  progressOf(entry: MetricEntry): MetricProgress {
    return { ...(this.#pending.get(entry) ?? readProgress(entry)) };
  }

  /** Time of the metric's newest sample, those being committed included; -1 when there is none. */
  newestMs(entry: MetricEntry): number {
    return (this.#pending.get(entry) ?? entry).lastTimestampMs ?? -1;
  }

  /** Whether samples of the metric are being committed. */
  isPending(entry: MetricEntry): boolean {
    return this.#pending.has(entry);
  }

  /** Whether newer samples than its model has learned from are stored, those being committed included. */
  isBehind(entry: MetricEntry): boolean {
    return isBehind(this.#pending.get(entry) ?? entry);
  }

  /** Waits until nothing is being committed. */
  async settled(): Promise<void> {
    await Promise.all([...this.#unsettled].map(({ over }) => over.promise));
  }

  /**
   * Ends the drafting; the next draft may begin. @returns what commits it, to be called once all before it are over;
   * it throws StaleDraftError, or what the database threw while it is away: nothing of the draft holds then, as far as
   * anyone can know
   */
  seal(draft: Draft): () => Promise<Refused> {
    const { models } = this.#options;
    const checkpoints = models.dueCheckpoints(draft.progress.keys(), CHECKPOINTS_PER_BATCH, (entry, error) =>
      markUnsaved(draft, entry, error.message),
    );
    const sealed: Sealed = { draft, checkpoints, over: createResolvers() };
    this.#unsettled.add(sealed);
    for (const [entry, progress] of draft.progress) this.#pending.set(entry, progress);
    return () => this.#commit(sealed);
  }

  async #commit(sealed: Sealed): Promise<Refused> {
    const { draft, checkpoints } = sealed;
    try {
      if (draft.failuresBefore !== this.#failures)
        throw new StaleDraftError('what was drafted before has failed');
      const set = { draft, progress: this.#options.progressRows.choose(draft), checkpoints };
      const { refused, changed } = await this.#writer.write(set, (written, before) =>
        this.#complete(written, before),
      );
      if (changed.length > 0) this.#forgetDrafted(set, changed);
      return refused;
    } catch (error) {
      const cause = this.#explain(error);
      this.#rollBack(draft, cause);
      throw cause;
    } finally {
      for (const [entry, progress] of draft.progress) {
        if (this.#pending.get(entry) === progress) this.#pending.delete(entry);
      }
      this.#unsettled.delete(sealed);
      sealed.over.resolve();
    }
  }

  /** Nothing is lost when the log ended elsewhere. But one server alone writes: another did, or memory was wrong. */
  #explain(error: unknown): unknown {
    if (!(error instanceof LogMovedError)) return error;
    this.#options.log.warn({ err: error }, 'the log of scores moved under a batch; it is drafted again');
    return new StaleDraftError(error.message, { cause: error });
  }

  /** Brings memory up to a transaction that is committed, then publishes its scores. */
  #complete(written: WriteSet, before: number): void {
    const { progressRows, models, statusFeed } = this.#options;
    this.#applyToRegistry(written.draft);
    progressRows.confirm(written.progress, written.draft.progress.keys());
    models.confirm(written.checkpoints);
    for (const { id } of written.draft.statuses.keys()) this.#announce(() => statusFeed.publish(id));
    this.#announce(() => this.#publish(written.draft, before));
  }

  #applyToRegistry(draft: Draft): void {
    for (const [entry, progress] of draft.progress) {
      entry.lastRowId = progress.lastRowId;
      entry.lastTimestampMs = progress.lastTimestampMs;
      entry.scoredRows = progress.scoredRows;
      entry.scoredToMs = progress.scoredToMs;
      entry.readToMs = progress.readToMs;
    }
    for (const [entry, { status, message }] of draft.statuses) {
      entry.status = status;
      entry.message = message;
      if (status !== 'ACTIVE') this.#options.models.discard([entry.number]);
    }
  }

  #publish(draft: Draft, before: number): void {
    const { stats, live } = this.#options;
    const scores = draft.backlog.length === 0 ? draft.scored : [...draft.scored, ...draft.backlog];
    let seq = before;
    for (const score of scores) score.seq = ++seq;
    stats.count('points_scored', scores.length);
    if (scores.length > 0) live.publish(scores);
  }

  /** A listener's bug changes nothing of what is committed, and keeps it from no other listener. */
  #announce(step: () => void): void {
    const { stats, log } = this.#options;
    try {
      step();
    } catch (error) {
      stats.countReason('metric_failures', 'publish');
      log.error({ err: error }, 'what is committed could not be published');
    }
  }

  /** Memory goes back to what is committed; the next draft reads it. */
  #rollBack(draft: Draft, error: unknown): void {
    const { stats, models } = this.#options;
    this.#failures += 1;
    if (!(error instanceof StaleDraftError)) stats.count('batches_failed');
    const numbers = [...draft.progress.keys()].map((entry) => entry.number);
    models.discard(numbers);
    for (const number of numbers) this.#doubtful.add(number);
  }

  /** What was drafted on top of these metrics is stale: their models have learned from what is not stored as it was. */
  #forgetDrafted({ progress }: WriteSet, changed: readonly number[]): void {
    const { models, progressRows } = this.#options;
    this.#failures += 1;
    models.discard(changed);
    const numbers = new Set(changed);
    progressRows.confirm(progress.filter(({ metricNumber }) => numbers.has(metricNumber)));
  }
}

function createResolvers(): PromiseWithResolvers {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
