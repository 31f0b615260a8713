/**
 * The end of every write: one transaction; then memory is brought up to it and the scores are published. A batch may
 * be drafted on top of one that is still being committed: until then its progress stands beside the registry, not in
 * it. When a transaction fails, memory goes back to what is committed, and what was drafted on top of it fails, too.
 * A metric the database does not take costs itself alone (write-apart.ts).
 */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import type { SampleMonths } from '../samples/month-partitions.ts';
import type { Checkpoint } from '../samples/write-batch.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { createDraft, type Draft, isBehind, type MetricProgress, type WriteSet } from './write-set.ts';
import { BatchWriter } from './write-apart.ts';
import { markUnsaved } from './metric-failure.ts';
import { type ProgressRows, readProgress } from './progress-rows.ts';
import type { Live } from '../score-log/score-feed.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import type { StatusFeed } from '../../platform/runtime/change-feed.ts';

/** What a draft stood on has failed: nothing of it is wrong, and it can be drafted again at once. */
export class StaleDraftError extends Error {
  override readonly name = 'StaleDraftError';
}

/** Metrics of a draft of whose samples nothing is stored, with why: a fault of ours, or of the database. */
export type Refused = ReadonlyMap<MetricEntry, Error>;

export interface Commit {
  /** How many drafts have failed, wholly or in part: those that stand on them are stale. */
  readonly failures: number;
  /** Begins a draft; after a failure it first reads back what is committed. */
  begin: () => Promise<Draft>;
  /** How far a metric is, what is being committed included; to be changed for a draft. */
  progressOf: (entry: MetricEntry) => MetricProgress;
  /** Time of the metric's newest sample, those being committed included; -1 when there is none. */
  newestMs: (entry: MetricEntry) => number;
  /** Whether samples of the metric are being committed. */
  isPending: (entry: MetricEntry) => boolean;
  /** Whether newer samples than its model has learned from are stored, those being committed included. */
  isBehind: (entry: MetricEntry) => boolean;
  /** Waits until nothing is being committed. */
  settled: () => Promise<void>;
  /**
   * Ends the drafting; the next draft may begin. @returns what commits it, to be called once all before it is over;
   * it throws StaleDraftError, or what the database threw while it is away: nothing of the draft holds then, as far as
   * anyone can know
   */
  seal: (draft: Draft) => () => Promise<Refused>;
}

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

export function createCommit(options: {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly models: ModelCache;
  readonly progressRows: ProgressRows;
  readonly months: SampleMonths;
  readonly stats: Stats;
  readonly statusFeed: StatusFeed;
  readonly live: Pick<Live, 'publish' | 'refreshBounds'>;
  readonly log: Log;
}): Commit {
  const { registry, models, progressRows, stats, statusFeed, live, log } = options;
  const writer = new BatchWriter(options);
  /** Metrics whose last transaction failed; its outcome is unknown when the connection broke at the commit. */
  const doubtful = new Set<number>();
  const pending = new Map<MetricEntry, MetricProgress>();
  /** What is being committed or about to be: one, but for drafts that are made anew after a failure. */
  const unsettled = new Set<Sealed>();
  let failures = 0;

  const settled = async () => {
    await Promise.all([...unsettled].map(({ over }) => over.promise));
  };

  const begin = async () => {
    // A status decides what is drafted for the metric; and what stands on a failed draft has to fail first.
    const mustWait = doubtful.size > 0 || [...unsettled].some(({ draft }) => draft.statuses.size > 0);
    if (mustWait) await settled();
    if (doubtful.size > 0) {
      await registry.load([...doubtful]);
      await live.refreshBounds();
      doubtful.clear();
    }
    return createDraft(failures);
  };

  const seal = (draft: Draft) => {
    const checkpoints = models.dueCheckpoints(draft.progress.keys(), CHECKPOINTS_PER_BATCH, (entry, error) =>
      markUnsaved(draft, entry, error.message),
    );
    const sealed: Sealed = { draft, checkpoints, over: createResolvers() };
    unsettled.add(sealed);
    for (const [entry, progress] of draft.progress) pending.set(entry, progress);
    return () => commit(sealed);
  };

  const commit = async (sealed: Sealed): Promise<Refused> => {
    const { draft, checkpoints } = sealed;
    try {
      if (draft.failuresBefore !== failures) throw new StaleDraftError('what was drafted before has failed');
      const set = { draft, progress: progressRows.choose(draft), checkpoints };
      const { refused, changed } = await writer.write(set, complete);
      if (changed.length > 0) forgetDrafted(set, changed);
      return refused;
    } catch (error) {
      failures += 1;
      if (!(error instanceof StaleDraftError)) stats.count('batches_failed');
      const numbers = [...draft.progress.keys()].map((entry) => entry.number);
      models.discard(numbers);
      for (const number of numbers) doubtful.add(number);
      throw error;
    } finally {
      for (const [entry, progress] of draft.progress) {
        if (pending.get(entry) === progress) pending.delete(entry);
      }
      unsettled.delete(sealed);
      sealed.over.resolve();
    }
  };

  /** Brings memory up to a transaction that is committed. */
  const complete = (written: WriteSet, before: number) => {
    applyToRegistry(written.draft);
    progressRows.confirm(written.progress, written.draft.progress.keys());
    models.confirm(written.checkpoints);
    for (const { id } of written.draft.statuses.keys()) announce(() => statusFeed.publish(id));
    announce(() => publish(written.draft, before));
  };

  /** A bug of those who are told changes nothing of what is committed, and keeps it from nobody else. */
  const announce = (step: () => void) => {
    try {
      step();
    } catch (error) {
      stats.countReason('metric_failures', 'publish');
      log.error({ err: error }, 'what is committed could not be published');
    }
  };

  /** What was drafted on top of these metrics is stale: their models have learned from what is not stored as it was. */
  const forgetDrafted = ({ progress }: WriteSet, changed: readonly number[]) => {
    failures += 1;
    models.discard(changed);
    const numbers = new Set(changed);
    progressRows.confirm(progress.filter(({ metricNumber }) => numbers.has(metricNumber)));
  };

  const applyToRegistry = (draft: Draft) => {
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
      if (status !== 'ACTIVE') models.discard([entry.number]);
    }
  };

  const publish = (draft: Draft, before: number) => {
    const scores = draft.backlog.length === 0 ? draft.scored : [...draft.scored, ...draft.backlog];
    let seq = before;
    for (const score of scores) score.seq = ++seq;
    stats.count('points_scored', scores.length);
    if (scores.length > 0) live.publish(scores);
  };

  return {
    get failures() {
      return failures;
    },
    begin,
    progressOf: (entry) => ({ ...(pending.get(entry) ?? readProgress(entry)) }),
    newestMs: (entry) => (pending.get(entry) ?? entry).lastTimestampMs ?? -1,
    isPending: (entry) => pending.has(entry),
    isBehind: (entry) => isBehind(pending.get(entry) ?? entry),
    settled,
    seal,
  };
}

function createResolvers(): PromiseWithResolvers {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
