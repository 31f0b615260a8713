/**
 * One batch of points, in a turn: what is new is numbered and, if its metric is being watched, scored in time order;
 * what is stored already is left alone.
 */
import type pg from 'pg';
import type { Log } from '../log.ts';
import type { Judgement } from '../model.ts';
import type { Stats } from '../observe/stats.ts';
import { copyProgress, createDraft, type Commit, type Draft } from './commit.ts';
import type { Model, Models } from './models.ts';
import type { MetricEntry } from './registry.ts';

/** Late: stored, but older than what its model has learned from, so never scored. */
export type Outcome = 'accepted' | 'duplicate' | 'late';

/** A checked point on its way in. */
export interface Arrival {
  readonly entry: MetricEntry;
  readonly timestampMs: number;
  readonly value: number;
  /** Null until the batch is committed. */
  outcome: Outcome | null;
}

export type WritePoints = (
  arrivals: readonly Arrival[],
  /** For polled metrics: up to where the source has been read. */
  readTo: ReadonlyMap<MetricEntry, number>,
) => Promise<void>;

export function createWritePoints(options: {
  readonly pool: pg.Pool;
  readonly models: Models;
  readonly commit: Commit;
  readonly stats: Stats;
  readonly log: Log;
}): WritePoints {
  const { pool, models, commit, stats, log } = options;

  return async (arrivals, readTo) => {
    await commit.prepare();
    const groups = groupByMetric(arrivals);
    const stored = await findStored(pool, arrivals);
    const active = [...groups.keys()].filter((entry) => entry.status === 'ACTIVE');
    const loaded = await models.acquire(active);
    const draft = createDraft();
    for (const [entry, group] of groups) {
      const model = loaded.get(entry.number);
      try {
        draftMetric(draft, entry, group, stored, model);
      } catch (error) {
        // Only a bug of a detector gets here. It costs its own metric, not the batch.
        stats.count('detector_failures');
        log.error({ err: error, metric: entry.id }, 'detector failed; metric is stored without scores');
        models.discard([entry.number]);
        dropDrafted(draft, entry);
        draftMetric(draft, entry, group, stored, undefined);
        draft.statuses.set(entry, { status: 'ERROR', message: describeFailure(error) });
      }
    }
    for (const [entry, readToMs] of readTo) {
      draft.progress.set(entry, { ...(draft.progress.get(entry) ?? copyProgress(entry)), readToMs });
    }
    // failpoint: score.after_model
    if (draft.progress.size > 0) await commit.commit(draft);
    countOutcomes(stats, arrivals, stored);
  };
}

function groupByMetric(arrivals: readonly Arrival[]): ReadonlyMap<MetricEntry, Arrival[]> {
  const groups = new Map<MetricEntry, Arrival[]>();
  for (const arrival of arrivals) {
    const group = groups.get(arrival.entry);
    if (group === undefined) groups.set(arrival.entry, [arrival]);
    else group.push(arrival);
  }
  // The sort is stable: of two points of one time the first to arrive wins.
  for (const group of groups.values()) group.sort((a, b) => a.timestampMs - b.timestampMs);
  return groups;
}

/** Values stored already at the arrivals' times, by metric and time. Nothing is asked for what is plainly new. */
async function findStored(pool: pg.Pool, arrivals: readonly Arrival[]): Promise<ReadonlyMap<string, number>> {
  const old = arrivals.filter(({ entry, timestampMs }) => timestampMs <= (entry.lastTimestampMs ?? -1));
  if (old.length === 0) return new Map();
  const { rows } = await pool.query<{ metric_number: number; timestamp_ms: number; value: number }>(
    `SELECT s.metric_number, (extract(epoch FROM s."timestamp") * 1000)::float8 AS timestamp_ms, s.value
     FROM unnest($1::int[], $2::timestamptz[]) AS a(metric_number, at)
     JOIN sample s ON s.metric_number = a.metric_number AND s."timestamp" = a.at`,
    [old.map(({ entry }) => entry.number), old.map(({ timestampMs }) => new Date(timestampMs).toISOString())],
  );
  return new Map(rows.map((row) => [keyOf(row.metric_number, row.timestamp_ms), row.value]));
}

function keyOf(metricNumber: number, timestampMs: number): string {
  return `${metricNumber} ${timestampMs}`;
}

function draftMetric(
  draft: Draft,
  entry: MetricEntry,
  group: readonly Arrival[],
  stored: ReadonlyMap<string, number>,
  model: Model | undefined,
): void {
  const progress = copyProgress(entry);
  let previousMs: number | null = null;
  for (const arrival of group) {
    const { timestampMs, value } = arrival;
    if (timestampMs === previousMs || stored.has(keyOf(entry.number, timestampMs))) {
      arrival.outcome = 'duplicate';
      continue;
    }
    previousMs = timestampMs;
    const isLate = timestampMs <= (progress.scoredToMs ?? -1);
    let judgement: Judgement | null = null;
    if (model !== undefined && !isLate) {
      judgement = model.judge({ timestampMs, value });
      progress.scoredRows += 1;
      progress.scoredToMs = timestampMs;
    }
    arrival.outcome = isLate ? 'late' : 'accepted';
    progress.lastRowId += 1;
    progress.lastTimestampMs = Math.max(progress.lastTimestampMs ?? -1, timestampMs);
    draft.samples.push({
      metricNumber: entry.number,
      rowId: progress.lastRowId,
      timestampMs,
      value,
      judgement,
    });
  }
  if (progress.lastRowId > entry.lastRowId) draft.progress.set(entry, progress);
}

function dropDrafted(draft: Draft, entry: MetricEntry): void {
  const kept = draft.samples.filter((sample) => sample.metricNumber !== entry.number);
  draft.samples.splice(0, draft.samples.length, ...kept);
}

function describeFailure(error: unknown): string {
  return `detector failed: ${error instanceof Error ? error.message : String(error)}`;
}

function countOutcomes(
  stats: Stats,
  arrivals: readonly Arrival[],
  stored: ReadonlyMap<string, number>,
): void {
  let accepted = 0;
  let late = 0;
  let conflicting = 0;
  for (const { entry, timestampMs, value, outcome } of arrivals) {
    if (outcome === 'accepted') accepted += 1;
    else if (outcome === 'late') late += 1;
    else if (value !== (stored.get(keyOf(entry.number, timestampMs)) ?? value)) conflicting += 1;
  }
  stats.count('points_accepted', accepted);
  stats.count('points_late', late);
  stats.count('points_conflicting', conflicting);
  stats.count('points_duplicate', arrivals.length - accepted - late - conflicting);
}
