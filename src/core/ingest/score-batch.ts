/**
 * One batch of points, under the write lock: what is new is numbered and, if its metric is monitored, scored in time
 * order; what is stored already is left alone.
 */
import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { SCORED_AHEAD_MS } from '../../model.ts';
import { isOutage } from '../../platform/postgres/outage.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import { findStored, keyOf, type StoredValues } from '../samples/find-duplicates.ts';
import type { SamplePlace } from '../samples/read-samples.ts';
import { scoreSample } from '../samples/new-sample.ts';
import { type Arrival, countOutcomes, groupByMetric, type Groups } from './arrivals.ts';
import type { Commit, Refused } from './commit.ts';
import { markFailed, reportScoringFailure } from './metric-failure.ts';
import type { Draft, MetricProgress } from './write-set.ts';
import type { Model } from '../models/cached-model.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { MetricEntry } from '../metrics/registry.ts';

/** What the scores of one metric's points depend on. */
interface Known {
  readonly stored: StoredValues;
  /** Undefined for a metric that is not scored now. */
  readonly model: Model | undefined;
  /** What lies further ahead is scored when its time comes. */
  readonly latestMs: number;
}

/**
 * About a millisecond of scoring. Then the event loop gets its turn: the batch before is committed while this one is
 * scored, and requests are read.
 */
const POINTS_AT_ONCE = 100;

export interface BatchScorerOptions {
  readonly pool: pg.Pool;
  readonly models: Pick<ModelCache, 'acquire' | 'isHeld' | 'discard'>;
  readonly commit: Commit;
  /** Whether points of the metric are to be stored without a score for now. */
  readonly isHeldBack: (entry: MetricEntry) => boolean;
  readonly stats: Stats;
  readonly log: Log;
  readonly now?: () => number;
}

export class BatchScorer {
  readonly #options: BatchScorerOptions;

  constructor(options: BatchScorerOptions) {
    this.#options = options;
  }

  /**
   * Numbers and scores the points of a batch. Whatever fails for one metric costs that metric's points alone: of a
   * metric that is refused nothing is stored, whatever the outcomes of its arrivals say.
   * @param arrivals their outcomes are filled in
   * @param readTo for polled metrics: up to where the source has been read
   * @returns what commits the batch, to be called once all before it are over. Both throw what the database threw while
   *   it is away, and the second StaleDraftError, too
   */
  async score(
    arrivals: readonly Arrival[],
    readTo: ReadonlyMap<MetricEntry, number>,
  ): Promise<() => Promise<Refused>> {
    const { commit, models, stats } = this.#options;
    const draft = await commit.begin();
    const groups = groupByMetric(arrivals);
    if (this.#needsSettled(groups)) await commit.settled();
    const notFound = new Map<MetricEntry, Error>();
    const stored = await this.#findStored(groups, notFound);
    for (const [entry, { message }] of notFound) {
      groups.delete(entry);
      markFailed(draft, entry, `stored samples could not be looked up: ${message}`);
    }
    const loaded = await models.acquire([...groups.keys()].filter((entry) => this.#isScored(entry)));
    await this.#scoreMetrics(draft, groups, stored, loaded);
    for (const [entry, readToMs] of readTo) {
      if (notFound.has(entry)) continue;
      draft.progress.set(entry, { ...(draft.progress.get(entry) ?? commit.progressOf(entry)), readToMs });
    }
    // failpoint: score.after_model
    const isEmpty = draft.progress.size + draft.statuses.size === 0;
    const commitDraft = isEmpty ? null : commit.seal(draft);
    return async () => {
      const notStored = await commitDraft?.();
      const refused = new Map([...notFound, ...(notStored ?? [])]);
      countOutcomes(stats, arrivals, stored, refused);
      return refused;
    };
  }

  #isScored(entry: MetricEntry): boolean {
    return entry.status === 'ACTIVE' && !this.#options.isHeldBack(entry);
  }

  /** What is being committed can be seen neither in the database nor, if its model was put away, in the model. */
  #needsSettled(groups: Groups): boolean {
    const { commit, models } = this.#options;
    for (const [entry, [first]] of groups) {
      if (!commit.isPending(entry) || first === undefined) continue;
      if (first.timestampMs <= commit.newestMs(entry)) return true;
      if (this.#isScored(entry) && !models.isHeld(entry.number)) return true;
    }
    return false;
  }

  /** What of these metrics' points is stored already. @param refused gets the metrics that cannot be looked up */
  async #findStored(groups: Groups, refused: Map<MetricEntry, Error>): Promise<StoredValues> {
    const { pool, commit, stats, log } = this.#options;
    const places: SamplePlace[] = [];
    for (const [entry, group] of groups) {
      const newestMs = commit.newestMs(entry);
      for (const { timestampMs } of group) {
        if (timestampMs <= newestMs) places.push({ metricNumber: entry.number, timestampMs });
      }
    }
    try {
      return await findStored(pool, places);
    } catch (error) {
      if (isOutage(error)) throw error;
      const [[entry] = []] = groups;
      if (groups.size > 1) return this.#findStoredByHalves(groups, refused);
      if (entry === undefined) throw error;
      stats.countReason('metric_failures', 'look_up');
      log.error({ err: error, metric: entry.id }, 'stored samples of the metric could not be looked up');
      refused.set(entry, toError(error));
      return new Map();
    }
  }

  /** The metric that cannot be looked up costs the others nothing. */
  async #findStoredByHalves(groups: Groups, refused: Map<MetricEntry, Error>): Promise<StoredValues> {
    const all = [...groups];
    const middle = Math.ceil(all.length / 2);
    const before = await this.#findStored(new Map(all.slice(0, middle)), refused);
    return new Map([...before, ...(await this.#findStored(new Map(all.slice(middle)), refused))]);
  }

  async #scoreMetrics(
    draft: Draft,
    groups: Groups,
    stored: StoredValues,
    loaded: ReadonlyMap<number, Model>,
  ): Promise<void> {
    const { now = Date.now } = this.#options;
    const latestMs = now() + SCORED_AHEAD_MS;
    let points = 0;
    for (const [entry, group] of groups) {
      points += group.length;
      if (points > POINTS_AT_ONCE) {
        await setImmediate();
        points = group.length;
      }
      this.#scoreMetric(draft, entry, group, { stored, model: loaded.get(entry.number), latestMs });
    }
  }

  /** A metric whose model fails is stored without scores, and in ERROR. */
  #scoreMetric(draft: Draft, entry: MetricEntry, group: readonly Arrival[], known: Known): void {
    const { commit, models, stats, log } = this.#options;
    const scoredBefore = draft.scored.length;
    const unscoredBefore = draft.unscored.length;
    try {
      draftMetric(draft, commit.progressOf(entry), entry, group, known);
    } catch (error) {
      models.discard([entry.number]);
      draft.scored.length = scoredBefore;
      draft.unscored.length = unscoredBefore;
      draftMetric(draft, commit.progressOf(entry), entry, group, { ...known, model: undefined });
      markFailed(draft, entry, reportScoringFailure(error, entry, { stats, log }));
    }
  }
}

function draftMetric(
  draft: Draft,
  progress: MetricProgress,
  entry: MetricEntry,
  group: readonly Arrival[],
  { stored, model, latestMs }: Known,
): void {
  let previousMs: number | null = null;
  let drafted = 0;
  for (const arrival of group) {
    const { timestampMs, value } = arrival;
    const isStored = stored.size > 0 && stored.has(keyOf(entry.number, timestampMs));
    if (timestampMs === previousMs || isStored) {
      arrival.outcome = 'duplicate';
      continue;
    }
    previousMs = timestampMs;
    const isLate = timestampMs <= (progress.scoredToMs ?? -1);
    arrival.outcome = isLate ? 'late' : 'accepted';
    const sample = { metricNumber: entry.number, rowId: progress.lastRowId + 1, timestampMs, value };
    if (model === undefined || isLate || timestampMs > latestMs) draft.unscored.push(sample);
    else {
      draft.scored.push(scoreSample(sample, model.judge(sample)));
      progress.scoredRows += 1;
      progress.scoredToMs = timestampMs;
    }
    progress.lastRowId += 1;
    progress.lastTimestampMs = Math.max(progress.lastTimestampMs ?? -1, timestampMs);
    drafted += 1;
  }
  if (drafted > 0) draft.progress.set(entry, progress);
}
