/** Checks one rule after the other: one that fails costs no other its check. */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { FailureRuns } from '../../platform/runtime/failure-runs.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Registry } from '../metrics/registry.ts';
import type { Rule } from './rule.ts';
import type { RuleBook } from './rule-cache.ts';

/** What a check of rules works with. */
export interface CheckOptions {
  readonly pool: pg.Pool;
  readonly book: Pick<RuleBook, 'all'>;
  readonly registry: Pick<Registry, 'all' | 'byNumber'>;
  readonly stats: Pick<Stats, 'count'>;
  readonly log: Log;
  readonly now: () => Date;
}

interface RuleChecksOptions {
  readonly log: Log;
  /** Called for each check that fails: to count it. */
  readonly onFailed: () => void;
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
    const { log, onFailed, words } = this.#options;
    try {
      const result = await check();
      const failures = this.#failing.succeed(id);
      if (failures > 0) log.info({ rule: id, failures }, words.again);
      return result;
    } catch (error) {
      onFailed();
      if (this.#failing.fail(id)) log.error({ err: error, rule: id }, words.failed);
      return null;
    }
  }
}
