/** What-if: a history scored as a new metric would have been. Nothing is stored, no metric is touched. */
import type pg from 'pg';
import type { MetricLookup } from '../../../core/metrics/registry.ts';
import type { AlertPoint } from '../../../core/annotations/alert-threshold.ts';
import { checkPolicy } from '../../../core/metrics/alert-policy.ts';
import { scoreHistory, type WhatIf, type WhatIfSample } from '../../../core/models/score-history.ts';
import { readSampleTimes } from '../../../core/samples/read-sample-times.ts';
import type { Contribution } from '../../../detector/detector.ts';
import { InvalidInputError, NotFoundError } from '../../../errors.ts';
import type { Sample } from '../../../model.ts';
import { builder } from '../builder/builder.ts';
import { timeOf, classOfScore, resultUnion } from '../builder/field-options.ts';
import type { ApiParts } from '../builder/context.ts';
import { AnomalyAspectRef, ViewRef } from '../builder/enums.ts';
import { ExpectedRangeRef } from './metric-data.ts';
import {
  AlertPolicyInputRef,
  ModelParamsInputRef,
  readModelParams,
  readPolicy,
} from '../metrics/metric-input.ts';
import { readMetricId } from '../builder/node-id.ts';
import { requireEntry } from '../metrics/registry-metric.ts';

/** What an answer holds; the subscription knows no limit. */
const MAX_POINTS = 10_000;
const PATH = ['input'];

const SeriesPointInputRef = builder.inputType('SeriesPointInput', {
  description: 'One point of a series.',
  fields: (t) => ({
    timestamp: t.field({
      type: 'DateTime',
      required: true,
      description: 'Its time, after that of the point before.',
    }),
    value: t.float({ required: true, description: 'Its value.' }),
  }),
});

const ScoreSeriesInputRef = builder.inputType('ScoreSeriesInput', {
  description: 'A history, given or stored, and how to judge it.',
  fields: (t) => ({
    points: t.field({
      type: [SeriesPointInputRef],
      description: `The history, in time order; at most ${MAX_POINTS}. Either this or \`metricId\`.`,
    }),
    metricId: t.id({ description: 'A metric whose stored samples are the history.' }),
    from: t.field({ type: 'DateTime', description: 'Only stored samples from this time on.' }),
    model: t.field({ type: ModelParamsInputRef, description: 'What is known of the values.' }),
    policy: t.field({ type: AlertPolicyInputRef, description: 'Which deviations matter.' }),
  }),
});

const ContributionRef = builder.objectRef<Contribution>('Contribution').implement({
  description: 'How much one aspect of the series carries of a score.',
  fields: (t) => ({
    aspect: t.expose('view', { type: AnomalyAspectRef, description: 'The aspect.' }),
    view: t.expose('view', {
      type: ViewRef,
      description: 'As `aspect`.',
      deprecationReason: 'Use `aspect`.',
    }),
    share: t.exposeFloat('share', { description: 'Its share, in [0, 1].' }),
  }),
});

const ScoredPointRef = builder.objectRef<WhatIfSample>('ScoredPoint').implement({
  description: 'A point of the history and what the detector says of it, knowing only what came before.',
  fields: (t) => ({
    timestamp: t.field(timeOf('timestampMs', 'Its time.')),
    value: t.exposeFloat('value', { description: 'Its value.' }),
    rawAnomalyScore: t.exposeFloat('rawScore', {
      description: 'How surprising before calibration, in [0, 1].',
    }),
    anomalyScore: t.exposeFloat('score', { description: 'Likelihood that it is anomalous, in [0, 1].' }),
    anomalyClass: t.field(classOfScore('The score as a colour.')),
    provisional: t.exposeBoolean('provisional', {
      description: 'Scored while the model was still learning, or of an excluded time.',
    }),
    expected: t.field({
      type: ExpectedRangeRef,
      description: 'What the model expected.',
      resolve: ({ expected, low, high }) => ({ value: expected, low, high }),
    }),
    opensIncident: t.exposeBoolean('episode', {
      description: 'Whether something begins at it, red or not: incidents open at such points only.',
    }),
    episode: t.exposeBoolean('episode', {
      description: 'As `opensIncident`.',
      deprecationReason: 'Use `opensIncident`.',
    }),
    triggersAlert: t.exposeBoolean('alarms', {
      description:
        'Whether it opens a red incident that the policy, and the labels of a stored metric, let through, once learning is done.',
    }),
    alarms: t.exposeBoolean('alarms', {
      description: 'As `triggersAlert`.',
      deprecationReason: 'Use `triggersAlert`.',
    }),
    why: t.expose('why', {
      type: [ContributionRef],
      description: 'What carries the score, largest share first.',
    }),
  }),
});

const ScoredSeriesRef = builder.objectRef<readonly WhatIfSample[]>('ScoredSeries').implement({
  description: 'A history with its scores, or a part of it.',
  fields: (t) => ({
    points: t.field({
      type: [ScoredPointRef],
      description: 'One for each point of the history, in order.',
      resolve: (points) => points,
    }),
  }),
});

type ScoreSeriesInput = typeof ScoreSeriesInputRef.$inferInput;

builder.queryField('scoreSeries', (t) =>
  t.field({
    type: ScoredSeriesRef,
    description: `Scores a history of at most ${MAX_POINTS} points without touching anything: to try a model or a policy.`,
    errors: {
      ...resultUnion([NotFoundError], 'The scores, or why there are none.'),
      // A list is no object a union could hold: the series stands in it as it is.
      directResult: true,
    },
    args: { input: t.arg({ type: ScoreSeriesInputRef, required: true, description: 'The history.' }) },
    resolve: async (_root, { input }, context) => {
      const scored: WhatIfSample[] = [];
      for await (const part of scoreHistory(readWhatIf(input, context))) {
        scored.push(...part);
        if (scored.length > MAX_POINTS) {
          throw InvalidInputError.at(
            [...PATH, 'metricId'],
            `there are more than ${MAX_POINTS} samples: narrow them by from, or subscribe to scoreSeries`,
          );
        }
      }
      return scored;
    },
  }),
);

builder.subscriptionField('scoreSeries', (t) =>
  t.field({
    type: ScoredSeriesRef,
    description: 'The same for a history of any length, part by part.',
    args: { input: t.arg({ type: ScoreSeriesInputRef, required: true, description: 'The history.' }) },
    subscribe: (_root, { input }, context) => scoreHistory(readWhatIf(input, context)),
    resolve: (part) => part,
  }),
);

function readAdjustment(metricId: string, labels: ApiParts['labels']) {
  const id = readMetricId(metricId, [...PATH, 'metricId']);
  return (point: AlertPoint) => labels.thresholdAdjustmentOf(id, point);
}

function readWhatIf(
  input: ScoreSeriesInput,
  { pool, registry, labels }: Pick<ApiParts, 'pool' | 'registry' | 'labels'>,
): WhatIf {
  const { metricId } = input;
  return {
    parts: readParts(input, pool, registry),
    ...(metricId == null ? {} : { adjustThreshold: readAdjustment(metricId, labels) }),
    model: input.model == null ? {} : readModelParams(input.model),
    policy: {
      direction: 'BOTH',
      minDeviation: 0,
      minDeviationRatio: 0,
      ...(input.policy == null ? {} : checkPolicy(readPolicy(input.policy))),
    },
    path: PATH,
  };
}

/** @throws InvalidInputError naming the first point whose time is not after that of the point before */
function checkOrder(points: readonly { readonly timestamp: Date }[]): void {
  for (const [index, { timestamp }] of points.entries()) {
    const before = points[index - 1]?.timestamp;
    if (before === undefined || timestamp > before) continue;
    throw InvalidInputError.at(
      [...PATH, 'points', String(index), 'timestamp'],
      `expected a time after ${before.toISOString()}, that of the point before, got ${timestamp.toISOString()}`,
    );
  }
}

/** @throws InvalidInputError unless just one of points and metricId is given; NotFoundError */
function readParts(
  { points, metricId, from }: ScoreSeriesInput,
  pool: pg.Pool,
  registry: MetricLookup,
): WhatIf['parts'] {
  if ((points == null) === (metricId == null)) {
    throw new InvalidInputError('input: expected either points or metricId', PATH);
  }
  if (points != null) {
    if (points.length > MAX_POINTS) {
      throw InvalidInputError.at([...PATH, 'points'], `expected at most ${MAX_POINTS}, got ${points.length}`);
    }
    checkOrder(points);
    return [points.map(({ timestamp, value }): Sample => ({ timestampMs: timestamp.getTime(), value }))];
  }
  const { number } = requireEntry(registry, String(metricId), [...PATH, 'metricId']);
  return readSampleTimes(pool, number, from?.getTime() ?? null);
}
