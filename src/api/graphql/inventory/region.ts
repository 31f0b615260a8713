/** The regions of AWS, and how old what is known of their resources is. */
import { builder } from '../builder/builder.ts';
import { listOnce } from './known-region.ts';
import { ResourceRef } from './resource.ts';
import { suggestResources } from '../../../core/inventory/suggest.ts';

const RegionRef = builder
  .objectRef<{ readonly name: string; readonly description: string }>('Region')
  .implement({
    description: 'A region of AWS.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Such as us-west-2.' }),
      description: t.exposeString('description', { description: 'Such as US West (Oregon).' }),
      resourcesListedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When its resources were last listed; null while they never were.',
        resolve: ({ name }, _args, { inventory }) => {
          const { refreshedMs } = inventory.ageOf(name);
          return refreshedMs === null ? null : new Date(refreshedMs);
        },
      }),
      problem: t.string({
        nullable: true,
        description: 'What could not be listed then, and why.',
        resolve: ({ name }, _args, { inventory }) => inventory.ageOf(name).problem,
      }),
    }),
  });

builder.prismaObjectFields(ResourceRef, (t) => ({
  awsRegion: t.field({
    type: RegionRef,
    nullable: true,
    description: 'The region of AWS it is in; null for resources of other sources.',
    resolve: ({ datasource, region: name }, _args, { awsRegions }) => {
      const description = datasource === 'CLOUDWATCH' ? awsRegions[name] : undefined;
      return description === undefined ? null : { name, description };
    },
  }),
}));

builder.queryField('regions', (t) =>
  t.field({
    type: [RegionRef],
    description:
      'The regions AWS has. Their resources are listed once one of them is monitored, or asked for.',
    resolve: (_root, _args, { awsRegions }) =>
      Object.entries(awsRegions).map(([name, description]) => ({ name, description })),
  }),
);

builder.queryField('suggestedResources', (t) =>
  t.field({
    type: [ResourceRef],
    nullable: true,
    description:
      'What may be worth monitoring: known resources that work and have no monitored metric, large and old ones first, kinds in turn; 28 at most.',
    args: { region: t.arg.string({ description: 'Only those there.' }) },
    resolve: async (_root, { region }, context) => {
      if (region != null) await listOnce(region, context, () => Promise.resolve(false));
      return [...(await suggestResources(context.prisma, region ?? null))];
    },
  }),
);
