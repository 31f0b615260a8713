/** The list of resources. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import { countResources, ORDER_PARTS, readResources } from '../../../core/inventory/read-resources.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';
import { DatasourceRef } from '../builder/enums.ts';
import { readOneOf } from '../builder/filter-input.ts';
import { THING_PAGE } from '../builder/page.ts';
import {
  type ResourceFilter,
  ResourceFilterRef,
  ResourceOrderRef,
  toResourceSelection,
} from './inventory-filter.ts';
import { readKeysetPage } from './keyset-page.ts';
import { listOnce } from './known-region.ts';
import { ResourceConnectionRef, ResourceRef } from './resource.ts';

const DEFAULT_ORDER = 'REGION';

builder.queryField('resources', (t) =>
  t.connection(
    {
      type: ResourceRef,
      nullable: true,
      description: `Every known resource. Pages of ${THING_PAGE.most} at most.`,
      args: {
        filter: t.arg({ type: ResourceFilterRef, description: 'Which of them; all when left out.' }),
        orderBy: t.arg({
          type: ResourceOrderRef,
          defaultValue: DEFAULT_ORDER,
          description: 'In which order.',
        }),
        datasource: t.arg({
          type: DatasourceRef,
          description: 'Only those of this source.',
          deprecationReason: 'Use `filter.sources`.',
        }),
        region: t.arg.string({
          description: 'Only those there.',
          deprecationReason: 'Use `filter.regions`.',
        }),
        type: t.arg.string({
          description: 'Only those of this type.',
          deprecationReason: 'Use `filter.types`.',
        }),
        monitored: t.arg.boolean({
          description: 'Only those with, or without, a monitored metric.',
          deprecationReason: 'Use `filter.monitored`.',
        }),
      },
      resolve: async (
        _root,
        { filter: given, orderBy, datasource, region, type, monitored, ...args },
        context,
        info,
      ) => {
        const order = orderBy ?? DEFAULT_ORDER;
        const filter: ResourceFilter = {
          ...given,
          sources: readOneOf(given?.sources, ['filter', 'sources'], datasource)?.slice(),
          regions: readOneOf(given?.regions, ['filter', 'regions'], region)?.slice(),
          types: readOneOf(given?.types, ['filter', 'types'], type)?.slice(),
          monitored: given?.monitored ?? monitored,
        };
        const selection = toResourceSelection(filter, context.caller);
        await listRegions(selection, context);
        return readKeysetPage({
          args,
          order,
          parts: ORDER_PARTS.resource[order],
          readPlaces: (page) => readResources(context.pool, { ...page, selection, order }),
          findMany: (ids) =>
            context.prisma.resource.findMany({
              ...queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']], include: {} }),
              where: { id: { in: [...ids] } },
            }),
          countAll: () => countResources(context.pool, selection),
        });
      },
    },
    ResourceConnectionRef,
  ),
);

/** Regions of AWS that are asked for by name are listed first. @throws InvalidInputError, SourceUnavailableError */
async function listRegions(
  { regions, sources }: ReturnType<typeof toResourceSelection>,
  context: Context,
): Promise<void> {
  if (regions === null || (sources !== null && !sources.includes('CLOUDWATCH'))) return;
  const isElsewhere = async (region: string) => {
    const where = { region, ...(sources === null ? {} : { datasource: { in: [...sources] } }) };
    return (await context.prisma.resource.findFirst({ where, select: { id: true } })) !== null;
  };
  await Promise.all(
    [...new Set(regions)].map((region) => listOnce(region, context, () => isElsewhere(region))),
  );
}
