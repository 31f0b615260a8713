/** Mutations that start monitoring: one metric, or the default metrics of a resource. */
import type { MonitorActions } from '../../../core/monitoring/monitor.ts';
import {
  AlreadyMonitoredError,
  InvalidInputError,
  NotFoundError,
  NotSupportedError,
  QuotaExceededError,
  SourceUnavailableError,
} from '../../../errors.ts';
import type { Source } from '../../../core/sources/source.ts';
import { builder } from '../builder/builder.ts';
import { resultUnion } from '../builder/field-options.ts';
import type { ApiParts } from '../builder/context.ts';
import {
  AlertPolicyInputRef,
  MetricSpecInputRef,
  ModelParamsInputRef,
  nameSource,
  readModelParams,
  readPolicy,
  readSpec,
} from './metric-input.ts';
import { MetricRef } from './metric.ts';
import { readResourceId, type ResourceKey } from '../builder/node-id.ts';
import { ResourceRef } from '../inventory/resource.ts';
import { checkShortText } from './short-text.ts';

export const MonitorMetricInputRef = builder.inputType('MonitorMetricInput', {
  description: 'What to monitor and how.',
  fields: (t) => ({
    spec: t.field({ type: MetricSpecInputRef, required: true, description: 'Which metric.' }),
    model: t.field({ type: ModelParamsInputRef, description: 'What is known of its values.' }),
    unit: t.string({
      description: 'What its values are counted in; the one the source knows when left out.',
    }),
    policy: t.field({ type: AlertPolicyInputRef, description: 'Which deviations matter.' }),
  }),
});

const MonitorResourceInputRef = builder.inputType('MonitorResourceInput', {
  description: 'A resource to monitor.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'As read from `Resource.id`.' }),
    metrics: t.stringList({
      description: 'Names of its `supportedMetrics`; the default ones when left out.',
    }),
  }),
});

builder.mutationField('monitorMetric', (t) =>
  t.prismaField({
    type: MetricRef,
    description:
      'Starts to monitor a metric. One that is pushed may already have samples: they are scored first, in their order.',
    errors: resultUnion(
      [AlreadyMonitoredError, NotSupportedError, NotFoundError, QuotaExceededError, SourceUnavailableError],
      'The metric, or why it is not monitored.',
    ),
    args: { input: t.arg({ type: MonitorMetricInputRef, required: true, description: 'What to monitor.' }) },
    resolve: async (query, _root, { input }, { monitor, prisma }) => {
      const id = await monitorInput(monitor, input, ['input']);
      return prisma.metric.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);

builder.mutationField('monitorResource', (t) =>
  t.prismaField({
    type: ResourceRef,
    description:
      'Starts to monitor metrics of a resource. Those that are monitored already stay as they are, so it may be repeated.',
    errors: resultUnion(
      [NotFoundError, NotSupportedError, QuotaExceededError, SourceUnavailableError],
      'The resource, or why it is not monitored.',
    ),
    args: { input: t.arg({ type: MonitorResourceInputRef, required: true, description: 'Which resource.' }) },
    resolve: async (query, _root, { input }, context) => {
      const { datasource, ...unique } = readResourceId(input.id, ['input', 'id']);
      const where = { identity: unique, datasource };
      const resource = await context.prisma.resource.findUnique({ ...query, where });
      if (resource === null) throw new NotFoundError(`input.id: no resource has the id ${input.id}`);
      await monitorEach({ datasource, ...unique }, input.metrics ?? null, context);
      return context.prisma.resource.findUniqueOrThrow({ ...query, where });
    },
  }),
);

/**
 * @param at where the input stands; sources and core name fields of what they were given
 * @returns the metric's id; throws what `Monitor.monitorMetric` does
 */
export async function monitorInput(
  monitor: MonitorActions,
  input: typeof MonitorMetricInputRef.$inferInput,
  at: readonly string[],
): Promise<string> {
  try {
    return await monitor.monitorMetric({
      ...readSpec(input.spec, ['input', 'spec']),
      ...(input.model == null ? {} : { model: readModelParams(input.model) }),
      ...(input.unit == null ? {} : { unit: checkShortText(input.unit, 'unit') }),
      ...(input.policy == null ? {} : { policy: readPolicy(input.policy) }),
    });
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const [first, ...within] = error.inputPath;
    const path = first === 'input' ? within : ['spec', ...nameSource(input.spec), ...error.inputPath];
    throw new InvalidInputError(error.message, [...at, ...path]);
  }
}

async function monitorEach(
  key: ResourceKey,
  wanted: readonly string[] | null,
  { sources, monitor }: ApiParts,
): Promise<void> {
  for (const spec of listSpecs(key, wanted, sources)) {
    try {
      await monitor.monitorMetric({ datasource: key.datasource, spec });
    } catch (error) {
      // What was to be reached is so already.
      if (!(error instanceof AlreadyMonitoredError)) throw error;
    }
  }
}

/**
 * @param wanted names of metrics; null for the default ones
 * @throws NotSupportedError when this server cannot read the resource, or one of the metrics that are wanted of it
 */
function listSpecs(
  key: ResourceKey,
  wanted: readonly string[] | null,
  sources: ApiParts['sources'],
): readonly unknown[] {
  const source = sources.get(key.datasource);
  const rows = source?.catalogue().find(({ name }) => name === key.type)?.metrics ?? [];
  const names = wanted ?? rows.filter(({ isDefault }) => isDefault).map(({ metric }) => metric);
  const isHost = source !== undefined && key.datasource === 'HOST';
  // The host's specs are made of a metric's name alone, and they mean the host this server runs on.
  const specs = isHost
    ? names.filter((name) => rows.some(({ metric }) => metric === name)).map((metric) => ({ metric }))
    : (source?.resourceSpecs?.(key, wanted) ?? []);
  const missing = wanted?.find((name) => !specs.some(({ metric }) => metric === name));
  if (missing !== undefined) {
    throw new NotSupportedError(
      `input.metrics: a ${key.type} has no metric ${missing} this server can monitor`,
    );
  }
  const [first] = specs;
  if (source === undefined || first === undefined) {
    throw new NotSupportedError(`input.id: a ${key.type} has no default metrics this server can monitor`);
  }
  if (isHost) refuseOtherHost(source, first, key);
  return specs;
}

function refuseOtherHost(source: Source, spec: unknown, { resourceId }: ResourceKey): void {
  const here = source.describe(spec).resource?.resourceId;
  if (here === resourceId) return;
  throw new NotSupportedError(`input.id: ${resourceId} is another machine than ${here ?? 'this'}`);
}
