/** What the sources can watch. */
import type { Datasource } from '../../../model.ts';
import type { SupportedMetric, SupportedResourceType } from '../../../core/sources/source.ts';
import { builder } from '../builder/builder.ts';
import { DatasourceRef } from '../builder/enums.ts';

export const SupportedMetricRef = builder.objectRef<SupportedMetric>('SupportedMetric').implement({
  description: 'A metric a source can watch.',
  fields: (t) => ({
    namespace: t.exposeString('namespace', { description: 'Such as AWS/EC2, or Host.' }),
    metric: t.exposeString('metric', { description: 'Its name within the namespace.' }),
    unit: t.exposeString('unit', { nullable: true, description: 'What its values are counted in.' }),
    statistic: t.exposeString('statistic', { description: 'What is read of it: Average, Sum, …' }),
    periodSeconds: t.exposeInt('periodSeconds', { description: 'Time between two samples.' }),
    dimensions: t.exposeStringList('dimensions', {
      description: 'Names of the dimensions that choose one series of it.',
    }),
    defaultMin: t.exposeFloat('defaultMin', {
      nullable: true,
      description: 'Lowest value to expect; null when it is learned from the first samples.',
    }),
    defaultMax: t.exposeFloat('defaultMax', {
      nullable: true,
      description: 'Highest value to expect; null when it is learned from the first samples.',
    }),
    isDefault: t.exposeBoolean('isDefault', { description: 'Whether `monitorResource` takes it.' }),
  }),
});

export const ResourceTypeRef = builder
  .objectRef<SupportedResourceType & { readonly datasource: Datasource }>('ResourceType')
  .implement({
    description: 'A kind of resource a source can watch.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Such as AWS::EC2::Instance, or Host.' }),
      datasource: t.expose('datasource', { type: DatasourceRef, description: 'The source.' }),
      namespace: t.exposeString('namespace', { description: 'Namespace of its metrics.' }),
      aggregatable: t.exposeBoolean('aggregatable', { description: 'Whether autostacks can be made of it.' }),
      metrics: t.expose('metrics', {
        type: [SupportedMetricRef],
        description: 'What can be monitored of it.',
      }),
    }),
  });

builder.queryField('resourceTypes', (t) =>
  t.field({
    type: [ResourceTypeRef],
    description: 'Every kind of resource this server can monitor.',
    args: { datasource: t.arg({ type: DatasourceRef, description: 'Only those of this source.' }) },
    resolve: (_root, { datasource }, { sources }) =>
      [...sources.values()]
        .filter((source) => datasource == null || source.datasource === datasource)
        .flatMap((source) => source.catalogue().map((type) => ({ ...type, datasource: source.datasource }))),
  }),
);
