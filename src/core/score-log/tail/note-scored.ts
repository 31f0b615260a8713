/** How far metrics have come, as their scores show it: the rows that say so are written up to a minute later. */
import type { Registry } from '../../metrics/registry.ts';
import type { ScoredProgress } from './score-frame.ts';

export function noteScored(registry: Pick<Registry, 'byNumber'>, rows: readonly ScoredProgress[]): void {
  for (const { metricNumber, rowId, timestampMs } of rows) {
    const entry = registry.byNumber(metricNumber);
    // What an entry holds may have been read after the sample was committed.
    if (entry === undefined || timestampMs <= (entry.scoredToMs ?? -Infinity)) continue;
    entry.scoredToMs = timestampMs;
    entry.scoredRows += 1;
    entry.lastRowId = Math.max(entry.lastRowId, rowId);
    entry.lastTimestampMs = Math.max(entry.lastTimestampMs ?? timestampMs, timestampMs);
  }
}
