/** Applies monitoring policies to what is known or listed already. */
import { ExpectedError, QuotaExceededError } from '../../../errors.ts';
import type { Log } from '../../../log.ts';
import { writePushedSpec } from '../../metrics/pushed-spec.ts';
import type { MonitorActions, MonitorOptions } from '../monitor.ts';
import { listMatching } from './discovered-metrics.ts';
import type { Policy } from './policy.ts';
import { explainRefusal, type PolicyBook } from './policy-book.ts';
import { listUnmonitored } from './read-matching.ts';
import { writeRefusals, writeStarted, type StartedMetric } from './write-monitored.ts';

/** What became of the metrics that were known already. */
export interface Applied {
  readonly monitored: number;
  readonly refused: number;
  /** Why the first of those was refused. */
  readonly refusal: QuotaExceededError | null;
}

export interface RolloutOptions extends Pick<
  MonitorOptions,
  'pool' | 'prisma' | 'registry' | 'quota' | 'stats' | 'statusFeed' | 'backlog' | 'sources' | 'writeLock'
> {
  readonly book: PolicyBook;
  readonly monitor: Pick<MonitorActions, 'monitorMetric'>;
  readonly log: Log;
}

export const NOTHING_APPLIED: Applied = { monitored: 0, refused: 0, refusal: null };
/** Metrics that begin to be monitored under one hold of the write lock. */
const BATCH_METRICS = 500;

export class PolicyRollout {
  readonly #options: RolloutOptions;

  constructor(options: RolloutOptions) {
    this.#options = options;
  }

  /** Monitors what is known already, matches and is not monitored. */
  async apply(policy: Policy): Promise<Applied> {
    const pushed = await this.#applyToPushed(policy);
    return addApplied(pushed, await this.#applyToResources(policy, null, false));
  }

  /** Metrics of a region that was listed, and that were never known: those a person ended are left alone. */
  async monitorListed(region: string): Promise<void> {
    const { book, log } = this.#options;
    for (const policy of book.all()) {
      const { monitored, refused } = await this.#applyToResources(policy, region, true);
      if (monitored + refused > 0)
        log.info({ policy: policy.name, region, monitored, refused }, 'policy applied');
    }
  }

  async #applyToPushed(policy: Policy): Promise<Applied> {
    const { pool, writeLock } = this.#options;
    let applied = NOTHING_APPLIED;
    let after = 0;
    for (;;) {
      const page = { after, limit: BATCH_METRICS };
      const numbers = await listUnmonitored(pool, policy.accountId, policy.match, page);
      const last = numbers.at(-1);
      if (last === undefined) return applied;
      applied = addApplied(applied, await writeLock.runExclusive(() => this.#startPushed(policy, numbers)));
      after = last;
    }
  }

  /** In the write lock. */
  async #startPushed(policy: Policy, numbers: readonly number[]): Promise<Applied> {
    const { pool, registry, quota, backlog, statusFeed, stats } = this.#options;
    const places = quota.open();
    const started: StartedMetric[] = [];
    const refusals = new Map<number, string>();
    let refusal: QuotaExceededError | null = null;
    for (const number of numbers) {
      const entry = registry.byNumber(number);
      if (entry?.status !== 'UNMONITORED') continue;
      const full = places.take(entry.server);
      if (full === null) {
        const status = entry.lastRowId > 0 ? 'CREATE_PENDING' : 'ACTIVE';
        started.push({ number, spec: writePushedSpec(entry), status });
      } else {
        refusal ??= full;
        refusals.set(number, explainRefusal(policy, full));
      }
    }
    await writeStarted(pool, policy, started);
    await writeRefusals(pool, refusals);
    const changed = [...started.map(({ number }) => number), ...refusals.keys()];
    await registry.load(changed);
    for (const entry of changed.flatMap((number) => registry.byNumber(number) ?? [])) {
      backlog.check(entry);
      statusFeed.publish(entry.id);
    }
    stats.count('policy_metrics_monitored', started.length);
    stats.count('policy_metrics_refused', refusals.size);
    return { monitored: started.length, refused: refusals.size, refusal };
  }

  /** @param newOnly whether those that are known and not monitored are left alone */
  async #applyToResources(policy: Policy, region: string | null, newOnly: boolean): Promise<Applied> {
    let applied = NOTHING_APPLIED;
    for await (const { spec, known } of listMatching(this.#options, policy, region)) {
      if (known !== undefined && (newOnly || known.status !== 'UNMONITORED')) continue;
      applied = addApplied(applied, await this.#monitorResourceMetric(policy, spec));
    }
    return applied;
  }

  async #monitorResourceMetric({ model, alertPolicy }: Policy, spec: unknown): Promise<Applied> {
    const { monitor, stats, log } = this.#options;
    try {
      await monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec, model, policy: alertPolicy });
      stats.count('policy_metrics_monitored');
      return { ...NOTHING_APPLIED, monitored: 1 };
    } catch (error) {
      // One that is monitored meanwhile, or gone, is none of the policy's any more.
      if (!(error instanceof ExpectedError)) throw error;
      if (!(error instanceof QuotaExceededError)) {
        log.info({ reason: error.message }, 'a metric that matches a policy was not monitored');
        return NOTHING_APPLIED;
      }
      stats.count('policy_metrics_refused');
      return { ...NOTHING_APPLIED, refused: 1, refusal: error };
    }
  }
}

function addApplied(one: Applied, other: Applied): Applied {
  return {
    monitored: one.monitored + other.monitored,
    refused: one.refused + other.refused,
    refusal: one.refusal ?? other.refusal,
  };
}
