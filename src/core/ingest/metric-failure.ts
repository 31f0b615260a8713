/** What fails for one metric of many: counted, logged, and shown on the metric. */
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { MetricEntry } from '../metrics/registry.ts';
import { ModelNotRestoredError } from '../models/cached-model.ts';
import type { Draft } from './write-set.ts';

/** Only a bug of a detector, or what was damaged in the database, gets here. @returns what the metric is to show */
export function reportScoringFailure(
  error: unknown,
  entry: MetricEntry,
  { stats, log }: { readonly stats: Stats; readonly log: Log },
): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ModelNotRestoredError) {
    stats.countReason('metric_failures', 'restore');
    log.error(
      { err: error, metric: entry.id },
      'model could not be restored; metric is stored without scores',
    );
    return message;
  }
  stats.countReason('metric_failures', 'score');
  stats.count('detector_failures');
  log.error({ err: error, metric: entry.id }, 'detector failed; metric is stored without scores');
  return `detector failed: ${message}`;
}

/** Puts the metric in ERROR with the draft; one that is not monitored stays so, and only shows what is wrong. */
export function markFailed(draft: Draft, entry: MetricEntry, message: string): void {
  const status = entry.status === 'UNMONITORED' ? 'UNMONITORED' : 'ERROR';
  draft.statuses.set(entry, { status, message });
}

const UNSAVED = 'model could not be saved';

/** Shows on the metric that its model cannot be saved: it is scored all the same, and a restart takes longer. */
export function markUnsaved(draft: Draft, entry: MetricEntry, reason: string): void {
  const { status } = draft.statuses.get(entry) ?? entry;
  draft.statuses.set(entry, { status, message: `${UNSAVED}: ${reason}` });
}

/** Whether the metric shows that. */
export function isUnsaved({ status, message }: MetricEntry): boolean {
  return status !== 'ERROR' && message?.startsWith(UNSAVED) === true;
}
