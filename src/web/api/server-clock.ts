/** What time it is for the server. A browser's clock may be wrong by hours, and what is shown was timed by servers. */

/** `Date` has whole seconds, and an answer takes a while: two clocks that differ by less are the same. */
const TOLERANCE_MS = 2_000;

export class ServerClock {
  readonly #own: () => number;
  readonly #followers = new Set<() => void>();
  #aheadMs = 0;

  /** @param own the browser's clock */
  constructor(own: () => number = () => Date.now()) {
    this.#own = own;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#own() + this.#aheadMs;
  }

  /**
   * @param date header of an answer; null where it has none
   * @param sentMs when it was asked for, by the browser's clock
   */
  learn(date: string | null, sentMs: number): void {
    const writtenMs = Date.parse(date ?? '');
    if (Number.isNaN(writtenMs)) return;
    // It was written between then and now, some time in that second.
    const leastMs = writtenMs - this.#own();
    const mostMs = writtenMs + 1000 - sentMs;
    const isPossible = (aheadMs: number) =>
      aheadMs >= leastMs - TOLERANCE_MS && aheadMs <= mostMs + TOLERANCE_MS;
    // One that may be right stays: what is shown would move back and forth with every answer.
    if (isPossible(this.#aheadMs)) return;
    this.#aheadMs = isPossible(0) ? 0 : Math.round((leastMs + mostMs) / 2);
    for (const follow of this.#followers) follow();
  }

  /** Calls back when another time was learned. @returns ends it */
  follow(onChange: () => void): () => void {
    this.#followers.add(onChange);
    return () => this.#followers.delete(onChange);
  }
}

export const serverClock = new ServerClock();

/** As fetch; learns from the answer what time it is. */
export async function fetchTimed(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
  const sentMs = Date.now();
  const response = await fetch(input, init);
  serverClock.learn(response.headers.get('date'), sentMs);
  return response;
}
