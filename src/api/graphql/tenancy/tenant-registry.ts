/** The registry as one account sees it. */
import type { MetricEntry, MetricLookup } from '../../../core/metrics/registry.ts';

export function tenantRegistry(registry: MetricLookup, accountId: number): MetricLookup {
  const see = (entry: MetricEntry | undefined) => (entry?.accountId === accountId ? entry : undefined);
  const all = () => [...registry.all()].filter((entry) => entry.accountId === accountId);
  return {
    byId: (id) => see(registry.byId(id)),
    byNumber: (number) => see(registry.byNumber(number)),
    byIdentity: (datasource, identity) => registry.byIdentity(datasource, identity, accountId),
    byPushedName: (name) => registry.byPushedName(name, accountId),
    all,
    get size() {
      return all().length;
    },
  };
}
