/** What was wrong with one push: how often, and the first of it in words. */

/** Faults of one body: a sender with more of them speaks another protocol. */
export const MAX_FAULTS = 100_000;
const MAX_SHOWN = 20;

export interface Fault {
  /** Which line or series, from 1. */
  readonly place: number;
  readonly reason: string;
}

/** What came of one push, beside what was stored. */
export interface PushResult {
  readonly faults: FaultList;
  /** Why not all of it was read; null when all was. */
  readonly stopped: { readonly status: 400 | 413; readonly reason: string } | null;
}

export class FaultList {
  #count = 0;
  readonly #shown: Fault[] = [];

  /** How many there were; `shown` has the first of them. */
  get count(): number {
    return this.#count;
  }

  add(place: number, reason: string, faults = 1): void {
    this.#count += faults;
    if (this.#shown.length < MAX_SHOWN) this.#shown.push({ place, reason });
  }

  isFull(): boolean {
    return this.#count >= MAX_FAULTS;
  }

  /** By place. */
  shown(): readonly Fault[] {
    return this.#shown.toSorted((a, b) => a.place - b.place);
  }

  /** @param noun what a place is */
  describe(noun: string): string {
    const shown = this.shown();
    const list = shown.map(({ place, reason }) => `${noun} ${place}: ${reason}`).join('; ');
    const more = this.#count - shown.length;
    return more > 0 ? `${list}; and ${more} more` : list;
  }
}
