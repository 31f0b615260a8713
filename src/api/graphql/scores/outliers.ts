/** Query.outliers: which members of a group behave unlike the others. */
import type { Compared } from '../../../core/metric-lists/compare-groups.ts';
import {
  MAX_COMPARED,
  readOutliers,
  type OutlierComparison,
} from '../../../core/metric-lists/read-outliers.ts';
import { MIN_MEMBERS } from '../../../detector/outliers.ts';
import { InvalidInputError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { resultUnion } from '../builder/field-options.ts';
import { checkRangeWithin } from '../builder/filter-input.ts';
import { MetricFilterRef, toSelection } from '../metrics/metric-filter.ts';
import { MetricRef } from '../metrics/metric.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 3;
const MAX_DAYS = 31;
const DEFAULT_TOLERANCE = 3;
const DEFAULT_SHARE = 0.5;

const OutlierRef = builder.objectRef<Compared>('Outlier').implement({
  description: 'A metric that behaves unlike the same metric of other resources.',
  fields: (t) => ({
    metric: t.prismaField({
      type: MetricRef,
      nullable: true,
      description: 'The metric; null when it was deleted a moment ago.',
      resolve: (query, { metricNumber }, _args, { loaders, registry }) =>
        loaders.related.metric(query, registry.byNumber(metricNumber)?.id ?? null),
    }),
    group: t.exposeString('groupName', {
      description:
        'What it has in common with the metrics it is compared with: their name without the resource.',
    }),
    metricCount: t.exposeInt('memberCount', {
      description: 'How many metrics are in its group, it included.',
    }),
    value: t.exposeFloat('value', { description: 'Its mean over the range.' }),
    groupMedian: t.exposeFloat('expected', {
      description: 'The median of its group, averaged over the range.',
    }),
    deviation: t.exposeFloat('deviation', {
      description:
        'Its median distance from the median of the group, in robust standard deviations (1.4826 times the median absolute deviation); negative below the others.',
    }),
    share: t.exposeFloat('share', {
      description:
        'Share of the intervals of the range at which it was further from the others than `tolerance`.',
    }),
    shareBefore: t.exposeFloat('shareBefore', {
      nullable: true,
      description:
        'The same over the range of equal length just before: a high share says that it has been so for longer. Null where nothing could be compared.',
    }),
  }),
});

const OutlierComparisonRef = builder.objectRef<OutlierComparison>('OutlierComparison').implement({
  description: 'Metrics compared with the same metrics of other resources.',
  fields: (t) => ({
    outliers: t.expose('outliers', {
      type: [OutlierRef],
      description: 'Those that behave unlike the others, the most deviating first.',
    }),
    comparedCount: t.exposeInt('comparedCount', { description: 'How many metrics were compared.' }),
    groupCount: t.exposeInt('groupCount', { description: 'How many groups of equal metrics they make.' }),
    tooFewCount: t.exposeInt('tooFewCount', {
      description: `How many metrics were not compared: those with fewer than ${MIN_MEMBERS - 1} others like them that have samples at the same times.`,
    }),
  }),
});

builder.queryField('outliers', (t) =>
  t.field({
    type: OutlierComparisonRef,
    nullable: true,
    description: `Compares metrics that differ only in their resource (machines of one autostack, pods with one tag) with each other, and names those that behave unlike the rest. Needs no learning: it sees a member that has always been wrong. Compares ${MAX_COMPARED} metrics at most.`,
    errors: resultUnion([], 'The comparison, or what is wrong with the question.'),
    args: {
      filter: t.arg({
        type: MetricFilterRef,
        required: true,
        description: 'Which metrics; those of one name, unit and source are compared with each other.',
      }),
      from: t.arg({
        type: 'DateTime',
        description: `From when; ${DEFAULT_HOURS} hours before \`to\` when left out.`,
      }),
      to: t.arg({ type: 'DateTime', description: 'Until when; now when left out.' }),
      tolerance: t.arg.float({
        defaultValue: DEFAULT_TOLERANCE,
        description:
          'How many robust standard deviations a metric has to be from the median of its group to be an outlier; more than 0.',
      }),
      minShare: t.arg.float({
        defaultValue: DEFAULT_SHARE,
        description:
          'For which share of the intervals a metric has to be beyond `tolerance`, more than 0, at most 1.',
      }),
    },
    resolve: (_root, { filter, ...args }, { pool, caller }) => {
      const to = args.to ?? new Date();
      const from = args.from ?? new Date(to.getTime() - DEFAULT_HOURS * HOUR_MS);
      checkRangeWithin(MAX_DAYS, from, to);
      // What is compared is behaviour over a time.
      if (to <= from)
        throw new InvalidInputError(`to: expected later than from, got ${to.toISOString()}`, ['to']);
      const tolerance = args.tolerance ?? DEFAULT_TOLERANCE;
      const minShare = args.minShare ?? DEFAULT_SHARE;
      checkAbove('tolerance', tolerance, Infinity);
      checkAbove('minShare', minShare, 1);
      const selection = toSelection(filter, caller);
      return readOutliers(pool, {
        selection,
        fromMs: from.getTime(),
        toMs: to.getTime(),
        tolerance,
        minShare,
      });
    },
  }),
);

function checkAbove(name: string, value: number, most: number): void {
  if (value > 0 && value <= most) return;
  const bound = most === Infinity ? '' : ` and at most ${most}`;
  throw new InvalidInputError(`${name}: expected more than 0${bound}, got ${value}`, [name]);
}
