/** The registry as one account sees it. */
import type { MetricEntry, Registry } from '../../../core/metrics/registry.ts';

export function tenantRegistry(registry: Registry, accountId: number): Registry {
  const see = (entry: MetricEntry | undefined) => (entry?.accountId === accountId ? entry : undefined);
  const all = () => [...registry.all()].filter((entry) => entry.accountId === accountId);
  return {
    ...registry,
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
