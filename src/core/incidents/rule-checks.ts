/** Checks one rule after the other: one that fails costs no other its check. */
import type { Log } from '../../log.ts';
import { FailureRuns } from '../../platform/runtime/failure-runs.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Rule } from './rule.ts';

interface RuleChecksOptions {
  readonly stats: Pick<Stats, 'count'>;
  readonly log: Log;
  /** Counts checks that failed. */
  readonly counter: 'outlier_check_failures' | 'rate_check_failures';
  /** Logged when a rule begins to fail, and when it no longer does. */
  readonly words: { readonly failed: string; readonly again: string };
}

export class RuleChecks {
  readonly #options: RuleChecksOptions;
  /** By the rules' ids. */
  readonly #failing = new FailureRuns();

  constructor(options: RuleChecksOptions) {
    this.#options = options;
  }

  /** Forgets all other rules. */
  keep(rules: readonly Pick<Rule, 'id'>[]): void {
    this.#failing.keep(new Set(rules.map(({ id }) => id)));
  }

  /** @returns what the check gives; null where it failed */
  async try<T>({ id }: Pick<Rule, 'id'>, check: () => Promise<T>): Promise<T | null> {
    const { stats, log, counter, words } = this.#options;
    try {
      const result = await check();
      const failures = this.#failing.succeed(id);
      if (failures > 0) log.info({ rule: id, failures }, words.again);
      return result;
    } catch (error) {
      stats.count(counter);
      if (this.#failing.fail(id)) log.error({ err: error, rule: id }, words.failed);
      return null;
    }
  }
}
