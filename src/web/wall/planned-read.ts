/** When a large answer is read again: changes that never cease neither put it off for ever nor cut it short. */
export class PlannedRead {
  readonly #read: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  /** What is read just now; a later one takes its place. */
  #reading: object | null = null;
  /** What was planned while it was read: after so long from its end. */
  #nextMs: number | null = null;

  constructor(read: () => void) {
    this.#read = read;
  }

  /** At once cuts a reading short; what can wait waits for its end. One that is planned sooner stays. */
  plan(inMs: number): void {
    if (this.#reading !== null && inMs > 0) {
      this.#nextMs = Math.min(inMs, this.#nextMs ?? inMs);
      return;
    }
    const dueMs = performance.now() + inMs;
    if (dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#forget();
      this.#read();
    }, inMs);
  }

  /** What was planned before is read by it, too. @param reading never rejects */
  async during(reading: Promise<void>): Promise<void> {
    this.cancel();
    this.#reading = reading;
    await reading;
    if (this.#reading !== reading) return;
    this.#reading = null;
    const next = this.#nextMs;
    this.#nextMs = null;
    if (next !== null) this.plan(next);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#forget();
    this.#nextMs = null;
  }

  #forget(): void {
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }
}
