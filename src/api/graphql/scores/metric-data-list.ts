/** Scored samples across metrics, in the order they were scored or the most anomalous first. */
import {
  countScores,
  type PageFilter,
  type PageOptions,
  readMostAnomalous,
} from '../../../core/score-log/score-pages.ts';
import type { ScoredPlace } from '../../../core/score-log/search-log.ts';
import { InvalidInputError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { describeValues } from '../builder/enums.ts';
import type { Context } from '../builder/context.ts';
import { decodeCursor, encodeCursor } from '../builder/cursor.ts';
import { checkRange, readOneOf } from '../builder/filter-input.ts';
import { asCursor, checkPageLength, makePage, parseCursorArg, SAMPLE_PAGE } from '../builder/page.ts';
import { MetricDataConnectionRef } from './metric-data.ts';
import { listScoreFilterFields, readScoreFilter } from './score-filter-input.ts';

const DEFAULT_ORDER = 'SCORED';

export const MetricDataFilterRef = builder.inputType('MetricDataFilter', {
  description: 'Which scored samples; all conditions have to hold.',
  fields: (t) => ({
    ...listScoreFilterFields(t),
    rowIds: t.intList({
      description:
        'Only samples with these row ids. They count within a metric: `metricIds` has to name theirs.',
    }),
    from: t.field({ type: 'DateTime', description: 'Not older than this.' }),
    to: t.field({ type: 'DateTime', description: 'Not newer than this.' }),
  }),
});

const MetricDataOrderRef = builder.enumType('MetricDataOrder', {
  description: 'In which order samples are listed.',
  values: describeValues({
    SCORED: 'As they were scored, the oldest first.',
    ANOMALY: 'The highest anomaly score first; of equal scores the one scored last.',
  }),
});

builder.queryField('metricData', (t) =>
  t.field({
    type: MetricDataConnectionRef,
    nullable: true,
    description:
      'Scored samples of all metrics. In the order `SCORED` the cursors are those of `anomalyScores` too: a page can be continued live.',
    args: {
      filter: t.arg({ type: MetricDataFilterRef, required: true, description: 'Which of them.' }),
      orderBy: t.arg({
        type: MetricDataOrderRef,
        defaultValue: DEFAULT_ORDER,
        description: 'In which order.',
      }),
      first: t.arg.int({
        description: `How many; ${SAMPLE_PAGE.fallback} when left out, at most ${SAMPLE_PAGE.most}.`,
      }),
      after: t.arg.string({
        description:
          'Only what comes after this cursor, of a page or, in the order `SCORED`, of a live event.',
      }),
    },
    resolve: (_root, { filter, orderBy, first, after }, context) => {
      const { accountId } = context.caller;
      const page = {
        filter: { ...readDataFilter(filter), ...(accountId === null ? {} : { accountId }) },
        after: asCursor(after),
        first: checkPageLength({ first }, SAMPLE_PAGE),
      };
      return orderBy === 'ANOMALY' ? readRanked(context, page) : readAsScored(context, page);
    },
  }),
);

async function readAsScored(context: Context, options: PageOptions) {
  const { live } = context;
  const { rows, hasMore } = await live.readPage(options);
  return makePage(rows, {
    writeCursor: ({ seq }) => live.cursorOf(seq),
    hasMore: { hasNextPage: hasMore, hasPreviousPage: options.after !== null },
    countAll: () => countScores(context, options.filter),
  });
}

async function readRanked(context: Context, { filter, first, ...options }: PageOptions) {
  const after = parseCursorArg('after', options.after, parsePlace);
  const { rows, hasMore } = await readMostAnomalous(context, { filter, after, first });
  return makePage(rows, {
    writeCursor: ({ score, seq }) => encodeCursor(['s', score, seq]),
    hasMore: { hasNextPage: hasMore, hasPreviousPage: after !== null },
    countAll: () => countScores(context, filter),
  });
}

function parsePlace(cursor: string): ScoredPlace | null {
  const [tag, score, seq] = decodeCursor(cursor);
  if (tag !== 's' || typeof score !== 'number' || typeof seq !== 'number') return null;
  return Number.isSafeInteger(seq) && seq >= 0 ? { score, seq } : null;
}

/** @throws InvalidInputError for a bad id, score or pattern, and for row ids of no metric */
function readDataFilter(given: typeof MetricDataFilterRef.$inferInput): PageFilter {
  const rowIds = readRowIds(given);
  const { from, to } = given;
  checkRange(from, to, ['filter']);
  return {
    ...readScoreFilter(given, ['filter']),
    ...(rowIds === null ? {} : { rowIds }),
    ...(from == null ? {} : { fromMs: from.getTime() }),
    ...(to == null ? {} : { toMs: to.getTime() }),
  };
}

/** @throws InvalidInputError for too many, and where no metric is named */
export function readRowIds({
  rowIds,
  metricIds,
}: Pick<typeof MetricDataFilterRef.$inferInput, 'rowIds' | 'metricIds'>): readonly number[] | null {
  if (rowIds == null) return null;
  const path = ['filter', 'rowIds'];
  if (metricIds == null) {
    throw InvalidInputError.at(path, 'expected metricIds beside it: rows count within a metric');
  }
  return readOneOf(rowIds, path);
}
