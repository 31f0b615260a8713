/** The list of resources. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { Prisma } from '../../../generated/prisma/client.ts';
import { builder } from '../builder/builder.ts';
import { DatasourceRef } from '../builder/enums.ts';
import { listOnce } from './known-region.ts';
import { parseResourceKey, type ResourceKey, writeResourceKey } from '../builder/node-id.ts';
import { readPage, THING_PAGE } from '../builder/page.ts';
import { ResourceRef } from './resource.ts';

builder.queryField('resources', (t) =>
  t.connection(
    {
      type: ResourceRef,
      description: `Every known resource, by region, type and id. Pages of ${THING_PAGE.most} at most.`,
      args: {
        datasource: t.arg({ type: DatasourceRef, description: 'Only those of this source.' }),
        region: t.arg.string({ description: 'Only those there.' }),
        type: t.arg.string({ description: 'Only those of this type.' }),
        monitored: t.arg.boolean({ description: 'Only those with, or without, a monitored metric.' }),
      },
      resolve: async (_root, { datasource, region, type, monitored, ...args }, context, info) => {
        if (region != null && (datasource ?? 'CLOUDWATCH') === 'CLOUDWATCH') {
          await listOnce(region, context, async () => {
            const where = { region, ...(datasource == null ? {} : { datasource }) };
            return (await context.prisma.resource.findFirst({ where, select: { id: true } })) !== null;
          });
        }
        const isMonitored: Prisma.MetricWhereInput = { status: { not: 'UNMONITORED' } };
        const filter: Prisma.ResourceWhereInput = {
          ...(datasource == null ? {} : { datasource }),
          ...(region == null ? {} : { region }),
          ...(type == null ? {} : { type }),
          ...(monitored == null
            ? {}
            : { metrics: monitored ? { some: isMonitored } : { none: isMonitored } }),
        };
        return readPage({
          args,
          size: THING_PAGE,
          parseCursor: parseResourceKey,
          writeCursor: writeResourceKey,
          read: ({ after, before, limit, fromEnd }) => {
            const direction = fromEnd ? 'desc' : 'asc';
            return context.prisma.resource.findMany({
              ...queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']], include: {} }),
              where: {
                AND: [
                  filter,
                  after === null ? {} : liesBeyond(after, 'gt'),
                  before === null ? {} : liesBeyond(before, 'lt'),
                ],
              },
              orderBy: [
                { region: direction },
                { type: direction },
                { resourceId: direction },
                { accountId: direction },
              ],
              take: limit,
            });
          },
        });
      },
    },
    { name: 'ResourceConnection', description: 'One page of resources.' },
    { name: 'ResourceEdge', description: 'A resource and its place in the list.' },
  ),
);

function liesBeyond(
  { accountId, region, type, resourceId }: ResourceKey,
  side: 'gt' | 'lt',
): Prisma.ResourceWhereInput {
  return {
    OR: [
      { region: { [side]: region } },
      { region, type: { [side]: type } },
      { region, type, resourceId: { [side]: resourceId } },
      { region, type, resourceId, accountId: { [side]: accountId } },
    ],
  };
}
