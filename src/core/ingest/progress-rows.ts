/**
 * How far metrics have come stands in the database a little late: a row for each metric and commit would cost more
 * than the samples do. What the samples themselves show (the registry completes a row by them) waits for up to a
 * minute; what they do not show is written with them.
 */
import type { Progress } from '../samples/write-batch.ts';
import type { Draft, MetricProgress } from './write-set.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';

export interface ProgressRows {
  /** The rows to be written with the draft, which stands on what is committed: its own that cannot wait, and overdue ones. */
  readonly choose: (draft: Draft) => readonly Progress[];
  /** To be called when they are committed, and with them what changed metrics without writing their rows. */
  readonly confirm: (written: readonly Progress[], changed?: Iterable<MetricEntry>) => void;
  /** In the write lock: rows that wait, at most `limit`; to be confirmed once they are committed. */
  readonly listWaiting: (limit: number) => readonly Progress[];
  /** How many wait. */
  readonly waiting: number;
}

const MAX_WAIT_MS = 60_000;
/** Some milliseconds of writing. */
const OVERDUE_PER_COMMIT = 1000;

export function createProgressRows(options: {
  readonly registry: Pick<Registry, 'byNumber'>;
  readonly now?: () => number;
}): ProgressRows {
  const { registry } = options;
  const now = options.now ?? (() => performance.now());
  /** Since when the row of a metric is behind; the first to fall behind comes first. */
  const behind = new Map<number, number>();

  const listWaiting = (limit: number, sinceMs = Infinity) => {
    const rows: Progress[] = [];
    for (const [number, fromMs] of behind) {
      if (rows.length >= limit || fromMs > sinceMs) break;
      const entry = registry.byNumber(number);
      if (entry === undefined) behind.delete(number);
      else rows.push(readProgress(entry));
    }
    return rows;
  };

  return {
    choose: (draft) => {
      const rows = new Map<number, Progress>();
      for (const row of listWaiting(OVERDUE_PER_COMMIT, now() - MAX_WAIT_MS)) rows.set(row.metricNumber, row);
      for (const [entry, progress] of draft.progress) {
        const isOverdue = rows.has(entry.number);
        if (isOverdue || draft.statuses.has(entry) || !canWait(entry, progress))
          rows.set(entry.number, progress);
      }
      return [...rows.values()];
    },
    confirm: (written, changed = []) => {
      const atMs = now();
      for (const { number } of changed) if (!behind.has(number)) behind.set(number, atMs);
      for (const { metricNumber } of written) behind.delete(metricNumber);
    },
    listWaiting: (limit) => listWaiting(limit),
    get waiting() {
      return behind.size;
    },
  };
}

/** Whether nothing but newer samples, each scored when it came, sets the two apart: those can be found again. */
function canWait(committed: MetricEntry, next: Progress): boolean {
  const rows = next.lastRowId - committed.lastRowId;
  const scored = next.scoredRows - committed.scoredRows;
  return committed.scoredToMs !== null && rows === scored && next.readToMs === committed.readToMs;
}

export function readProgress(entry: MetricEntry): MetricProgress {
  const { number, lastRowId, lastTimestampMs, scoredRows, scoredToMs, readToMs } = entry;
  return { metricNumber: number, lastRowId, lastTimestampMs, scoredRows, scoredToMs, readToMs };
}
