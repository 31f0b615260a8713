/** Counts failures in a row of what is tried again and again, so that the first of them and their end are logged, and no more. */
export class FailureRuns {
  /** By what fails. */
  readonly #failures = new Map<string, number>();

  /** @returns whether it is the first in a row */
  fail(name: string): boolean {
    const before = this.#failures.get(name) ?? 0;
    this.#failures.set(name, before + 1);
    return before === 0;
  }

  /** @returns how many failures in a row this ends; 0 for none */
  succeed(name: string): number {
    const failures = this.#failures.get(name) ?? 0;
    this.#failures.delete(name);
    return failures;
  }

  /** Forgets what is not tried any more. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#failures.keys()) if (!names.has(name)) this.#failures.delete(name);
  }
}
