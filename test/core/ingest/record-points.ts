/** A data path that keeps what it is given, may be held shut, and tells when so many points have come. */
import type { AcceptPoints } from '../../../src/core/ingest/graphite/deliver.ts';
import type { GraphitePoint } from '../../../src/core/ingest/graphite/parse-line.ts';

export interface Recorder {
  readonly accept: AcceptPoints;
  readonly batches: readonly (readonly GraphitePoint[])[];
  /** Settles once at least so many points have been taken, with all of them. */
  readonly waitFor: (count: number) => Promise<readonly GraphitePoint[]>;
}

/** @param before runs before each batch is taken: what it throws, `accept` throws; it may wait */
export function recordPoints(
  before: (points: readonly GraphitePoint[]) => unknown = () => undefined,
): Recorder {
  const batches: (readonly GraphitePoint[])[] = [];
  const waiters = new Set<() => void>();
  const accept: AcceptPoints = async (points) => {
    await before(points);
    batches.push(points);
    for (const check of waiters) check();
    return { rejected: [] };
  };
  const waitFor = (count: number) =>
    new Promise<readonly GraphitePoint[]>((resolve) => {
      const check = () => {
        const points = batches.flat();
        if (points.length < count) return;
        waiters.delete(check);
        resolve(points);
      };
      waiters.add(check);
      check();
    });
  return { accept, batches, waitFor };
}
