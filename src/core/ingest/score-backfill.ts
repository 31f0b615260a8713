/** Scores samples that are stored already, in time order. */
import { scoreSample, type UnscoredSample } from '../samples/new-sample.ts';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Commit } from './commit.ts';
import { markFailed, reportScoringFailure } from './metric-failure.ts';
import type { Draft } from './write-set.ts';
import type { Model } from '../models/cached-model.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { MetricEntry } from '../metrics/registry.ts';

/**
 * Drafts the scores of one metric's samples. When its detector fails on one, none of them is scored and the metric is
 * in ERROR: its neighbours in the draft do not pay for it.
 * @param rows in time order, after what the model has learned from
 * @returns whether they are scored
 */
export type ScoreStored = (
  draft: Draft,
  entry: MetricEntry,
  rows: readonly UnscoredSample[],
  model: Model,
) => boolean;

export function createScoreStored(options: {
  readonly commit: Pick<Commit, 'progressOf'>;
  readonly models: Pick<ModelCache, 'discard'>;
  readonly stats: Stats;
  readonly log: Log;
}): ScoreStored {
  const { commit, models, stats, log } = options;
  return (draft, entry, rows, model) => {
    const before = draft.backlog.length;
    const progress = commit.progressOf(entry);
    try {
      for (const row of rows) {
        draft.backlog.push(scoreSample(row, model.judge(row)));
        progress.scoredRows += 1;
        progress.scoredToMs = row.timestampMs;
      }
      draft.progress.set(entry, progress);
      return true;
    } catch (error) {
      models.discard([entry.number]);
      draft.backlog.length = before;
      markFailed(draft, entry, reportScoringFailure(error, entry, { stats, log }));
      draft.progress.set(entry, commit.progressOf(entry));
      return false;
    }
  };
}

/** To be called while nothing else is written: shows on the metric why its stored samples cannot be scored. */
export async function failBacklog(
  entry: MetricEntry,
  error: unknown,
  { commit, stats, log }: { readonly commit: Commit; readonly stats: Stats; readonly log: Log },
): Promise<void> {
  stats.countReason('metric_failures', 'score');
  log.error({ err: error, metric: entry.id }, 'stored samples could not be scored');
  const draft = await commit.begin();
  const reason = error instanceof Error ? error.message : String(error);
  markFailed(draft, entry, `stored samples could not be scored: ${reason}`);
  await commit.seal(draft)();
}
