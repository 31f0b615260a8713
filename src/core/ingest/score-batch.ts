/**
 * One batch of points, in a turn: what is new is numbered and, if its metric is being watched, scored in time order;
 * what is stored already is left alone.
 */
import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { SCORED_AHEAD_MS } from '../../model.ts';
import { isOutage } from '../../platform/postgres/outage.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import { findStored, keyOf, type StoredValues } from '../samples/find-duplicates.ts';
import { scoreSample } from '../samples/new-sample.ts';
import type { Commit, Refused } from './commit.ts';
import { markFailed, reportScoringFailure } from './metric-failure.ts';
import type { Draft, MetricProgress } from './write-set.ts';
import type { Model } from '../models/cached-model.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { MetricEntry } from '../metrics/registry.ts';

/** Late: stored, but older than what its model has learned from, so never scored. */
export type Outcome = 'accepted' | 'duplicate' | 'late';

/** A checked point on its way in. */
export interface Arrival {
  readonly entry: MetricEntry;
  readonly timestampMs: number;
  readonly value: number;
  /** Null until the batch is drafted. */
  outcome: Outcome | null;
}

/**
 * Drafts the batch. @returns what commits it, once all before it is over; both throw what the database threw while it
 * is away, and the second StaleDraftError, too. Whatever fails for one metric costs that metric's points alone: of a
 * metric that is refused nothing is stored, whatever the outcomes of its arrivals say
 */
export type WritePoints = (
  arrivals: readonly Arrival[],
  /** For polled metrics: up to where the source has been read. */
  readTo: ReadonlyMap<MetricEntry, number>,
) => Promise<() => Promise<Refused>>;

type Groups = ReadonlyMap<MetricEntry, readonly Arrival[]>;

/**
 * About a millisecond of drafting. Between turns answers of the database are read, so that the batch before is committed
 * while this one is drafted; and requests are, too.
 */
const POINTS_A_TURN = 100;

export function createWritePoints(options: {
  readonly pool: pg.Pool;
  readonly models: Pick<ModelCache, 'acquire' | 'isHeld' | 'discard'>;
  readonly commit: Commit;
  /** Whether points of the metric are to be stored without a score for now. */
  readonly isHeldBack: (entry: MetricEntry) => boolean;
  readonly stats: Stats;
  readonly log: Log;
  readonly now?: () => number;
}): WritePoints {
  const { pool, models, commit, stats, log, now = Date.now } = options;
  const isScored = (entry: MetricEntry) => entry.status === 'ACTIVE' && !options.isHeldBack(entry);

  /** What is being committed can be seen neither in the database nor, if its model was put away, in the model. */
  const needsSettled = (groups: Groups): boolean => {
    for (const [entry, [first]] of groups) {
      if (!commit.isPending(entry) || first === undefined) continue;
      if (first.timestampMs <= commit.newestMs(entry)) return true;
      if (isScored(entry) && !models.isHeld(entry.number)) return true;
    }
    return false;
  };

  /** What of these metrics' points is stored already. @param refused gets the metrics that cannot be looked up */
  const lookUp = async (groups: Groups, refused: Map<MetricEntry, Error>): Promise<StoredValues> => {
    const places = [...groups].flatMap(([entry, group]) => {
      const newestMs = commit.newestMs(entry);
      const isOld = ({ timestampMs }: Arrival) => timestampMs <= newestMs;
      return group.filter(isOld).map(({ timestampMs }) => ({ metricNumber: entry.number, timestampMs }));
    });
    try {
      return await findStored(pool, places);
    } catch (error) {
      if (isOutage(error)) throw error;
      const [[entry] = []] = groups;
      if (groups.size > 1) return lookUpApart(groups, refused);
      if (entry === undefined) throw error;
      stats.countReason('metric_failures', 'look_up');
      log.error({ err: error, metric: entry.id }, 'stored samples of the metric could not be looked up');
      refused.set(entry, toError(error));
      return new Map();
    }
  };

  /** Half by half: the metric that cannot be looked up costs the others nothing. */
  const lookUpApart = async (groups: Groups, refused: Map<MetricEntry, Error>): Promise<StoredValues> => {
    const all = [...groups];
    const middle = Math.ceil(all.length / 2);
    const before = await lookUp(new Map(all.slice(0, middle)), refused);
    return new Map([...before, ...(await lookUp(new Map(all.slice(middle)), refused))]);
  };

  const draftAll = async (
    draft: Draft,
    groups: Groups,
    stored: StoredValues,
    loaded: ReadonlyMap<number, Model>,
  ) => {
    let points = 0;
    const latestMs = now() + SCORED_AHEAD_MS;
    for (const [entry, group] of groups) {
      points += group.length;
      if (points > POINTS_A_TURN) {
        await setImmediate();
        points = group.length;
      }
      const scoredBefore = draft.scored.length;
      const unscoredBefore = draft.unscored.length;
      try {
        const model = loaded.get(entry.number);
        draftMetric(draft, commit.progressOf(entry), entry, group, { stored, model, latestMs });
      } catch (error) {
        models.discard([entry.number]);
        draft.scored.length = scoredBefore;
        draft.unscored.length = unscoredBefore;
        draftMetric(draft, commit.progressOf(entry), entry, group, { stored, model: undefined, latestMs });
        markFailed(draft, entry, reportScoringFailure(error, entry, { stats, log }));
      }
    }
  };

  return async (arrivals, readTo) => {
    const draft = await commit.begin();
    const groups = groupByMetric(arrivals);
    if (needsSettled(groups)) await commit.settled();
    const notFound = new Map<MetricEntry, Error>();
    const stored = await lookUp(groups, notFound);
    for (const [entry, { message }] of notFound) {
      groups.delete(entry);
      markFailed(draft, entry, `stored samples could not be looked up: ${message}`);
    }
    const loaded = await models.acquire([...groups.keys()].filter(isScored));
    await draftAll(draft, groups, stored, loaded);
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
  };
}

function groupByMetric(arrivals: readonly Arrival[]): Map<MetricEntry, Arrival[]> {
  const groups = new Map<MetricEntry, Arrival[]>();
  for (const arrival of arrivals) {
    const group = groups.get(arrival.entry);
    if (group === undefined) groups.set(arrival.entry, [arrival]);
    else group.push(arrival);
  }
  // The sort is stable: of two points of one time the first to arrive wins.
  for (const group of groups.values()) {
    if (group.length > 1) group.sort((a, b) => a.timestampMs - b.timestampMs);
  }
  return groups;
}

function draftMetric(
  draft: Draft,
  progress: MetricProgress,
  entry: MetricEntry,
  group: readonly Arrival[],
  {
    stored,
    model,
    latestMs,
  }: {
    readonly stored: StoredValues;
    /** Undefined for a metric that is not scored now. */
    readonly model: Model | undefined;
    /** What lies further ahead is scored when its time comes. */
    readonly latestMs: number;
  },
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

function countOutcomes(
  stats: Stats,
  arrivals: readonly Arrival[],
  stored: StoredValues,
  refused: Refused,
): void {
  let accepted = 0;
  let late = 0;
  let conflicting = 0;
  let notStored = 0;
  for (const { entry, timestampMs, value, outcome } of arrivals) {
    if (refused.size > 0 && refused.has(entry)) notStored += 1;
    else if (outcome === 'accepted') accepted += 1;
    else if (outcome === 'late') late += 1;
    else if (value !== (stored.get(keyOf(entry.number, timestampMs)) ?? value)) conflicting += 1;
  }
  stats.count('points_accepted', accepted);
  stats.count('points_late', late);
  stats.count('points_conflicting', conflicting);
  stats.count('points_duplicate', arrivals.length - notStored - accepted - late - conflicting);
}
