/** The list of resources. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { Prisma } from '../generated/prisma/client.ts';
import { builder } from './builder.ts';
import type { ApiParts } from './context.ts';
import { DatasourceRef } from './enums.ts';
import { parseResourceKey, type ResourceKey, writeResourceKey } from './node-id.ts';
import { readPage, THING_PAGE } from './page.ts';
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
        if (region != null && (datasource ?? 'CLOUDWATCH') === 'CLOUDWATCH') await listOnce(region, context);
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
              orderBy: [{ region: direction }, { type: direction }, { resourceId: direction }],
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

/** The first time somebody asks for a region of AWS its resources are listed; from then on that is done beforehand. */
async function listOnce(region: string, { inventory, awsRegions }: ApiParts): Promise<void> {
  if (Object.hasOwn(awsRegions, region)) await inventory.ensure(region, Infinity);
}

function liesBeyond({ region, type, resourceId }: ResourceKey, side: 'gt' | 'lt'): Prisma.ResourceWhereInput {
  return {
    OR: [
      { region: { [side]: region } },
      { region, type: { [side]: type } },
      { region, type, resourceId: { [side]: resourceId } },
    ],
  };
}
