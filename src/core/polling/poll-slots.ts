/**
 * Jitter by slots: spreads the metrics of one source and region over time, whole batches of them. Those of one slot are
 * due at the same moment and fill one call; the slots follow each other, so that not all of a period's calls come at
 * once.
 */

/** Longest delay a slot may bring. */
const MAX_SPREAD_MS = 30_000;
/** And no more than this share of the period. */
const SPREAD_SHARE = 0.1;
/** Multiples of it, less their whole part, lie evenly between 0 and 1 however many there are. */
const GOLDEN_RATIO = 0.618_033_988_749_895;

export class JitterSlots {
  /** Metrics of one slot: as many as one call takes. */
  readonly #width: number;
  /** How many metrics each slot has. */
  readonly #taken: number[] = [];
  /** Every slot before it is full. */
  #first = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** Takes a place. @returns the first slot that had one left */
  take(): number {
    while ((this.#taken[this.#first] ?? 0) >= this.#width) this.#first += 1;
    this.#taken[this.#first] = (this.#taken[this.#first] ?? 0) + 1;
    return this.#first;
  }

  /** Gives a place of the slot back. */
  leave(slot: number): void {
    this.#taken[slot] = Math.max(0, (this.#taken[slot] ?? 0) - 1);
    this.#first = Math.min(this.#first, slot);
  }
}

/** How long after its period could be read a metric of this slot is read. The first slot does not wait. */
export function findJitterMs(slot: number, periodSeconds: number): number {
  const spreadMs = Math.min(MAX_SPREAD_MS, SPREAD_SHARE * periodSeconds * 1000);
  return Math.floor(((slot * GOLDEN_RATIO) % 1) * spreadMs);
}
