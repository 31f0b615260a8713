/** A metric's samples: the newest, by pages, as columns for a chart. */
import { YELLOW_SCORE } from '../../../detector/likelihood.ts';
import type { SeriesColumns } from '../../../core/samples/series.ts';
import type { StoredSample } from '../../../core/samples/stored-sample.ts';
import { builder } from '../builder/builder.ts';
import { nullableFloats } from '../builder/field-options.ts';
import { SortOrderRef } from '../builder/enums.ts';
import { checkRange, checkWithin } from '../builder/filter-input.ts';
import { readLeastScore } from './min-score.ts';
import { MetricDataConnectionRef, MetricDataRef } from './metric-data.ts';
import { MetricRef } from '../metrics/metric.ts';
import { readPage, SAMPLE_PAGE } from '../builder/page.ts';

const MIN_POINTS = 2;
const MAX_POINTS = 5000;
const DEFAULT_POINTS = 500;

const SeriesRef = builder.objectRef<SeriesColumns>('Series').implement({
  description:
    'Samples as columns of equal length, in time order, for charts. When there are more than asked for, every anomaly is kept, and of each interval the lowest and the highest value.',
  fields: (t) => ({
    timestamps: t.field({
      type: ['DateTime'],
      description: 'Times.',
      resolve: ({ timestampsMs }) => timestampsMs.map((ms) => new Date(ms)),
    }),
    values: t.exposeFloatList('values', { description: 'Values.' }),
    anomalyScores: t.expose('scores', nullableFloats('Scores, null where not scored.')),
    expected: t.expose('expected', nullableFloats('Expected values, null where not scored.')),
    expectedLow: t.expose('lows', nullableFloats('Lower ends of the expected band, null where not scored.')),
    expectedHigh: t.expose(
      'highs',
      nullableFloats('Upper ends of the expected band, null where not scored.'),
    ),
  }),
});

builder.prismaObjectFields(MetricRef, (t) => ({
  latest: t.field({
    type: MetricDataRef,
    nullable: true,
    description: 'Its newest sample; null while it has none.',
    resolve: ({ number }, _args, { loaders }) => loaders.latest.load(number),
  }),
  data: t.field({
    type: MetricDataConnectionRef,
    nullable: true,
    description: 'Its samples by pages, in the order of their time.',
    args: {
      from: t.arg({ type: 'DateTime', description: 'Not older than this.' }),
      to: t.arg({ type: 'DateTime', description: 'Not newer than this.' }),
      minAnomalyScore: t.arg.float({ description: 'Only scored ones with at least this score, 0 to 1.' }),
      order: t.arg({
        type: SortOrderRef,
        defaultValue: 'ASC',
        description: 'Oldest or newest first.',
      }),
      first: t.arg.int({
        description: `How many from the front; ${SAMPLE_PAGE.fallback} when left out, at most ${SAMPLE_PAGE.most}.`,
      }),
      after: t.arg.string({ description: 'Only what comes after this cursor.' }),
      last: t.arg.int({ description: `How many from the end, at most ${SAMPLE_PAGE.most}.` }),
      before: t.arg.string({ description: 'Only what comes before this cursor.' }),
    },
    resolve: ({ number }, { from, to, minAnomalyScore, order, ...args }, { loaders }) => {
      checkRange(from, to);
      const newestFirst = order === 'DESC';
      const minScore = readLeastScore(minAnomalyScore, ['minAnomalyScore']);
      const range = { fromMs: from?.getTime() ?? null, toMs: to?.getTime() ?? null, minScore };
      return readPage({
        args,
        size: SAMPLE_PAGE,
        parseCursor: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : null),
        writeCursor: ({ timestampMs }: StoredSample) => String(timestampMs),
        read: ({ after, before, limit, fromEnd }) =>
          loaders.samples(
            {
              // Field by field, for each metric of a list: a spread that others follow costs more than the rest.
              fromMs: range.fromMs,
              toMs: range.toMs,
              minScore,
              afterMs: newestFirst ? before : after,
              beforeMs: newestFirst ? after : before,
              descending: newestFirst !== fromEnd,
              limit,
            },
            number,
          ),
        countAll: () => loaders.sampleCount(range, number),
      });
    },
  }),
}));

builder.prismaObjectFields(MetricRef, (t) => ({
  series: t.field({
    type: SeriesRef,
    nullable: true,
    description: 'Its samples as columns, thinned for a chart.',
    args: {
      from: t.arg({
        type: 'DateTime',
        description: 'Not older than this; from the first sample when left out.',
      }),
      to: t.arg({ type: 'DateTime', description: 'Not newer than this.' }),
      maxPoints: t.arg.int({
        defaultValue: DEFAULT_POINTS,
        description: `Most samples to give, ${MIN_POINTS} to ${MAX_POINTS}.`,
      }),
    },
    resolve: ({ number }, { from, to, ...args }, { loaders }) => {
      checkRange(from, to);
      const maxPoints = args.maxPoints ?? DEFAULT_POINTS;
      checkWithin('maxPoints', maxPoints, MIN_POINTS, MAX_POINTS);
      const range = {
        fromMs: from?.getTime() ?? null,
        toMs: to?.getTime() ?? null,
        maxPoints,
        anomalyScore: YELLOW_SCORE,
      };
      return loaders.series(range, number);
    },
  }),
}));
