/** GroupAnomaly: one score for the metrics of a resource or of an autostack together. */
import { type GroupAnomaly, type GroupMember, scoreNow } from '../../../core/metric-lists/group-anomaly.ts';
import { AutostackRef } from '../inventory/autostack.ts';
import { builder } from '../builder/builder.ts';
import { timeOf, classOfScore } from '../builder/field-options.ts';
import type { Context } from '../builder/context.ts';
import { MetricRef } from '../metrics/metric.ts';
import { ResourceRef } from '../inventory/resource.ts';

const GroupAnomalyRef = builder.objectRef<GroupAnomaly>('GroupAnomaly').implement({
  description:
    'How anomalous the newest samples of several metrics are together. Red is as rare as for one metric, however many there are and however they move together.',
  fields: (t) => ({
    anomalyScore: t.exposeFloat('score', {
      description: "Likelihood that they are anomalous, in [0, 1], read like a metric's.",
    }),
    anomalyClass: t.field(classOfScore('The score as a colour.')),
    at: t.field(timeOf('atMs', 'Time of the newest sample in it.')),
    strongest: t.prismaField({
      type: MetricRef,
      nullable: true,
      description: 'The metric that carries most of it; null when it was deleted a moment ago.',
      resolve: (query, { strongestNumber }, _args, { loaders, registry }) =>
        loaders.related.metric(query, registry.byNumber(strongestNumber)?.id ?? null),
    }),
    metricCount: t.exposeInt('memberCount', {
      description: 'How many metrics are in it: those that have learned and are not two samples late.',
    }),
    anomalousCount: t.exposeInt('anomalousCount', {
      description: 'How many of its metrics are red now.',
    }),
  }),
});

async function loadAnomaly(
  metrics: readonly { readonly number: number; readonly periodSeconds: number }[],
  { loaders }: Context,
): Promise<GroupAnomaly | null> {
  const members = await Promise.all(
    metrics.map(async ({ number, periodSeconds }): Promise<GroupMember | null> => {
      const sample = await loaders.latest.load(number);
      return sample === null ? null : { sample, periodSeconds };
    }),
  );
  return scoreNow(members.filter((member) => member !== null));
}

const ANOMALY = {
  type: GroupAnomalyRef,
  nullable: true,
  select: { metrics: { select: { number: true, periodSeconds: true } } },
  description: 'How anomalous its metrics are now, together; null while none can say.',
  resolve: ({ metrics }: { metrics: Parameters<typeof loadAnomaly>[0] }, _args: object, context: Context) =>
    loadAnomaly(metrics, context),
} as const;
builder.prismaObjectFields(ResourceRef, (t) => ({ anomaly: t.field(ANOMALY) }));
builder.prismaObjectFields(AutostackRef, (t) => ({ anomaly: t.field(ANOMALY) }));
