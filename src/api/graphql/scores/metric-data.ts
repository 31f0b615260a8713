/** MetricData: one sample and what the detector said of it; the list of them across metrics. */
import type { ScoreFilter } from '../../../core/score-log/score-feed.ts';
import { readSamplesAt } from '../../../core/samples/read-samples.ts';
import type { StoredSample } from '../../../core/samples/stored-sample.ts';
import { classifyScore } from '../../../detector/likelihood.ts';
import { NotFoundError } from '../../../errors.ts';
import { nameStackServer } from '../../../model.ts';
import { builder } from '../builder/builder.ts';
import { AnomalyClassRef, ViewRef } from '../builder/enums.ts';
import { findKnownMetric } from '../metrics/registry-metric.ts';
import { readLeastScore } from './min-score.ts';
import { MetricRef } from '../metrics/metric.ts';
import { parseSampleKey, readAutostackId, readMetricIds, writeSampleKey } from '../builder/node-id.ts';
import { checkPageLength, makePage, SAMPLE_PAGE } from '../builder/page.ts';

export const ExpectedRangeRef = builder
  .objectRef<{ value: number; low: number; high: number }>('ExpectedRange')
  .implement({
    description: 'What the model thought likely before it saw the point.',
    fields: (t) => ({
      value: t.exposeFloat('value', { description: 'The most likely value.' }),
      low: t.exposeFloat('low', { description: 'Lower end of the band.' }),
      high: t.exposeFloat('high', { description: 'Upper end of the band.' }),
    }),
  });

export const MetricDataRef = builder.objectRef<StoredSample>('MetricData');

builder.node(MetricDataRef, {
  description:
    'One sample of a metric and what the detector said of it. Its id is the same in a list and in a subscription: a cache merges the two.',
  id: { resolve: writeSampleKey },
  loadMany: async (ids, { pool, registry }) => {
    const places = ids.flatMap((id) => parseSampleKey(id) ?? []);
    // Samples are their metric's: what the caller does not see is not read.
    const visible = places.filter(({ metricNumber }) => registry.byNumber(metricNumber) !== undefined);
    const samples = await readSamplesAt(pool, visible);
    const found = new Map(samples.map((sample) => [writeSampleKey(sample), sample]));
    return ids.map((id) => found.get(id) ?? null);
  },
  fields: (t) => ({
    metric: t.field({
      type: MetricRef,
      description: 'The metric it is a sample of.',
      resolve: async ({ metricNumber }, _args, { loaders, registry }, info) => {
        const metric =
          findKnownMetric(registry, metricNumber, info) ?? (await loaders.metric.load(metricNumber));
        if (metric === null) throw new NotFoundError('the metric of this sample was deleted a moment ago');
        return metric;
      },
    }),
    rowId: t.exposeInt('rowId', {
      description: 'Number of the sample within its metric, in the order of arrival: 1, 2, 3, …',
    }),
    timestamp: t.field({
      type: 'DateTime',
      description: 'Time of the sample.',
      resolve: ({ timestampMs }) => new Date(timestampMs),
    }),
    value: t.exposeFloat('value', { description: "In the metric's unit." }),
    rawAnomalyScore: t.float({
      nullable: true,
      description: 'How surprising the point was before calibration, in [0, 1]; null until scored.',
      resolve: ({ rawScore }) => rawScore,
    }),
    anomalyScore: t.float({
      nullable: true,
      description:
        '1 − p, in [0, 1], where p is the estimated probability of a point at least this anomalous. Null until scored.',
      resolve: ({ score }) => score,
    }),
    anomalyClass: t.field({
      type: AnomalyClassRef,
      description: 'The score as a colour.',
      resolve: ({ score }) => classifyScore(score),
    }),
    provisional: t.exposeBoolean('provisional', {
      description: 'Scored while the model was still learning: not to be alarmed on.',
    }),
    opensIncident: t.exposeBoolean('episode', {
      description: 'Whether something began at this sample, red or not: incidents open at such samples only.',
    }),
    episode: t.exposeBoolean('episode', {
      description: 'As `opensIncident`.',
      deprecationReason: 'Use `opensIncident`.',
    }),
    view: t.expose('view', {
      type: ViewRef,
      nullable: true,
      description: 'What about it was anomalous; null where nothing was.',
    }),
    expected: t.field({
      type: ExpectedRangeRef,
      nullable: true,
      description: 'What the model expected; null until scored.',
      resolve: ({ expected, low, high }) =>
        expected === null || low === null || high === null ? null : { value: expected, low, high },
    }),
  }),
});

export const MetricDataConnectionRef = builder.connectionObject({
  type: MetricDataRef,
  name: 'MetricDataConnection',
  description: 'One page of samples.',
});

export const MetricDataFilterRef = builder.inputType('MetricDataFilter', {
  description: 'Which scored samples; all conditions have to hold.',
  fields: (t) => ({
    metricIds: t.idList({ description: 'Only of these metrics.' }),
    nameContains: t.string({ description: 'Only of metrics with this in their name, capitals or not.' }),
    from: t.field({ type: 'DateTime', description: 'Not older than this.' }),
    to: t.field({ type: 'DateTime', description: 'Not newer than this.' }),
    minAnomalyScore: t.float({ description: 'With at least this score, 0 to 1.' }),
    minClass: t.field({ type: AnomalyClassRef, description: 'At least as anomalous as this.' }),
  }),
});

builder.queryField('metricData', (t) =>
  t.field({
    type: MetricDataConnectionRef,
    description:
      'Scored samples of all metrics in the order they were scored, oldest first. The cursors are those of `anomalyScores` too: a page can be continued live.',
    args: {
      filter: t.arg({ type: MetricDataFilterRef, required: true, description: 'Which of them.' }),
      first: t.arg.int({
        description: `How many; ${SAMPLE_PAGE.fallback} when left out, at most ${SAMPLE_PAGE.most}.`,
      }),
      after: t.arg.string({
        description: 'Only what was scored after this cursor, of a page or of a live event.',
      }),
    },
    resolve: async (_root, { filter, first, after }, { live }) => {
      const length = checkPageLength({ first }, SAMPLE_PAGE);
      const { from, to } = filter;
      const page = await live.readPage({
        filter: {
          ...readScoreFilter(filter, ['filter']),
          ...(from == null ? {} : { fromMs: from.getTime() }),
          ...(to == null ? {} : { toMs: to.getTime() }),
        },
        after: after ?? null,
        first: length,
      });
      return makePage(page.rows, ({ seq }) => live.cursorOf(seq), {
        hasNextPage: page.hasMore,
        hasPreviousPage: after != null,
      });
    },
  }),
);

/** What a filter of the API means to core. @throws InvalidInputError for a bad id or score */
export function readScoreFilter(
  filter: {
    readonly metricIds?: readonly string[] | null | undefined;
    readonly autostackIds?: readonly string[] | null | undefined;
    readonly datasource?: ScoreFilter['datasource'] | null | undefined;
    readonly server?: string | null | undefined;
    readonly nameContains?: string | null | undefined;
    readonly minAnomalyScore?: number | null | undefined;
    readonly minClass?: ScoreFilter['minClass'] | null | undefined;
  },
  path: readonly string[],
): ScoreFilter {
  const metricIds = readMetricIds(filter.metricIds, [...path, 'metricIds']);
  const autostackIds = filter.autostackIds?.map((id, place) =>
    readAutostackId(id, [...path, 'autostackIds', String(place)]),
  );
  const minAnomalyScore = readLeastScore(filter.minAnomalyScore, [...path, 'minAnomalyScore']);
  return {
    ...(metricIds === null ? {} : { metricIds }),
    ...(autostackIds === undefined ? {} : { servers: autostackIds.map(nameStackServer) }),
    ...(filter.datasource == null ? {} : { datasource: filter.datasource }),
    ...(filter.server == null ? {} : { server: filter.server }),
    ...(filter.nameContains == null ? {} : { nameContains: filter.nameContains }),
    ...(minAnomalyScore === null ? {} : { minAnomalyScore }),
    ...(filter.minClass == null ? {} : { minClass: filter.minClass }),
  };
}
