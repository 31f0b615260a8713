/** What one query may cost. Each limit names itself when it ends a query. */
import { nextParseSlot } from '../../../platform/bounded-input/parse-slot.ts';
import { PromqlError } from './promql-error.ts';

/** Series a selector may choose. */
const MAX_SERIES = 10_000;
/** Points that are held at once: series times steps, of every part of the query. Some 100 MB. */
const MAX_POINTS = 10_000_000;
/** Samples that are read, and samples that functions look at, as many as in Prometheus by default. */
const MAX_SAMPLES_READ = 10_000_000;
const MAX_SAMPLES_VISITED = 50_000_000;

/** Worked on before others get the event loop: some milliseconds. */
const POINTS_AT_ONCE = 200_000;

export class QueryBudget {
  readonly #deadlineMs: number;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | null;
  #points = 0;
  #read = 0;
  #visited = 0;
  #sincePause = 0;

  /** @param signal ends the query, because nobody waits for it any more */
  constructor(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }) {
    this.#timeoutMs = options.timeoutMs;
    this.#deadlineMs = performance.now() + options.timeoutMs;
    this.#signal = options.signal ?? null;
  }

  /** To be called before each statement and between pieces of work. @throws PromqlError */
  checkTime(): void {
    if (this.#signal?.aborted === true) throw new PromqlError('timeout', 'query was canceled');
    if (performance.now() < this.#deadlineMs) return;
    throw new PromqlError('timeout', `query timed out after ${this.#timeoutMs / 1000} s`);
  }

  /** Whether `work` would pause: for loops in which waiting for nothing would cost more than what they do. */
  get isPauseDue(): boolean {
    return this.#sincePause >= POINTS_AT_ONCE;
  }

  /**
   * To be awaited between pieces of work: after each few milliseconds others get the event loop, and the time is checked.
   * @param points worked on since the last call @throws PromqlError
   */
  async work(points: number): Promise<void> {
    this.#sincePause += points;
    if (!this.isPauseDue) return;
    this.#sincePause = 0;
    await nextParseSlot();
    this.checkTime();
  }

  /** @throws PromqlError */
  takeSeries(series: number, steps: number): void {
    if (series > MAX_SERIES) {
      throw tooMuch(`a selector may choose ${MAX_SERIES} series, this one chooses ${series}`);
    }
    this.takePoints(series * steps);
  }

  /** @throws PromqlError */
  takePoints(points: number): void {
    this.#points += points;
    if (this.#points > MAX_POINTS) {
      throw tooMuch(
        `a query may hold ${MAX_POINTS} points (series × steps): choose fewer series, or a longer step`,
      );
    }
  }

  /** @throws PromqlError */
  takeRead(samples: number): void {
    this.#read += samples;
    if (this.#read > MAX_SAMPLES_READ) {
      throw tooMuch(`a query may read ${MAX_SAMPLES_READ} samples: choose fewer series, or a shorter time`);
    }
  }

  /** @throws PromqlError */
  takeVisited(samples: number): void {
    this.#visited += samples;
    this.#sincePause += samples;
    if (this.#visited > MAX_SAMPLES_VISITED) {
      throw tooMuch('the ranges of a query overlap too much: choose a shorter range, or a longer step');
    }
  }
}

function tooMuch(message: string): PromqlError {
  return new PromqlError('execution', message);
}
