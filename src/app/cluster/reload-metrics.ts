/** Metrics that the leader has changed, read again. */
import type { MetricEntry, Registry } from '../../core/metrics/registry.ts';
import type { ScoreFeed } from '../../core/score-log/score-feed.ts';

/** @param numbers of those that changed; null for all */
export async function reloadMetrics(
  { registry, live }: { readonly registry: Registry; readonly live: Pick<ScoreFeed, 'forget'> },
  numbers: ReadonlySet<number> | null,
): Promise<void> {
  const entries = numbers === null ? registry.all() : [...numbers].map((number) => registry.byNumber(number));
  const before = [...entries]
    .filter((entry) => entry !== undefined)
    .map(({ number, status }) => ({ number, status }));
  await registry.load(numbers === null ? undefined : [...numbers]);
  for (const known of before) {
    const entry = registry.byNumber(known.number);
    if (entry === undefined || hasEnded(known, entry)) live.forget(known.number);
  }
}

/** Scores of a metric that is monitored no more are taken back. */
function hasEnded(before: Pick<MetricEntry, 'status'>, after: MetricEntry): boolean {
  return before.status !== 'UNMONITORED' && after.status === 'UNMONITORED';
}
