/** The points of one request on their way in: handed over some at a time, so that none waits for the last of many. */
import type { Ingest, NamedPoint } from '../../../core/ingest/ingest.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';

/** Points handed over at once. */
const PART_POINTS = 5000;

/** Where the points of a request go, and whose they are. */
export interface StoreOptions {
  readonly accept: Pick<Ingest, 'acceptNamed'>;
  readonly accountId: number;
  readonly stats: Stats;
}

export class PointParts<Origin> {
  readonly #accept: Pick<Ingest, 'acceptNamed'>;
  readonly #accountId: number;
  readonly #onRejected: (origin: Origin, reason: string) => void;
  #points: NamedPoint[] = [];
  /** What each of the points that wait came from. */
  #origins: Origin[] = [];
  #stored = 0;

  /** @param onRejected is called for each point that is not stored, with what it came from */
  constructor(
    { accept, accountId }: Omit<StoreOptions, 'stats'>,
    onRejected: (origin: Origin, reason: string) => void,
  ) {
    this.#accept = accept;
    this.#accountId = accountId;
    this.#onRejected = onRejected;
  }

  /** Points stored so far, or stored already. */
  get stored(): number {
    return this.#stored;
  }

  add(point: NamedPoint, origin: Origin): void {
    this.#points.push(point);
    this.#origins.push(origin);
  }

  isFull(): boolean {
    return this.#points.length >= PART_POINTS;
  }

  /** @throws RetryLaterError */
  async handOver(): Promise<void> {
    const [points, origins] = [this.#points, this.#origins];
    if (points.length === 0) return;
    [this.#points, this.#origins] = [[], []];
    const { rejected } = await this.#accept.acceptNamed(points, this.#accountId);
    for (const { index, reason } of rejected) {
      const origin = origins[index];
      if (origin !== undefined) this.#onRejected(origin, reason);
    }
    this.#stored += points.length - rejected.length;
  }
}
