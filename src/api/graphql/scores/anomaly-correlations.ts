/** Query.anomalyRate and Query.anomalyCorrelations: how much was anomalous when, and what else was then. */
import {
  type AnomalyCorrelation,
  readAnomalyCorrelations,
} from '../../../core/metric-lists/anomaly-correlations.ts';
import {
  type AnomalyRateInterval,
  coverRange,
  MAX_INTERVALS,
  readAnomalyRate,
} from '../../../core/metric-lists/anomaly-rate.ts';
import { NotFoundError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { timeOf, classOfScore, resultUnion } from '../builder/field-options.ts';
import { checkRangeWithin, checkWithin } from '../builder/filter-input.ts';
import { MetricFilterRef, toSelection } from '../metrics/metric-filter.ts';
import { MetricRef } from '../metrics/metric.ts';
import { requireEntry } from '../metrics/registry-metric.ts';

const MAX_DAYS = 400;
const MINUTE_MS = 60_000;
const DEFAULT_CORRELATIONS = 50;
const MAX_CORRELATIONS = 500;

interface RateInterval extends AnomalyRateInterval {
  readonly endMs: number;
}

const AnomalyRateIntervalRef = builder.objectRef<RateInterval>('AnomalyRateInterval').implement({
  description: 'How many metrics were anomalous in an interval of time.',
  fields: (t) => ({
    from: t.field(timeOf('startMs', 'Beginning of the interval; belongs to it.')),
    to: t.field(timeOf('endMs', 'End of the interval; belongs to the next.')),
    scoredCount: t.exposeInt('scored', {
      description: 'How many metrics with a learned model were scored in it.',
    }),
    redCount: t.exposeInt('red', { description: 'How many of them were red.' }),
    anomalousCount: t.exposeInt('anomalous', { description: 'How many of them were yellow or red.' }),
    rate: t.float({
      description: 'The anomaly rate: share of the scored metrics that were yellow or red, 0 to 1.',
      resolve: ({ anomalous, scored }) => (scored === 0 ? 0 : anomalous / scored),
    }),
  }),
});

const AnomalyRateRef = builder
  .objectRef<{ readonly intervals: readonly RateInterval[] }>('AnomalyRate')
  .implement({
    description: 'The anomaly rate over time.',
    fields: (t) => ({
      intervals: t.expose('intervals', {
        type: [AnomalyRateIntervalRef],
        description: 'The intervals, oldest first, without a gap.',
      }),
    }),
  });

const AnomalyCorrelationRef = builder.objectRef<AnomalyCorrelation>('AnomalyCorrelation').implement({
  description:
    'A metric that was anomalous in a range, and how much its anomalies were at the times of another.',
  fields: (t) => ({
    metric: t.prismaField({
      type: MetricRef,
      nullable: true,
      description: 'The metric; null when it was deleted a moment ago.',
      resolve: (query, { metricNumber }, _args, { loaders, registry }) =>
        loaders.related.metric(query, registry.byNumber(metricNumber)?.id ?? null),
    }),
    anomalyScore: t.exposeFloat('score', { description: 'Its highest score in the range.' }),
    anomalyClass: t.field(classOfScore('That score as a colour: YELLOW or RED.')),
    firstAnomalousAt: t.field(
      timeOf('firstMs', 'Beginning of the first interval at which it was anomalous.'),
    ),
    anomalousShare: t.exposeFloat('share', {
      description: 'Share of the intervals of the range at which it was anomalous, 0 to 1.',
    }),
    severity: t.exposeFloat('severity', {
      description:
        'How anomalous it was in all: 1 for each interval with a score of 0.9999, 2 for one with 0.99999, and so on by orders of magnitude.',
    }),
    similarity: t.exposeFloat('similarity', {
      nullable: true,
      description:
        'How alike its anomalies are in time to those of the metric asked for, 0 to 1: the cosine of their severities, interval by interval. Null when no metric was given.',
    }),
  }),
});

interface Correlations {
  readonly found: readonly AnomalyCorrelation[];
  readonly first: number;
  readonly minutes: number;
}

const AnomalyCorrelationsRef = builder.objectRef<Correlations>('AnomalyCorrelations').implement({
  description: 'What was anomalous in a range.',
  fields: (t) => ({
    nodes: t.field({
      type: [AnomalyCorrelationRef],
      description: 'The metrics: the most similar first when a metric was given, else the most severe.',
      resolve: ({ found, first }) => found.slice(0, first),
    }),
    totalCount: t.int({
      description: 'How many metrics were anomalous in the range; the one asked for is not counted.',
      resolve: ({ found }) => found.length,
    }),
    intervalSeconds: t.int({
      description: 'How long an interval is.',
      resolve: ({ minutes }) => minutes * 60,
    }),
  }),
});

builder.queryFields((t) => ({
  anomalyRate: t.field({
    type: AnomalyRateRef,
    nullable: true,
    description: `Which share of metrics was anomalous at each interval of a range: an outage of many is seen before any one of them is looked at. Intervals are 5 minutes, an hour or 8 hours, as ${MAX_INTERVALS} of them cover the range.`,
    errors: resultUnion([], 'The anomaly rate, or what is wrong with the question.'),
    args: {
      from: t.arg({ type: 'DateTime', required: true, description: 'From when.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'Until when.' }),
      filter: t.arg({ type: MetricFilterRef, description: 'Of which metrics; all when left out.' }),
    },
    resolve: async (_root, { from, to, filter }, { pool, caller }) => {
      const range = readBarRange(from, to);
      const intervals = await readAnomalyRate(pool, toSelection(filter ?? {}, caller), range);
      const widthMs = range.minutes * MINUTE_MS;
      return { intervals: intervals.map((one) => ({ ...one, endMs: one.startMs + widthMs })) };
    },
  }),
  anomalyCorrelations: t.field({
    type: AnomalyCorrelationsRef,
    nullable: true,
    description:
      'What else was anomalous then: metrics that were yellow or red in a range. With `metricId`, ranked by how much their anomalies coincide with those of that metric.',
    errors: resultUnion([NotFoundError], 'What was anomalous, or why that cannot be said.'),
    args: {
      from: t.arg({ type: 'DateTime', required: true, description: 'From when.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'Until when.' }),
      metricId: t.arg.id({ description: 'The metric others are compared with; none when left out.' }),
      filter: t.arg({ type: MetricFilterRef, description: 'Among which metrics; all when left out.' }),
      first: t.arg.int({
        defaultValue: DEFAULT_CORRELATIONS,
        description: `How many, 1 to ${MAX_CORRELATIONS}.`,
      }),
    },
    resolve: async (_root, { from, to, metricId, filter, first }, context): Promise<Correlations> => {
      const range = readBarRange(from, to);
      const length = first ?? DEFAULT_CORRELATIONS;
      checkWithin('first', length, 1, MAX_CORRELATIONS);
      const reference =
        metricId == null ? null : requireEntry(context.registry, metricId, ['metricId']).number;
      const selection = toSelection(filter ?? {}, context.caller);
      const found = await readAnomalyCorrelations(context.pool, { selection, range, reference });
      return { found, first: length, minutes: range.minutes };
    },
  }),
}));

function readBarRange(from: Date, to: Date) {
  checkRangeWithin(MAX_DAYS, from, to);
  return coverRange(from.getTime(), to.getTime());
}
