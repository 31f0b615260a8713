/** The type Metric. Its samples are in metric-samples.ts, the lists of metrics in metrics.ts. */
import { describeDoubt } from '../../../core/inventory/confirm-resource.ts';
import type { Metric, Resource } from '../../../generated/prisma/client.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';
import { CHANGE_CURSOR } from '../builder/changes.ts';
import { DatasourceRef, MetricStatusRef, ValueKindRef } from '../builder/enums.ts';
import { joinTags, readTags } from '../../../core/metrics/stored-tags.ts';
import { TagRef } from '../inventory/tag.ts';
import { countMissingRows, readModelParams } from '../../../core/metrics/model-params.ts';
import { LearningRef } from './learning.ts';
import { ModelParametersRef } from './model-parameters.ts';
import { AlertPolicyRef, CollectorErrorRef, readCollectorError } from './metric-parts.ts';
import { findEntry } from './registry-metric.ts';

/** What is known of the resource of a metric that may not exist. */
const RESOURCE_STATE = {
  resource: { select: { region: true, type: true, resourceId: true, state: true } },
} as const;

export const MetricRef = builder.prismaNode('Metric', {
  description: 'A time series, monitored or merely known.',
  nullable: true,
  id: { field: 'id' },
  fields: (t) => ({
    datasource: t.expose('datasource', { type: DatasourceRef, description: 'Where its points come from.' }),
    name: t.exposeString('name', {
      description: 'Such as AWS/EC2/CPUUtilization, or the name it was pushed under.',
    }),
    displayName: t.string({
      description:
        'What to call its resource: the friendly name, as `updateMetric(displayName)` writes it; the server where there is none.',
      resolve: ({ tagName, server }) => tagName ?? server,
    }),
    friendlyName: t.exposeString('tagName', {
      nullable: true,
      description: 'Friendly name of its resource; null where there is none.',
    }),
    description: t.exposeString('description', { nullable: true, description: 'What it measures.' }),
    unit: t.exposeString('unit', {
      nullable: true,
      description: 'What its values are counted in. Never computed with.',
    }),
    server: t.exposeString('server', {
      description:
        'Canonical name of its resource: region/namespace/id; of a pushed metric what its resource is called, or its own name without one.',
    }),
    tags: t.field({
      type: [TagRef],
      select: { tags: true, resource: { select: { tags: true } } },
      description:
        'Its labels: the tags of a pushed or InfluxDB series, those a selector of Prometheus asks for, the dimensions of a CloudWatch metric; and those of its resource under other keys.',
      resolve: ({ tags, resource }) => [...joinTags(readTags(tags), readTags(resource?.tags))],
    }),
    location: t.exposeString('location', { description: 'Region; empty for pushed metrics.' }),
    resource: t.relation('resource', {
      nullable: true,
      description: 'The thing it belongs to, where that is known.',
      resolve: (query, { resourceId }, _args, { loaders }) => loaders.related.resource(query, resourceId),
    }),
    valueKind: t.field({
      type: ValueKindRef,
      nullable: true,
      description:
        'What its values were said to be, and so what of them is scored; null where nobody said: the detector then finds out by its samples.',
      resolve: (metric, _args, { registry }) => findEntry(metric, registry)?.modelParams.valueKind ?? null,
    }),
    spec: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'What it is monitored by, as `exportModels` gives it and `importModels` takes it, without samples and labels; null when unmonitored.',
      resolve: (metric, _args, { transfer }) => transfer.writeModel(metric),
    }),
    model: t.field({
      type: ModelParametersRef,
      nullable: true,
      select: { status: true, modelParams: true },
      description: 'What its model knows beforehand; null when unmonitored.',
      resolve: ({ status, modelParams }) => (status === 'UNMONITORED' ? null : readModelParams(modelParams)),
    }),
    policy: t.field({
      type: AlertPolicyRef,
      description: 'Which of its deviations matter.',
      resolve: (policy) => policy,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it became known.' }),
    changeCursor: t.string(CHANGE_CURSOR),
  }),
});

/** Where it is: what may change with every sample. */
builder.prismaObjectFields(MetricRef, (t) => ({
  status: t.expose('status', { type: MetricStatusRef, description: 'Where it is in its life.' }),
  statusReason: t.string({
    nullable: true,
    select: RESOURCE_STATE,
    description:
      'Why its status is ERROR, or what is amiss beside: the server fails to store its points, or nobody knows whether there is such a resource.',
    resolve: (metric, _args, context) => explainStatus(metric, context),
  }),
  message: t.string({
    nullable: true,
    select: RESOURCE_STATE,
    description: 'As `statusReason`.',
    deprecationReason: 'Use `statusReason`.',
    resolve: (metric, _args, context) => explainStatus(metric, context),
  }),
  collectorError: t.field({
    type: CollectorErrorRef,
    nullable: true,
    description: 'Why its source cannot be read just now; null while it can.',
    resolve: ({ collectorError }) => readCollectorError(collectorError),
  }),
  learning: t.field({
    type: LearningRef,
    description: 'Rows its model has seen and needs; scores before that are provisional.',
    resolve: (metric, _args, { facts, registry }) => {
      const entry = findEntry(metric, registry);
      return {
        rows: entry?.scoredRows ?? 0,
        neededAt: facts.learningRows,
        metricNumber: metric.number,
        missingAt: (stepMs) => (entry === undefined ? 0 : countMissingRows(entry, stepMs)),
      };
    },
  }),
  periodSeconds: t.exposeInt('periodSeconds', { description: 'Time between two samples.' }),
  lastTimestamp: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'Time of its newest stored sample.',
    resolve: (metric, _args, { registry }) => {
      const lastMs = findEntry(metric, registry)?.lastTimestampMs ?? null;
      return lastMs === null ? null : new Date(lastMs);
    },
  }),
  lastRowId: t.int({
    description: 'Row id of the sample that arrived last: how many it has had.',
    resolve: (metric, _args, { registry }) => findEntry(metric, registry)?.lastRowId ?? 0,
  }),
}));

function explainStatus(
  metric: Pick<Metric, 'id' | 'message' | 'datasource' | 'status'> & {
    readonly resource: Pick<Resource, 'region' | 'type' | 'resourceId' | 'state'> | null;
  },
  { inventory, registry }: Context,
): string | null {
  const { message, datasource, status, resource } = metric;
  if (message !== null || status === 'UNMONITORED') return message;
  if (datasource !== 'CLOUDWATCH' || resource === null) return null;
  const hasValues = (findEntry(metric, registry)?.lastRowId ?? 0) > 0;
  return describeDoubt(resource, inventory.ageOf(resource.region), hasValues);
}
