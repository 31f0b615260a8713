/**
 * Points whose models are not in memory, as all are after a restart, wait outside the queue until those are restored:
 * in it, every other metric's points would wait with them.
 */
import type { Log } from '../../log.ts';
import type { Commit } from './commit.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { MetricEntry } from '../metrics/registry.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';

/**
 * @param points of metrics that may not be known yet
 * @returns null when all of these points can be written at once; else what resolves when that is so, after
 *   whatever waits for one of them already: the points of a metric keep their order. Never rejects
 */
export type Preload = (
  points: readonly { readonly entry: MetricEntry | undefined }[],
) => Promise<void> | null;

/** Between them, models that others wait for have their chance. */
const MODELS_AT_ONCE = 100;

export function createWarmUp(options: {
  readonly models: Pick<ModelCache, 'isHeld' | 'restoreAhead'>;
  readonly commit: Pick<Commit, 'begin' | 'isPending'>;
  readonly writeLock: Pick<WriteLock, 'runExclusive'>;
  readonly log: Log;
}): Preload {
  const { models, commit, writeLock, log } = options;
  /** What the points of a metric that come now have to wait for. */
  const waits = new Map<MetricEntry, Promise<void>>();
  /** Metrics whose models are to be restored, with what is to be called when that is over; the first comes first. */
  const wanted = new Map<MetricEntry, () => void>();
  let restoring: Promise<void> | null = null;

  const isCold = (entry: MetricEntry) =>
    !models.isHeld(entry.number) &&
    entry.status === 'ACTIVE' &&
    entry.scoredRows > 0 &&
    !commit.isPending(entry);

  const want = (entry: MetricEntry) =>
    new Promise<void>((resolve) => {
      wanted.set(entry, resolve);
      restoring ??= restoreAll();
    });

  /** A portion at a time, so that as many samples at most are in memory; what many requests want shares portions. */
  const restoreAll = async () => {
    await Promise.resolve();
    while (wanted.size > 0) {
      const portion = [...wanted].slice(0, MODELS_AT_ONCE);
      for (const [entry] of portion) wanted.delete(entry);
      try {
        const keep = await models.restoreAhead(portion.map(([entry]) => entry).filter(isCold));
        // In the write lock nothing is being drafted or committed: what a model has read is all there is, or it is not kept.
        await writeLock.runExclusive(async () => {
          await commit.begin();
          keep();
        });
      } catch (error) {
        // In its batch each is tried again, and the sender of the points learns what is wrong.
        log.warn({ err: error }, 'models could not be restored ahead of their points');
      }
      for (const [, resolve] of portion) resolve();
    }
    restoring = null;
  };

  const mustWait = ({ entry }: { readonly entry: MetricEntry | undefined }) =>
    entry !== undefined && (isCold(entry) || (waits.size > 0 && waits.has(entry)));

  return (points) => {
    if (!points.some(mustWait)) return null;
    const before = new Set<Promise<void>>();
    const all = new Set<MetricEntry>();
    for (const { entry } of points) if (entry !== undefined) all.add(entry);
    for (const entry of all) {
      const wait = waits.get(entry) ?? (isCold(entry) ? want(entry) : undefined);
      if (wait !== undefined) before.add(wait);
    }
    const over = Promise.all(before).then(() => undefined);
    for (const entry of all) waits.set(entry, over);
    // Only once they are in line: points that come before that must not overtake them.
    const forget = () => {
      for (const entry of all) if (waits.get(entry) === over) waits.delete(entry);
    };
    void over.then(() => setImmediate(forget));
    return over;
  };
}
