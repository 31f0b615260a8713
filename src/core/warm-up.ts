/**
 * Points whose models are not in memory, as all are after a restart, wait beside the line until those are restored:
 * in it, every other metric's points would wait with them.
 */
import type { Log } from '../log.ts';
import type { Commit } from './commit.ts';
import type { Models } from './models.ts';
import type { MetricEntry } from './registry.ts';

/**
 * @param points of metrics that may not be known yet
 * @returns null when all of these points can be written at once; else what resolves when that is so, after
 *   whatever waits for one of them already: the points of a metric keep their order. Never rejects
 */
export type WarmUp = (points: readonly { readonly entry: MetricEntry | undefined }[]) => Promise<void> | null;

/** Between them, models that others wait for have their chance. */
const MODELS_AT_ONCE = 100;

export function createWarmUp(options: {
  readonly models: Pick<Models, 'isHeld' | 'warm'>;
  readonly commit: Pick<Commit, 'isPending'>;
  readonly log: Log;
}): WarmUp {
  const { models, commit, log } = options;
  /** What the points of a metric that come now have to wait for. */
  const waits = new Map<MetricEntry, Promise<void>>();
  /** Portions are restored one at a time, so that as many samples at most are in memory. */
  let restored: Promise<void> = Promise.resolve();

  const isCold = (entry: MetricEntry) =>
    !models.isHeld(entry.number) &&
    entry.status === 'ACTIVE' &&
    entry.scoredRows > 0 &&
    !commit.isPending(entry);

  const restore = async (cold: readonly MetricEntry[]) => {
    for (let from = 0; from < cold.length; from += MODELS_AT_ONCE) {
      const portion = cold.slice(from, from + MODELS_AT_ONCE);
      restored = restored
        .then(() => models.warm(portion.filter(isCold)))
        // In its turn each is tried again, and whoever sent the points is told what is wrong.
        .catch((error: unknown) =>
          log.warn({ err: error }, 'models could not be restored ahead of their points'),
        );
      await restored;
    }
  };

  const mustWait = ({ entry }: { readonly entry: MetricEntry | undefined }) =>
    entry !== undefined && (isCold(entry) || (waits.size > 0 && waits.has(entry)));

  return (points) => {
    if (!points.some(mustWait)) return null;
    const before = new Set<Promise<void>>();
    const cold: MetricEntry[] = [];
    const all = new Set<MetricEntry>();
    for (const { entry } of points) if (entry !== undefined) all.add(entry);
    for (const entry of all) {
      const wait = waits.get(entry);
      if (wait !== undefined) before.add(wait);
      else if (isCold(entry)) cold.push(entry);
    }
    const over = Promise.all([...before, restore(cold)]).then(() => {
      for (const entry of all) if (waits.get(entry) === over) waits.delete(entry);
    });
    for (const entry of all) waits.set(entry, over);
    return over;
  };
}
