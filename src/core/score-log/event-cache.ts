/** How many scores the events kept for subscribers behind may hold, all groups together: the least used go first. */

export interface KeptEvent {
  readonly scores: number;
  /** Called when it has to go. */
  readonly drop: () => void;
}

export interface ScoreMemory {
  /** Keeps it, as the one used last. */
  readonly use: (event: KeptEvent) => void;
  /** Its keeper dropped it. */
  readonly release: (event: KeptEvent) => void;
}

/** @param most an event without scores counts as one */
export function createScoreMemory(most: number): ScoreMemory {
  /** Least used first. */
  const kept = new Set<KeptEvent>();
  let total = 0;
  const release = (event: KeptEvent) => {
    if (kept.delete(event)) total -= Math.max(1, event.scores);
  };
  return {
    release,
    use: (event) => {
      release(event);
      kept.add(event);
      total += Math.max(1, event.scores);
      for (const oldest of kept) {
        if (total <= most || oldest === event) break;
        release(oldest);
        oldest.drop();
      }
    },
  };
}
