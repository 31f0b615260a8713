/**
 * What rows refer to by a key, with what the document selects of it, for rows that Prisma did not read together with
 * it: metrics from the registry, incidents of many metrics. One statement for all rows of a list.
 */
import type { Prisma, PrismaClient } from '../../../generated/prisma/client.ts';
import { createKeyedLoader } from './keyed-loader.ts';

export type RelatedLoaders = ReturnType<typeof createRelatedLoaders>;

export function createRelatedLoaders(prisma: PrismaClient) {
  return {
    metric: loadById((question: Question<Prisma.MetricInclude>) => prisma.metric.findMany(question)),
    resource: loadById((question: Question<Prisma.ResourceInclude>) => prisma.resource.findMany(question)),
    autostack: loadById((question: Question<Prisma.AutostackInclude>) => prisma.autostack.findMany(question)),
    rule: loadById((question: Question<Prisma.NotificationRuleInclude>) =>
      prisma.notificationRule.findMany(question),
    ),
  };
}

interface Question<Include> {
  include?: Include;
  where: { id: { in: string[] } };
}

/** @returns what gives null for no key, and for what was deleted meanwhile */
function loadById<Include, Row extends { readonly id: string }>(
  read: (question: Question<Include>) => PromiseLike<readonly Row[]>,
) {
  const loaders = createKeyedLoader(async (query: { include?: Include }, ids: readonly string[]) => {
    const rows = await read({ ...query, where: { id: { in: [...ids] } } });
    return new Map(rows.map((row) => [row.id, row]));
  });
  /** @param query as the resolver of a relation is given it */
  return async (query: { include?: Include }, id: string | null): Promise<Row | null> =>
    id === null ? null : loaders(query).load(id);
}
