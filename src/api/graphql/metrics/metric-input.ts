/** The inputs that say what to monitor and how. */
import type { AlertPolicy } from '../../../core/metrics/alert-policy.ts';
import type { ModelChange } from '../../../core/monitoring/metric-change.ts';
import type { Datasource, ModelParams } from '../../../model.ts';
import { builder } from '../builder/builder.ts';
import { withoutNulls } from '../builder/field-options.ts';
import { DimensionInputRef } from '../builder/dimension-input.ts';
import { DirectionRef, ValueKindRef } from '../builder/enums.ts';
import { InfluxdbMetricSpecRef, readInfluxdbSpec } from './influxdb-input.ts';
import { PrometheusMetricSpecRef } from './prometheus-input.ts';
import { readIdOf } from '../builder/node-id.ts';

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

const CloudwatchMetricSpecRef = builder.inputType('CloudwatchMetricSpec', {
  description: 'A metric of CloudWatch. One that is not among `resourceTypes` may be monitored too.',
  fields: (t) => ({
    region: t.string({ required: true, description: 'A name of `regions`.' }),
    namespace: t.string({ required: true, description: 'Such as AWS/EC2, or one of your own.' }),
    metric: t.string({ required: true, description: 'Its name within the namespace.' }),
    dimensions: t.field({
      type: [DimensionInputRef],
      required: true,
      description: 'What chooses one series of it, in any order; at most 30.',
    }),
    statistic: t.string({
      description: "Average, Sum, p99, TM(10%:90%), …; the catalogue's, or Average, when left out.",
    }),
    periodSeconds: t.int({ description: '1, 5, 10, 20, 30 or a multiple of 60; 300 when left out.' }),
    unlisted: t.boolean({
      defaultValue: false,
      description:
        'Whether to take names CloudWatch does not list yet, as of a metric that has a value only after an error.',
    }),
  }),
});

const CloudwatchMathMetricRef = builder.inputType('CloudwatchMathMetric', {
  description: 'A metric of CloudWatch that an expression uses.',
  fields: (t) => ({
    id: t.string({
      required: true,
      description: 'What the expression calls it: a lowercase letter, then letters, digits and underscores.',
    }),
    namespace: t.string({ required: true, description: 'Such as AWS/EC2, or one of your own.' }),
    metric: t.string({ required: true, description: 'Its name within the namespace.' }),
    dimensions: t.field({
      type: [DimensionInputRef],
      defaultValue: [],
      description: 'What chooses one series of it, in any order; at most 30.',
    }),
    statistic: t.string({
      description: "Average, Sum, p99, TM(10%:90%), …; the catalogue's, or Average, when left out.",
    }),
  }),
});

const CloudwatchMathSpecRef = builder.inputType('CloudwatchMathSpec', {
  description: 'An expression of metric math, evaluated by CloudWatch.',
  fields: (t) => ({
    region: t.string({ required: true, description: 'A name of `regions`.' }),
    expression: t.string({
      required: true,
      description:
        'The expression, such as 100*errors/requests; it gives one series. At most 2,048 characters.',
    }),
    metrics: t.field({
      type: [CloudwatchMathMetricRef],
      defaultValue: [],
      description: 'What it uses by their ids; at most 100.',
    }),
    periodSeconds: t.int({
      description:
        'Of the metrics and of the result: 1, 5, 10, 20, 30 or a multiple of 60; 300 when left out.',
    }),
    name: t.string({ description: 'The name of the metric; the expression when left out.' }),
    resource: t.string({ description: 'The thing it belongs to; the name when left out.' }),
    unlisted: t.boolean({
      defaultValue: false,
      description: 'Take it though CloudWatch refuses it now, or it gives several series.',
    }),
  }),
});

const AutostackMetricSpecRef = builder.inputType('AutostackMetricSpec', {
  description: 'A metric of an autostack.',
  fields: (t) => ({
    autostackId: t.id({ required: true, description: 'As read from `Autostack.id`.' }),
    namespace: t.string({ required: true, description: 'Such as AWS/EC2, or Autostacks.' }),
    metric: t.string({ required: true, description: 'Such as CPUUtilization, or InstanceCount.' }),
  }),
});

export const MetricSpecInputRef = builder.inputType('MetricSpecInput', {
  description: 'Which metric: exactly one of these.',
  isOneOf: true,
  fields: (t) => ({
    cloudwatch: t.field({ type: CloudwatchMetricSpecRef, description: 'A metric of CloudWatch.' }),
    cloudwatchMath: t.field({ type: CloudwatchMathSpecRef, description: 'Metric math of CloudWatch.' }),
    autostack: t.field({ type: AutostackMetricSpecRef, description: 'A metric of a group of resources.' }),
    custom: t.field({ type: CustomMetricSpecRef, description: 'A pushed metric.' }),
    host: t.field({ type: HostMetricSpecRef, description: 'A metric of the host.' }),
    influxdb: t.field({ type: InfluxdbMetricSpecRef, description: 'A series of InfluxDB.' }),
    prometheus: t.field({ type: PrometheusMetricSpecRef, description: 'An expression of PromQL.' }),
  }),
});

const TimeSpanInputRef = builder.inputType('TimeSpanInput', {
  description: 'A span of time.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', required: true, description: 'Its first moment.' }),
    to: t.field({ type: 'DateTime', required: true, description: 'The first moment after it.' }),
  }),
});

export const ModelParamsInputRef = builder.inputType('ModelParamsInput', {
  description:
    'What is known of a metric beforehand. Bounds that are given say how small a change may be that matters; without them the unit of a metric changes no score.',
  fields: (t) => ({
    min: t.float({ description: 'Lowest value to expect; together with max or not at all.' }),
    max: t.float({ description: 'Highest value to expect; together with min or not at all.' }),
    minResolution: t.float({ description: 'Differences smaller than this do not matter; above 0.' }),
    timeZone: t.string({
      description:
        'IANA name of the zone whose clock the metric follows, such as Europe/Berlin: its day and week then shift with summer time. UTC when left out.',
    }),
    valueKind: t.field({
      type: ValueKindRef,
      description: 'What its values are; left out, its first 60 samples show it.',
    }),
    excludedTimes: t.field({
      type: [TimeSpanInputRef],
      description:
        'Times the model learns nothing from, past or to come, such as an outage or a load test: at most 100. Their samples get scores below red, and open no incident.',
    }),
  }),
});

export const AlertPolicyInputRef = builder.inputType('AlertPolicyInput', {
  description: 'Which deviations matter; what is left out stays as it is.',
  fields: (t) => ({
    direction: t.field({ type: DirectionRef, description: 'Which side matters.' }),
    minDeviation: t.float({
      description:
        "Smallest deviation from the expected value that matters, in the metric's unit; 0 or more.",
    }),
    minDeviationRatio: t.float({
      description: 'Smallest deviation that matters, as a share of the expected value; 0 or more.',
    }),
  }),
});

/**
 * The one member that is given: its source, and the spec as the source wants it. GraphQL saw to it that there is one.
 * @param at where it stands in the arguments
 * @throws InvalidInputError
 */
export function readSpec(
  {
    cloudwatch,
    cloudwatchMath,
    autostack,
    custom,
    influxdb,
    prometheus,
    host,
  }: typeof MetricSpecInputRef.$inferInput,
  at: readonly string[],
): {
  datasource: Datasource;
  spec: unknown;
  confirmed?: boolean;
} {
  if (cloudwatch != null) {
    const { unlisted, ...spec } = cloudwatch;
    return { datasource: 'CLOUDWATCH', spec: withoutNulls(spec), confirmed: unlisted !== true };
  }
  if (cloudwatchMath != null) {
    const { unlisted, metrics, ...spec } = cloudwatchMath;
    const inputs = (metrics ?? []).map(withoutNulls);
    const whole = { ...withoutNulls(spec), metrics: inputs };
    return { datasource: 'CLOUDWATCH', spec: whole, confirmed: unlisted !== true };
  }
  if (autostack != null) {
    const autostackId = readIdOf('Autostack', autostack.autostackId, [...at, 'autostack', 'autostackId']);
    return { datasource: 'AUTOSTACK', spec: { ...autostack, autostackId } };
  }
  if (custom != null) return { datasource: 'CUSTOM', spec: withoutNulls(custom) };
  if (influxdb != null)
    return { datasource: 'INFLUXDB', spec: readInfluxdbSpec(influxdb, [...at, 'influxdb']) };
  if (prometheus != null) {
    const { unlisted, ...spec } = prometheus;
    return { datasource: 'PROMETHEUS', spec: withoutNulls(spec), confirmed: unlisted !== true };
  }
  return { datasource: 'HOST', spec: withoutNulls(host) };
}

/** The name of the member that is given. */
export function nameSource(input: typeof MetricSpecInputRef.$inferInput): readonly string[] {
  return Object.entries(input).flatMap(([name, spec]) => (spec == null ? [] : [name]));
}

export function readModelParams(input: typeof ModelParamsInputRef.$inferInput): ModelParams {
  return withoutNulls(readModelChange(input));
}

/** What is left out stays, null clears. */
export function readModelChange({
  excludedTimes,
  ...rest
}: typeof ModelParamsInputRef.$inferInput): ModelChange &
  Pick<typeof ModelParamsInputRef.$inferInput, 'valueKind'> {
  if (excludedTimes == null) return { ...rest, excludedTimes };
  const spans = excludedTimes.map(({ from, to }) => ({ startMs: from.getTime(), endMs: to.getTime() }));
  return { ...rest, excludedTimes: spans };
}

export function readPolicy(input: typeof AlertPolicyInputRef.$inferInput): Partial<AlertPolicy> {
  return withoutNulls(input);
}
