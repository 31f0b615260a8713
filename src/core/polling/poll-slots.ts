/**
 * Spreads the metrics of one source and region over time, whole batches of them: those of one slot are due at the same
 * moment and fill one call; the slots follow each other, so that not all of a period's calls come at once.
 */
export interface Slots {
  /** The first slot with a place left. */
  take: () => number;
  leave: (slot: number) => void;
}

/** Longest delay a slot may bring. */
const LONGEST_SPREAD_MS = 30_000;
/** And no more than this share of the period. */
const SPREAD_SHARE = 0.1;
/** Multiples of it, less their whole part, lie evenly between 0 and 1 however many there are. */
const GOLDEN_RATIO = 0.618_033_988_749_895;

/** @param width metrics of one slot: as many as one call takes */
export function createSlots(width: number): Slots {
  const taken: number[] = [];
  /** Every slot before it is full. */
  let first = 0;
  return {
    take: () => {
      while ((taken[first] ?? 0) >= width) first += 1;
      taken[first] = (taken[first] ?? 0) + 1;
      return first;
    },
    leave: (slot) => {
      taken[slot] = Math.max(0, (taken[slot] ?? 0) - 1);
      first = Math.min(first, slot);
    },
  };
}

/** How long after its period could be read a metric of this slot is read. The first slot does not wait. */
export function findSlotDelayMs(slot: number, periodSeconds: number): number {
  const spreadMs = Math.min(LONGEST_SPREAD_MS, SPREAD_SHARE * periodSeconds * 1000);
  return Math.floor(((slot * GOLDEN_RATIO) % 1) * spreadMs);
}
