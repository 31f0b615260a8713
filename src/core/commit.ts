/**
 * The end of every write: one transaction; then memory is brought up to it and the scores are published. When the
 * transaction fails, memory goes back to what is committed, so that the next one starts from the truth.
 */
import type pg from 'pg';
import type { ScoredSample } from '../db/stored-sample.ts';
import type { SampleMonths } from '../db/sample-months.ts';
import { writeBatch, type BacklogScore, type NewSample, type Progress } from '../db/write-batch.ts';
import type { MetricStatus } from '../model.ts';
import type { Stats } from '../observe/stats.ts';
import type { Live } from './live.ts';
import type { Models } from './models.ts';
import type { MetricEntry, Registry } from './registry.ts';
import type { StatusFeed } from './status-feed.ts';

/** What one transaction is to change. */
export interface Draft {
  readonly samples: NewSample[];
  /** Stored samples that are scored now; they come after `samples` in the log. */
  readonly backlog: BacklogScore[];
  /** Each metric the draft touches, as it will be. */
  readonly progress: Map<MetricEntry, Progress>;
  readonly statuses: Map<MetricEntry, { readonly status: MetricStatus; readonly message: string | null }>;
}

export interface Commit {
  /** To be called before a draft is begun: after a failure it reads back what is committed. */
  prepare: () => Promise<void>;
  /** @throws whatever the database threw; nothing of the draft holds then, as far as anyone can know */
  commit: (draft: Draft) => Promise<void>;
}

/** Some 10 kB each; with every batch at most this many, so that they never hold up the samples. */
const CHECKPOINTS_PER_BATCH = 50;

export function createDraft(): Draft {
  return { samples: [], backlog: [], progress: new Map(), statuses: new Map() };
}

export function createCommit(options: {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly models: Models;
  readonly months: SampleMonths;
  readonly stats: Stats;
  readonly statusFeed: StatusFeed;
  readonly live: Pick<Live, 'publish' | 'refreshBounds'>;
}): Commit {
  const { pool, registry, models, months, stats, statusFeed, live } = options;
  /** Metrics whose last transaction failed; its outcome is unknown when the connection broke at the commit. */
  const doubtful = new Set<number>();

  const prepare = async () => {
    if (doubtful.size === 0) return;
    await registry.load([...doubtful]);
    await live.refreshBounds();
    doubtful.clear();
  };

  const commit = async (draft: Draft) => {
    const checkpoints = models.dueCheckpoints(draft.progress.keys(), CHECKPOINTS_PER_BATCH);
    try {
      await months.ensure(draft.samples.map((sample) => sample.timestampMs));
      const before = await writeBatch(pool, {
        samples: draft.samples,
        backlog: draft.backlog,
        progress: [...draft.progress.values()],
        checkpoints,
        statuses: [...draft.statuses].map(([entry, change]) => ({ metricNumber: entry.number, ...change })),
      });
      settle(draft);
      models.confirm(checkpoints);
      stats.count('batches_committed');
      publish(draft, before);
    } catch (error) {
      stats.count('batches_failed');
      const numbers = [...draft.progress.keys()].map((entry) => entry.number);
      models.discard(numbers);
      for (const number of numbers) doubtful.add(number);
      throw error;
    }
  };

  const settle = (draft: Draft) => {
    for (const [entry, progress] of draft.progress) {
      entry.lastRowId = progress.lastRowId;
      entry.lastTimestampMs = progress.lastTimestampMs;
      entry.scoredRows = progress.scoredRows;
      entry.scoredToMs = progress.scoredToMs;
      entry.readToMs = progress.readToMs;
    }
    for (const [entry, { status }] of draft.statuses) {
      entry.status = status;
      if (status !== 'ACTIVE') models.discard([entry.number]);
      statusFeed.publish(entry.id);
    }
  };

  const publish = (draft: Draft, before: number) => {
    const scores: ScoredSample[] = [];
    for (const sample of [...draft.samples, ...draft.backlog]) {
      if (sample.judgement === null) continue;
      const { judgement, ...rest } = sample;
      scores.push({ ...rest, ...judgement, seq: before + scores.length + 1 });
    }
    stats.count('points_scored', scores.length);
    if (scores.length > 0) live.publish(scores);
  };

  return { prepare, commit };
}

/** A metric's progress as it stands, to be changed for a draft. */
export function copyProgress(entry: MetricEntry): { -readonly [Key in keyof Progress]: Progress[Key] } {
  return {
    metricNumber: entry.number,
    lastRowId: entry.lastRowId,
    lastTimestampMs: entry.lastTimestampMs,
    scoredRows: entry.scoredRows,
    scoredToMs: entry.scoredToMs,
    readToMs: entry.readToMs,
  };
}
