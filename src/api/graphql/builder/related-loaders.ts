/**
 * What rows refer to by a key, with what the document selects of it, for rows that Prisma did not read together with
 * it: metrics from the registry, incidents of many metrics. One statement for all rows of a list.
 */
import type {
  Autostack,
  Metric,
  NotificationRule,
  Prisma,
  PrismaClient,
  Resource,
} from '../../../generated/prisma/client.ts';
import { createKeyedLoader } from './keyed-loader.ts';

/** Each is null for no key, and for what was deleted meanwhile. @param query as the resolver of a relation is given it */
export interface RelatedLoaders {
  metric(query: { include?: Prisma.MetricInclude }, id: string | null): Promise<Metric | null>;
  resource(query: { include?: Prisma.ResourceInclude }, id: string | null): Promise<Resource | null>;
  autostack(query: { include?: Prisma.AutostackInclude }, id: string | null): Promise<Autostack | null>;
  rule(
    query: { include?: Prisma.NotificationRuleInclude },
    id: string | null,
  ): Promise<NotificationRule | null>;
}

export function createRelatedLoaders(prisma: PrismaClient): RelatedLoaders {
  const metrics = createKeyedLoader(
    async (query: { include?: Prisma.MetricInclude }, ids: readonly string[]) =>
      byId(await prisma.metric.findMany({ ...query, where: { id: { in: [...ids] } } })),
  );
  const resources = createKeyedLoader(
    async (query: { include?: Prisma.ResourceInclude }, ids: readonly string[]) =>
      byId(await prisma.resource.findMany({ ...query, where: { id: { in: [...ids] } } })),
  );
  const autostacks = createKeyedLoader(
    async (query: { include?: Prisma.AutostackInclude }, ids: readonly string[]) =>
      byId(await prisma.autostack.findMany({ ...query, where: { id: { in: [...ids] } } })),
  );
  const rules = createKeyedLoader(
    async (query: { include?: Prisma.NotificationRuleInclude }, ids: readonly string[]) =>
      byId(await prisma.notificationRule.findMany({ ...query, where: { id: { in: [...ids] } } })),
  );
  return {
    metric: async (query, id) => (id === null ? null : metrics(query).load(id)),
    resource: async (query, id) => (id === null ? null : resources(query).load(id)),
    autostack: async (query, id) => (id === null ? null : autostacks(query).load(id)),
    rule: async (query, id) => (id === null ? null : rules(query).load(id)),
  };
}

function byId<Row extends { readonly id: string }>(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}
