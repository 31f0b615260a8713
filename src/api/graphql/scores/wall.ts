/** The wall: the bars of everything in one answer, small enough to be drawn at once. */
import {
  type BarColumns,
  type BarRange,
  BARS_PER_WINDOW,
  chooseBarRange,
  fillColumns,
  listBarStarts,
  DEFAULT_WINDOW,
} from '../../../core/bars/bar-window.ts';
import { type RankedRow, readRankedRows } from '../../../core/metric-lists/rank-metrics.ts';
import { builder } from '../builder/builder.ts';
import { nullableFloats } from '../builder/field-options.ts';
import { BarWindowRef, describeValues } from '../builder/enums.ts';
import { MetricFilterRef, toSelection } from '../metrics/metric-filter.ts';
import { MetricRef } from '../metrics/metric.ts';
import { writeNodeId } from '../builder/node-id.ts';
import { checkWithin } from '../builder/filter-input.ts';

const MAX_ROWS = 5000;
const DEFAULT_ROWS = 1000;
const DEFAULT_GROUPING = 'RESOURCE';
const DEFAULT_ORDER = 'ANOMALY';

interface WallRowShape extends Omit<RankedRow, 'bars'>, BarColumns {}

interface WallShape {
  readonly cursor: string;
  readonly range: BarRange;
  readonly total: number;
  readonly rows: readonly WallRowShape[];
}

const WallGroupingRef = builder.enumType('WallGrouping', {
  description: 'What a row of the wall is.',
  values: describeValues({
    RESOURCE: 'A resource with all its metrics; an autostack; a pushed metric without a resource.',
    METRIC: 'A metric.',
  }),
});

const WallOrderRef = builder.enumType('WallOrder', {
  description: 'In which order the rows are.',
  values: describeValues({
    ANOMALY: 'The most anomalous first, as `MetricOrder.ANOMALY`; a resource counts as its first metric.',
    NAME: 'By name, A to Z.',
  }),
});

const WallRowRef = builder.objectRef<WallRowShape>('WallRow').implement({
  description: 'One row of bars.',
  fields: (t) => ({
    rowKey: t.exposeString('key', {
      description: 'What identifies the row within its wall.',
    }),
    key: t.exposeID('key', {
      description: 'As `rowKey`; it is no id that `node` finds.',
      deprecationReason: 'Use `rowKey`.',
    }),
    name: t.exposeString('name', { description: 'Name of the metric, or of the resource.' }),
    server: t.exposeString('server', { description: 'Canonical name of the resource, as `Metric.server`.' }),
    metricIds: t.idList({
      description: 'The metrics in it, by name.',
      resolve: ({ metrics }) => metrics.map(({ id }) => writeNodeId('Metric', id)),
    }),
    metric: t.prismaField({
      type: MetricRef,
      nullable: true,
      description: 'The metric of a row that is one; null of a resource, and of one deleted this moment.',
      resolve: (query, { key, metrics: [first] }, _args, { loaders }) =>
        loaders.related.metric(query, first?.id === key ? first.id : null),
    }),
    rank: t.exposeFloat('rank', {
      description: 'What the order ANOMALY goes by; 1e9 for each red bar, 1e6 for a yellow.',
    }),
    anomalyScores: t.expose(
      'scores',
      nullableFloats('Highest score of each bar, oldest first; null where nothing was scored.'),
    ),
    provisional: t.exposeIntList('provisional', {
      description:
        'Which bars, counted from 0, hold nothing but what was scored while learning, or is of excluded times.',
    }),
  }),
});

const WallRef = builder.objectRef<WallShape>('Wall').implement({
  description: 'Rows of bars that stand below each other.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', {
      description:
        'The bars hold every score up to here. To keep them growing subscribe to `anomalyScores` with `after` this, and let each score that is higher than its bar replace it: seen twice does no harm.',
    }),
    starts: t.field({
      type: ['DateTime'],
      description: 'When each bar begins, oldest first.',
      resolve: ({ range }) => listBarStarts(range).map((startMs) => new Date(startMs)),
    }),
    barSeconds: t.int({
      description: 'How long a bar is. Slots are counted from 1970-01-01T00:00:00Z.',
      resolve: ({ range }) => range.minutes * 60,
    }),
    totalCount: t.exposeInt('total', { description: 'How many rows there are, those not given too.' }),
    rows: t.expose('rows', {
      type: [WallRowRef],
      description: 'The rows in their order.',
    }),
  }),
});

builder.queryField('wall', (t) =>
  t.field({
    type: WallRef,
    nullable: true,
    description: `The ${BARS_PER_WINDOW} bars of everything that is monitored, as compact columns. One read of stored roll-ups, however many samples there are.`,
    args: {
      by: t.arg({
        type: WallGroupingRef,
        defaultValue: DEFAULT_GROUPING,
        description: 'What a row is.',
      }),
      window: t.arg({
        type: BarWindowRef,
        defaultValue: DEFAULT_WINDOW,
        description: 'How long, and how wide a bar is.',
      }),
      until: t.arg({
        type: 'DateTime',
        description: 'The last bar is the one this time lies in; now when left out.',
      }),
      filter: t.arg({ type: MetricFilterRef, description: 'Of which metrics; all monitored when left out.' }),
      orderBy: t.arg({
        type: WallOrderRef,
        defaultValue: DEFAULT_ORDER,
        description: 'In which order the rows are.',
      }),
      first: t.arg.int({
        defaultValue: DEFAULT_ROWS,
        description: `How many rows, ${MAX_ROWS} at most.`,
      }),
    },
    resolve: async (_root, { until, filter, ...args }, { pool, live, bars, caller }) => {
      const first = args.first ?? DEFAULT_ROWS;
      checkWithin('first', first, 0, MAX_ROWS);
      const range = chooseBarRange(args.window ?? DEFAULT_WINDOW, until?.getTime() ?? Date.now());
      // Read before the bars are: what is stored meanwhile is in the bars and comes again, which does no harm.
      const cursor = live.cursorOf(Math.max(live.bounds().floor, bars.offset() ?? 0));
      const { rows, total } = await readRankedRows(pool, {
        selection: toSelection(filter ?? {}, caller),
        range,
        by: args.by ?? DEFAULT_GROUPING,
        order: args.orderBy ?? DEFAULT_ORDER,
        limit: first,
      });
      return {
        cursor,
        range,
        total,
        rows: rows.map((row) => toWallRow(row, range)),
      };
    },
  }),
);

/** Field by field: two spreads of each of a thousand rows would cost a twentieth of the answer. */
function toWallRow({ key, name, server, metrics, rank, bars }: RankedRow, range: BarRange): WallRowShape {
  const { scores, provisional } = fillColumns(range, bars);
  return { key, name, server, metrics, rank, scores, provisional };
}
