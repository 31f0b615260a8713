/** The policies in memory: every name that begins to be pushed is held against those that are switched on. */
import type { PrismaClient } from '../../../generated/prisma/client.ts';
import type { Quota } from '../../inventory/quota.ts';
import type { FirstMonitoring, NewMetric } from '../../metrics/write-pushed-metrics.ts';
import type { Tag } from '../../metrics/tag-filter.ts';
import { matchesPolicy, readPolicy, type Candidate, type Policy } from './policy.ts';

export class PolicyBook {
  readonly #prisma: PrismaClient;
  readonly #quota: Pick<Quota, 'open'>;
  /** In the order they were made. */
  #policies: readonly Policy[] = [];

  constructor({ prisma, quota }: { readonly prisma: PrismaClient; readonly quota: Pick<Quota, 'open'> }) {
    this.#prisma = prisma;
    this.#quota = quota;
  }

  /** Reads them again; to be called after every change. */
  async load(): Promise<void> {
    const rows = await this.#prisma.monitoringPolicy.findMany({ orderBy: { number: 'asc' } });
    this.#policies = rows.map(readPolicy).filter(({ enabled }) => enabled);
  }

  /** Those that are switched on. */
  all(): readonly Policy[] {
    return this.#policies;
  }

  /** Of several that match the oldest counts. */
  find(candidate: Candidate): Policy | undefined {
    return this.#policies.find((policy) => matchesPolicy(policy, candidate));
  }

  /**
   * For one batch of new pushed metrics, in the write lock: how each begins. Null for one no policy means. The quota is
   * asked for the batch as a whole, so that it costs one look at what is monitored.
   */
  chooseForBatch(): (metric: NewMetric, tags: readonly Tag[]) => FirstMonitoring | null {
    if (this.#policies.length === 0) return () => null;
    const places = this.#quota.open();
    return ({ accountId, name, server, resource }, tags) => {
      const resourceId = resource?.resourceId ?? null;
      const seen = { resourceId, state: null, tags, attributes: {} };
      const policy = this.find({ accountId, datasource: 'CUSTOM', name, resource: seen });
      if (policy === undefined) return null;
      const full = places.take(server);
      if (full !== null) return { monitored: null, refusal: explainRefusal(policy, full) };
      const { model, alertPolicy } = policy;
      return { monitored: { model, alertPolicy }, refusal: null };
    };
  }
}

/** Why a metric that a policy means is not monitored, for `Metric.message`. */
export function explainRefusal({ name }: Pick<Policy, 'name'>, { message }: Error): string {
  return `the monitoring policy ${JSON.stringify(name)} matches, but ${message}`;
}
