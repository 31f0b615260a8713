/** The inputs that say what to watch and how. */
import { z } from 'zod';
import type { AlertPolicy } from '../core/monitor.ts';
import type { Datasource, ModelParams } from '../model.ts';
import { builder } from './builder.ts';
import { DirectionRef } from './enums.ts';

const CustomMetricSpecRef = builder.inputType('CustomMetricSpec', {
  description: 'A metric whose points are pushed.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'The name its points are pushed under. It need not be known yet.',
    }),
    resource: t.string({
      description: 'The thing it belongs to, as `Metric.server`; the name when left out.',
    }),
    userInfo: t.field({
      type: 'JSON',
      description: 'An object that is kept with the metric and given back.',
    }),
  }),
});

const HostMetricSpecRef = builder.inputType('HostMetricSpec', {
  description: 'A metric of the machine this server runs on.',
  fields: (t) => ({
    metric: t.string({ required: true, description: 'A name of `resourceTypes(datasource: HOST)`.' }),
  }),
});

export const MetricSpecInputRef = builder.inputType('MetricSpecInput', {
  description: 'Which metric: exactly one of these.',
  isOneOf: true,
  fields: (t) => ({
    custom: t.field({ type: CustomMetricSpecRef, description: 'A pushed metric.' }),
    host: t.field({ type: HostMetricSpecRef, description: 'A metric of the host.' }),
  }),
});

export const ModelParamsInputRef = builder.inputType('ModelParamsInput', {
  description:
    "What is known of the values beforehand. Without min and max the source's own bounds are taken, or they are learned from the first samples.",
  fields: (t) => ({
    min: t.float({ description: 'Lowest value to expect; together with max or not at all.' }),
    max: t.float({ description: 'Highest value to expect; together with min or not at all.' }),
    minResolution: t.float({ description: 'Differences smaller than this do not matter; above 0.' }),
  }),
});

const notNegative = z
  .number()
  .min(0, { error: ({ input }) => `expected 0 or more, got ${String(input)}` })
  .nullish();

export const AlertPolicyInputRef = builder.inputType('AlertPolicyInput', {
  description: 'Which deviations matter; what is left out stays as it is.',
  fields: (t) => ({
    direction: t.field({ type: DirectionRef, description: 'Which side matters.' }),
    minDeviation: t.float({
      validate: notNegative,
      description:
        "Smallest deviation from the expected value that matters, in the metric's unit; 0 or more.",
    }),
    minDeviationRatio: t.float({
      validate: notNegative,
      description: 'Smallest deviation that matters, as a share of the expected value; 0 or more.',
    }),
  }),
});

/** The one member that is given: its source, and the spec as the source wants it. GraphQL saw to it that there is one. */
export function readSpec({ custom, host }: typeof MetricSpecInputRef.$inferInput): {
  datasource: Datasource;
  spec: unknown;
} {
  if (custom != null) return { datasource: 'CUSTOM', spec: withoutNulls(custom) };
  return { datasource: 'HOST', spec: withoutNulls(host) };
}

export function readModelParams(input: typeof ModelParamsInputRef.$inferInput): ModelParams {
  return withoutNulls(input);
}

export function readPolicy(input: typeof AlertPolicyInputRef.$inferInput): Partial<AlertPolicy> {
  return withoutNulls(input);
}

/** GraphQL's null and absent mean the same to core, which knows only absent. */
function withoutNulls<T extends object>(input: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const given = Object.entries(input).filter(([, value]) => value != null);
  // The entries are those of `input`, less its nulls.
  return Object.fromEntries(given) as { [Key in keyof T]?: NonNullable<T[Key]> };
}
